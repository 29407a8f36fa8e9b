"""What a visitor gets, on a toy dataset of one cycle of 30 items."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.evaluation.players import from_file
from srec.evaluation.results import Report
from srec.evaluation.settings import EvaluationSettings, VisitorSettings
from srec.evaluation.visited import Visitors
from srec.experiments.report import evaluate, write_report
from srec.experiments.visitors import visitors
from srec.models.item_knn import ItemKNN, ItemKNNSettings
from srec.models.popularity import Popularity, PopularitySettings, RecentPopularitySettings
from srec.models.tags import TagScorer, TagScorerSettings
from srec.recipes import read_recipe
from srec.testing.toys import chains, write_dataset

ITEMS = 30
SETTINGS = VisitorSettings(
    length=5, told=(1, 2), main=2, min_games=6, head=7, draws=1, popularity_weights=(0.0, 1.0)
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    sessions = chains(ITEMS, 150, seed=0, noise=False)
    return write_dataset(tmp_path_factory.mktemp("visitors") / "dataset", sessions, ITEMS)


@pytest.fixture(scope="module")
def file(dataset: Dataset) -> Path:
    """Forty players, each with nine games in a row."""
    rows = [
        (f"player {start}", 10 * ((start + step) % ITEMS + 1), 1.0)
        for start in range(40)
        for step in range(9)
    ]
    users, apps, hours = zip(*rows, strict=True)
    target = dataset.path.parent / "players.parquet"
    pq.write_table(pa.table({"user_id": users, "app_id": apps, "hours": hours}), target)
    return target


def measured(dataset: Dataset, file: Path | None) -> Visitors:
    fitted = {
        "popularity": Popularity.fit(dataset, PopularitySettings(), "fit"),
        "item-knn": ItemKNN.fit(dataset, ItemKNNSettings(), "fit"),
        "tags": TagScorer.fit(dataset, TagScorerSettings(), "fit"),
    }
    players = None if file is None else from_file(file, dataset)
    return visitors(dataset, fitted, SETTINGS, players=players, resamples=100)


def test_who_plays_neighbours_is_served_by_them_and_not_by_popularity(dataset: Dataset, file: Path) -> None:
    found = measured(dataset, file)
    assert found.main is not None
    assert found.players == 40
    assert list(found.fold_in) == [1, 2]
    knn, popular = (found.main.models[name] for name in ("item-knn", "popularity"))
    assert knn.metrics["recall@5"].value > 2 * popular.metrics["recall@5"].value
    assert popular.metrics["off-head@5"].value == 0
    assert found.models["popularity"].sameness.overlap == 5
    assert found.behind["item-knn"].value == 0
    assert found.behind["popularity"].verdict == "worse"
    assert found.baselines == ["popularity", "tags", "item-knn"]
    front = found.models["item-knn"].front
    assert front is not None
    assert [point.weight for point in front.points] == [0, 1]
    assert front.points[0].recall == pytest.approx(knn.metrics["recall@5"].value)
    assert {part.name for part in found.parts} == {
        "only head games",
        "other games too",
        "libraries of up to 15",
    }
    assert found.stability["permuted"].sessions == 40


def test_without_players_only_what_needs_none_is_measured(dataset: Dataset) -> None:
    found = measured(dataset, None)
    assert (found.players, found.main, found.behind, found.parts) == (0, None, {}, [])
    assert {model.front for model in found.models.values()} == {None}
    assert found.models["popularity"].sameness.overlap == 5
    assert found.models["popularity"].sameness.lists == 150
    assert "whom the models may know" in found.source


def test_every_game_of_an_example_has_its_name(dataset: Dataset) -> None:
    found = measured(dataset, None)
    assert len(found.examples) == 10
    for example in found.examples:
        for app_id in [*example.liked, *example.answers["item-knn"]]:
            assert found.names[app_id] == f"Game {app_id // 10}"
        assert not {*example.liked} & {*example.answers["item-knn"]}
        assert len(example.answers["popularity"]) == 5


def written(dataset: Dataset, target: Path, file: Path) -> Report:
    counted = {
        "popularity": PopularitySettings(),
        "popularity-recent": RecentPopularitySettings(),
        "item-knn": ItemKNNSettings(),
    }
    return write_report(
        target,
        dataset,
        counted=counted,
        runs={},
        settings=EvaluationSettings(ks=(1, 5), top=5, resamples=100),
        visiting=SETTINGS,
        players=from_file(file, dataset),
    )


def test_a_report_on_players_begins_with_its_verdict(dataset: Dataset, file: Path, tmp_path: Path) -> None:
    result = written(dataset, tmp_path / "report", file)
    assert result.serve == "item-knn"
    assert result.verdict is not None
    assert len(result.verdict) == 3
    assert result.made_from["players"] == from_file(file, dataset).digest
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert page.index("Serve item-knn, because") < page.index("<nav>") < page.index("<svg")
    assert "recall@5, 2 told" in page
    assert "Each of 40 players with 6 or more liked games" in " ".join(page.split())


def test_settings_that_leave_nothing_to_expect_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    for setting, says in (
        ("visitors.main=4", "main must be one of told"),
        ("visitors.min_games=3", "above main"),
    ):
        with pytest.raises(SettingsError, match=says):
            evaluate(dataset, tmp_path / "report", overrides=[setting])
    assert read_recipe(None, ["visitors.head=7"]).get(VisitorSettings).head == 7
