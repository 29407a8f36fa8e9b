"""The default recommender: each kind of likeness finds its games, and popularity is weighed by a rule."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp

from srec.dataset.dataset import Dataset, Ragged
from srec.experiments.withholding import without_games
from srec.models import likeness, popularity_weight
from srec.models.smart import Smart, SmartSettings, _faded
from srec.models.sums import Parts, Sum
from srec.testing.toys import chains, write_dataset

KINDS = ("together", "lift", "publishers", "developers", "words", "tags", "years")


def only(kind: str, **more: float) -> SmartSettings:
    return SmartSettings(**dict.fromkeys(KINDS, 0.0) | {kind: 1.0, "popularity": 0.0} | more)


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Sessions along a cycle of 12 games; 3 developers and 2 publishers take turns."""
    path = tmp_path_factory.mktemp("smart") / "games"
    return write_dataset(path, chains(12, 60, seed=0, noise=False), 12)


def best(dataset: Dataset, settings: SmartSettings, item: int, count: int) -> set[int]:
    scores_V = Smart.fit(dataset, settings, "fit").score(np.array([[item]]))[0]
    scores_V[item - 1] = -np.inf
    return set((np.argsort(-scores_V)[:count] + 1).tolist())


def test_games_of_the_same_players_are_near(games: Dataset) -> None:
    assert best(games, only("together"), 6, 4) == best(games, only("lift"), 6, 4) == {4, 5, 7, 8}


def test_games_of_the_same_makers_are_near(tmp_path: Path) -> None:
    wide = write_dataset(tmp_path / "wide", chains(300, 300, seed=0, noise=True), 300)
    table = pq.read_table(wide.path / "games.parquet")
    makers = [[f"Studio {item // 3}"] for item in range(300)]
    names = ["Quake", "Quake II", "The Quaking"] + [f"Game {item}" for item in range(297)]
    for name, values in (("developers", makers), ("publishers", makers), ("name", names)):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pa.array(values))
    pq.write_table(table, wide.path / "games.parquet")
    assert best(wide, only("developers"), 7, 2) == best(wide, only("publishers"), 7, 2) == {8, 9}
    assert best(wide, only("words"), 1, 1) == {2}


def test_games_of_the_same_years_are_near(games: Dataset) -> None:
    assert best(games, only("years"), 6, 2) == {5, 7}


def test_tag_vectors_come_near_the_cosines_of_tags() -> None:
    tags = Ragged(
        np.array([0, 0, 2, 4, 5, 5]),
        np.array([0, 1, 0, 1, 2], np.int32),
        np.array([1, 1, 1, 0.5, 1], np.float32),
        ("a", "b", "c"),
    )
    vectors_VD = likeness.tag_vectors(tags, 3)
    products = vectors_VD @ vectors_VD.T
    assert products[0, 1] > 0.9
    assert products[2, 2] == pytest.approx(1, abs=1e-5)
    assert products[0, 2] == pytest.approx(0, abs=1e-5)
    assert not vectors_VD[3].any(), "a game without tags is like no other"


def test_every_game_speaks_as_loudly() -> None:
    has = sp.random(200, 40, density=0.2, random_state=0, format="csr", dtype=np.float32)
    has.data[:] = 1
    for rows in likeness.Together(has).rows((1.0, 1.0), exponent=0.7, shrinkage=10):
        lengths = np.linalg.norm(rows(slice(0, 40)).toarray(), axis=1)
        assert lengths == pytest.approx(likeness.SPREAD, rel=0.25)
    vectors_VD = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    products_VV = likeness.inputs(vectors_VD, 2.0) @ vectors_VD.T
    assert np.median(products_VV.std(axis=1)) == pytest.approx(2, rel=0.1)


def test_a_row_keeps_its_strongest_numbers_whatever_the_block() -> None:
    whole = sp.random(30, 30, density=0.5, random_state=1, format="csr", dtype=np.float32)
    kept = likeness.strongest([lambda rows: whole[rows]], 30, 4, block=7)
    assert (np.diff(kept.indptr) <= 4).all()
    for row in range(30):
        strongest = np.sort(whole[row].data)[::-1][:4]
        assert np.sort(kept[row].data)[::-1] == pytest.approx(strongest)


def test_old_reviews_fade_and_undated_ones_count_as_the_average() -> None:
    year = 365 * 86_400
    items, times = np.array([1, 2, 3]), np.array([50 * year, 49 * year, 0])
    faded = _faded(items, times, None, 3, half_life_days=365)
    assert faded[0] > faded[2] > faded[1]
    assert np.expm1(faded).sum() == pytest.approx(3), "fading changes no total"
    halves = np.array([1, 1, 0.1], np.float32)
    played = _faded(items, times, halves, 3, half_life_days=365)
    assert played[1] > played[2], "a game that was hardly played is hardly popular"


def test_the_largest_weight_is_taken_that_leaves_most_to_taste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = write_dataset(tmp_path / "noise", chains(30, 200, seed=0, noise=True), 30)
    log = Smart.fit(noise, SmartSettings(), "fit").log
    assert [line["weight"] for line in log] == list(popularity_weight.GRID)
    assert log[0]["overlap"] < log[5]["overlap"] < log[-1]["overlap"]
    for most in (log[5]["overlap"], log[0]["overlap"] - 1):
        monkeypatch.setattr(popularity_weight, "MOST_POPULAR", most)
        allowed = [line["weight"] for line in log if line["overlap"] <= most]
        chosen = Smart.fit(noise, SmartSettings(), "fit").popularity_weight
        assert chosen == max(allowed, default=0)


def test_a_game_that_nobody_reviewed_can_be_answered(games: Dataset) -> None:
    withheld = np.zeros(games.item_count + 1, bool)
    withheld[7] = True
    model = Smart.fit(without_games(games, withheld), SmartSettings(popularity=0.0), "fit")
    scores_V = model.score(np.array([[4, 10]]))[0]  # of the studio that made game 7 too
    scores_V[[3, 9]] = -np.inf
    assert 7 in set((np.argsort(-scores_V)[:5] + 1).tolist())


def test_what_is_no_game_is_never_answered(tmp_path: Path) -> None:
    mixed = write_dataset(tmp_path / "mixed", chains(12, 60, seed=0, noise=False), 12)
    table = pq.read_table(mixed.path / "games.parquet")
    at = table.schema.get_field_index("type")
    types = ["game"] * 12
    types[6], types[7] = "demo", None  # items 7 and 8; the latter has few tags
    pq.write_table(table.set_column(at, "type", pa.array(types)), mixed.path / "games.parquet")
    for popularity in (0.0, 0.35, 1.0):
        model = Smart.fit(mixed, SmartSettings(popularity=popularity), "fit")
        scores_V = model.score(np.array([[6]]))[0]
        scores_V[5] = -np.inf
        assert not {7, 8} & set((np.argsort(-scores_V)[:5] + 1).tolist())
    assert model.parts.inputs[6].any(), "it can still be named"
    pq.write_table(
        table.set_column(at, "type", pa.array([None] * 12, pa.string())), mixed.path / "games.parquet"
    )
    assert Smart.fit(mixed, SmartSettings(), "fit").parts.popularity.min() > -10, "no type is known"


def test_a_weight_that_is_set_is_taken(games: Dataset) -> None:
    model = Smart.fit(games, SmartSettings(popularity=0.8), "fit")
    assert (model.popularity_weight, list(model.log)) == (0.8, [])


def test_without_validation_the_weight_is_the_usual_one() -> None:
    bare = Dataset.from_sessions([[1, 2, 3], [2, 3, 4], [3, 4, 1]], test=[([1], 2)], valid_share=0)
    model = Smart.fit(bare, SmartSettings(), "fit")
    assert (model.popularity_weight, list(model.log)) == (0.35, [])


def test_leaving_out_the_largest_part_lowers_the_score_most(games: Dataset) -> None:
    model = Smart.fit(games, SmartSettings(), "fit")
    for named in ([1, 4, 7], [2, 3, 5, 9], [11, 12]):
        scores_V = model.score(np.array([named]))[0]
        scores_V[np.array(named) - 1] = -np.inf
        answered = int(scores_V.argmax())
        parts = {item: float(model.taste(np.array([[item]]), np.ones((1, 1)))[0][answered]) for item in named}
        without = {
            item: float(model.score(np.array([[one for one in named if one != item]]))[0][answered])
            for item in named
        }
        largest = max(parts, key=parts.__getitem__)
        assert without[largest] == min(without.values()) < scores_V[answered]


def test_only_its_parts_are_in_it(games: Dataset) -> None:
    model = Smart.fit(games, SmartSettings(), "fit")
    assert isinstance(model, Sum)
    assert isinstance(model.parts, Parts)
    assert model.parts.problem(games.item_count) is None
