from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from srec.cli import app as cli
from srec.dataset.dataset import Dataset
from srec.dataset.sessions import TEST, TRAIN, prepare_sessions
from srec.errors import SettingsError, SRecError
from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Leaderboard, Row
from srec.experiments.asked import changed
from srec.experiments.candidates import Candidate, candidates, chosen
from srec.experiments.leaderboard import Board, leaderboard
from srec.experiments.report import evaluate
from srec.experiments.rows import measure
from srec.locks import lock
from srec.models import MODELS
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings
from srec.models.popularity import Popularity, PopularitySettings
from srec.models.sr_gnn import SRGNNSettings
from srec.recipes import read_recipe
from srec.testing.toys import chains, write_dataset
from srec.training.runs import Run
from srec.training.settings import TrainingSettings

QUICK = TrainingSettings(epochs=2, batch_size=20, learning_rate=0.01)
POPULARITY = Candidate("popularity", "popularity", PopularitySettings(), None, 50)
SRGNN = Candidate("sr gnn", "sr-gnn", SRGNNSettings(dimension=8), QUICK, 50)


@pytest.fixture
def games(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "games", chains(12, 60, seed=0, noise=False), 12)


@pytest.fixture
def sessions(tmp_path: Path) -> Dataset:
    folder = tmp_path / "sessions"
    folder.mkdir()
    rows = [((start + np.arange(5)) % 12 + 1).tolist() for start in np.arange(100)]
    rows[0].append(rows[0][0])  # so that items repeat
    pq.write_table(pa.table({"session": rows[:80]}), folder / TRAIN)
    inputs, targets = [row[:3] for row in rows[80:]], [row[3] for row in rows[80:]]
    pq.write_table(pa.table({"session": inputs, "target": targets}), folder / TEST)
    return prepare_sessions(folder, tmp_path / "prepared", 0.1)


def names(dataset: Dataset) -> list[str]:
    return [row.name for row in candidates(dataset, "any", read_recipe())]


def test_every_rival_has_a_row_where_it_fits(games: Dataset, sessions: Dataset) -> None:
    both = ["smart", "popularity", "markov", "rules", "vs-knn", "vstan", "item-knn", "ease", "slim", "blend"]
    both += ["narm", "sr-gnn", "sasrec", "bert4rec", "core"]
    assert set(names(sessions)) == {*both, "own-items", "gce-gnn"}
    assert {*both, "popularity-recent", "tags", "gce-gnn as published", "srec"} < set(names(games))
    assert "own-items" not in names(games)
    assert {"blend with sasrec", "item-knn decayed"} < set(names(games))
    parts = {row.name: row.settings.model_dump() for row in candidates(games, "any", read_recipe())}
    assert (parts["gce-gnn as published"]["hops"], parts["gce-gnn as published"]["tags"]) == (2, False)
    assert parts["srec without tags"]["context"]
    assert not parts["srec without tags"]["tags"]


def test_a_row_is_measured_once_for_each_seed(games: Dataset, tmp_path: Path) -> None:
    row = measure(games, SRGNN, seeds=[0, 1], folder=tmp_path)
    assert len(row.epochs) == 2
    assert row.parameters > 0
    assert row.seconds > 0
    for metric in METRICS:
        low, high = row.interval[metric]
        assert 0 <= low <= row.metrics[metric] <= high <= 1


def test_the_chain_is_found_by_markov_and_not_by_popularity(sessions: Dataset, tmp_path: Path) -> None:
    wanted = chosen(candidates(sessions, "any", read_recipe()), ["popularity", "markov", "blend"])
    board = Board(sessions, "chain", wanted, tmp_path / "out")
    result = board.fill(wanted, seeds=[0], runs=tmp_path / "work")
    found = {row.name: row.metrics["MRR@20"] for row in result.rows}
    assert found["markov"] == pytest.approx(1.0)
    assert found["blend"] > 0.6
    assert found["popularity"] < 0.5
    assert result.rows[-1].name == "popularity", "the best stands first"
    assert Leaderboard.read(tmp_path / "out" / "leaderboard.json") == result
    markdown = (tmp_path / "out" / "leaderboard.md").read_text(encoding="utf-8")
    assert "| markov | 100.00 | 100.00 | 100.00 | 100.00 |" in markdown
    page = (tmp_path / "out" / "leaderboard.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert "<script" not in page


def test_a_row_tells_what_it_finds_outside_the_most_popular_items(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "d", chains(150, 40, seed=0, noise=False), 150)
    popularity = measure(data, POPULARITY, seeds=[0], folder=tmp_path)
    markov = Candidate("markov", "markov", MODELS["markov"].load().settings_type(), None, 50)
    assert popularity.off_head == 0 < popularity.metrics["HR@20"]
    assert (measure(data, markov, seeds=[0], folder=tmp_path).off_head or 0) > 0


def test_known_rows_are_not_measured_again(games: Dataset, tmp_path: Path) -> None:
    told: list[str] = []

    def make(*rows: Candidate, every: tuple[Candidate, ...] = (POPULARITY, SRGNN)) -> None:
        board = Board(games, "g", every, tmp_path / "out")
        board.fill(rows, seeds=[0], runs=tmp_path / "work", told=told.append)

    make(POPULARITY)
    make(POPULARITY, SRGNN)
    make(POPULARITY, SRGNN)
    assert told == ["measuring popularity", "measuring sr gnn"]
    (tmp_path / "out" / "rows" / "popularity.json").write_text("{broken", encoding="utf-8")
    make(POPULARITY)
    assert told[2:] == ["measuring popularity"]
    shown = Leaderboard.read(tmp_path / "out" / "leaderboard.json").rows
    assert {row.name for row in shown} == {"popularity", "sr gnn"}, "rows of earlier calls stay"
    changed = Candidate("sr gnn", "sr-gnn", SRGNNSettings(dimension=4), QUICK, 50)
    make(changed, every=(POPULARITY, changed))
    assert told[3:] == ["measuring sr gnn"]
    make(POPULARITY)
    shown = Leaderboard.read(tmp_path / "out" / "leaderboard.json").rows
    assert [row.name for row in shown] == ["popularity"], "a row of other settings is not shown as this one"


def test_a_folder_has_one_writer_and_nothing_of_others(games: Dataset, tmp_path: Path) -> None:
    rows = [POPULARITY]
    with ExitStack() as held:
        board = Board(games, "g", rows, tmp_path / "out")
        board.fill(rows, seeds=[0], runs=tmp_path / "work")
        assert lock(tmp_path / "out", held)
        with pytest.raises(SRecError, match=r"another process writes .*out: wait for it"):
            board.fill(rows, seeds=[0], runs=tmp_path / "work")
    mine = tmp_path / "notes" / "leaderboard.md"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(SRecError, match="notes is there and has no leaderboard: move it away"):
        Board(games, "g", rows, mine.parent).fill(rows, seeds=[0], runs=tmp_path / "work")
    assert mine.read_text() == "mine"


def test_a_papers_training_yields_to_what_is_set(games: Dataset) -> None:
    def training(*overrides: str) -> TrainingSettings:
        found = {row.name: row.training for row in candidates(games, "any", read_recipe(None, overrides))}
        assert found["narm"] is not None
        return found["narm"]

    assert (training().batch_size, training().decay_factor) == (512, 1.0)
    changed = training("training.batch_size=64", "training.half_life_days=10")
    assert (changed.batch_size, changed.decay_factor, changed.half_life_days) == (64, 1.0, 10)


def test_the_protocol_cannot_be_set(games: Dataset) -> None:
    with pytest.raises(SettingsError, match="trained again before the test"):
        candidates(games, "any", read_recipe(overrides=["training.refit=false"]))
    with pytest.raises(SettingsError, match=r"seeds \(--seeds\) N trains"):
        candidates(games, "any", read_recipe(overrides=["training.seed=5"]))


def test_what_would_be_ignored_cannot_be_set() -> None:
    changed(["evaluation.batch_size=7", "tag-scorer.recency=0.5", "training.epochs=1"], ["tags", "narm"])
    for ignored, says in {
        "evaluation.ks=[3]": "is for srec evaluate",
        "simulate.reviews=5": r"no section \[simulate\]",
        "own-items.x=1": r"no section \[own-items\]",
    }.items():
        with pytest.raises(SettingsError, match=says):
            changed([ignored], ["tags", "narm"])


def test_other_settings_have_a_place_of_their_own(games: Dataset, tmp_path: Path) -> None:
    """Also if a recipe sets them. Rows that were measured with the usual settings stay."""
    recipe = tmp_path / "r.toml"
    work = tmp_path / "work"
    asked = ["leaderboard", "--dataset", str(games.path), "--work", str(work), "--rows", "markov,rules"]
    for text in ("", "[evaluation]\nks = [3]", "[rules]\ndecay = 0.5", "[rules]\ndecay = 0.25"):
        recipe.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(cli, [*asked, "--recipe", str(recipe)])
        assert done.exit_code == 0, done.exception
    (folder,) = work.iterdir()
    found = sorted(folder.glob("leaderboard*"))
    assert found[0].name == "leaderboard"
    assert len(found) == 3, "two of the recipes change nothing"
    decays = [Row.read(path / "rows" / "rules.json").settings["decay"] for path in found]
    assert len(set(decays)) == 3


def test_what_was_measured_is_shown_where_a_later_row_fails(games: Dataset, tmp_path: Path) -> None:
    broken = Candidate("broken", "ease", PopularitySettings(), None, 50)
    both = [POPULARITY, broken]
    with pytest.raises(AssertionError):
        Board(games, "toy", both, tmp_path / "out").fill(both, seeds=[0], runs=tmp_path / "work")
    shown = Leaderboard.read(tmp_path / "out" / "leaderboard.json").rows
    assert [row.name for row in shown] == ["popularity"]


def test_a_blend_says_its_weights(games: Dataset, tmp_path: Path) -> None:
    (blend,) = chosen(candidates(games, "any", read_recipe()), ["blend"])
    weights = measure(games, blend, seeds=[0], folder=tmp_path).weights
    assert weights is not None
    named = {name.removesuffix(" places") for name in weights}
    assert named == {"smart", "rules", "item-knn", "tags", "popularity", "popularity-recent"}
    assert min(weights.values()) >= 0 < max(weights.values())


def test_a_learnt_model_of_a_blend_is_trained_before_the_validation_window_too(
    games: Dataset, tmp_path: Path
) -> None:
    small = ["sasrec.dimension=8", "training.epochs=1", 'blend.games=["rules"]']
    (blend,) = chosen(candidates(games, "any", read_recipe(overrides=small)), ["blend with sasrec"])
    row = measure(games, blend, seeds=[0], folder=tmp_path / "runs")
    assert list(row.weights or {}) == ["rules", "rules places", "sasrec"]
    runs = {path.name: Run(path).training.refit for path in (tmp_path / "runs").iterdir()}
    assert runs == {"blend-with-sasrec-sasrec-train-0": False, "blend-with-sasrec-sasrec-fit-0": True}
    assert (len(row.epochs), row.parameters > 0) == (1, True)


def test_all_models_are_given_as_much_of_a_session(sessions: Dataset) -> None:
    for given, length in (([], 200), (["training.max_length=5"], 5)):
        found = candidates(sessions, "any", read_recipe(overrides=given))
        assert {row.max_length for row in found} == {length}
        assert {row.training.max_length for row in found if row.training} == {length}


def test_a_simulation_is_called_one(games: Dataset, tmp_path: Path) -> None:
    board = Board(games, "toy", [POPULARITY], tmp_path / "out")
    board.fill([POPULARITY], seeds=[0], runs=tmp_path / "work")
    assert "- Simulated data:" in (tmp_path / "out" / "leaderboard.md").read_text(encoding="utf-8")


def test_what_cannot_be_trained_or_evaluated_on_sessions_is_said(sessions: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"has no tags: set gce-gnn\.tags=false"):
        GCEGNN.build(sessions, GCEGNNSettings())
    with pytest.raises(SRecError, match="srec leaderboard compares models on it"):
        evaluate(sessions, tmp_path / "report")


def test_a_row_that_is_not_there_is_named_with_those_there_are(games: Dataset) -> None:
    with pytest.raises(SettingsError, match=r"no row 'gpt'.*popularity.*srec"):
        chosen(candidates(games, "any", read_recipe()), ["gpt"])


def test_one_call_prepares_sessions_and_measures_them(sessions: Dataset, tmp_path: Path) -> None:
    """A folder of two files, existing rows that are not measured again, and the caller's own target."""
    source, told = tmp_path / "sessions", list[str]()
    rows = ["popularity", "own-items"]
    first = leaderboard(source, rows=rows, work=tmp_path / "work", told=told.append)
    assert first.path is not None
    assert first.path.parent.name == "leaderboard"
    assert first.path.parents[1].name == first.name
    assert first.name.startswith("sessions-")
    again = leaderboard(str(source), rows=rows[:1], work=str(tmp_path / "work"), told=told.append)
    assert again == first
    assert told == ["measuring popularity", "measuring own-items"]
    other = leaderboard(sessions, rows=rows, work=tmp_path / "work", target=tmp_path / "mine")
    assert other.path == tmp_path / "mine" / "leaderboard.json"


def test_what_is_set_is_read_or_refused(games: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"evaluation\.ks is for srec evaluate"):
        leaderboard(games, work=tmp_path, overrides=["evaluation.ks=[3]"])
    with pytest.raises(SettingsError, match="at least 1, not 0"):
        leaderboard(games, work=tmp_path, seeds=0)
    assert not list(tmp_path.glob("games-*"))


class Loud(Popularity):
    """A model that no package has installed."""


def test_a_model_in_memory_is_measured_beside_the_others(games: Dataset, tmp_path: Path) -> None:
    told: list[str] = []
    for models in ({"loud": Loud}, {"loud": Loud}, None):
        rows = ["popularity", "loud"] if models else ["popularity"]
        found = leaderboard(games, rows=rows, models=models, work=tmp_path / "work", told=told.append)
        assert sorted(row.name for row in found.rows) == sorted(rows)
    assert told == ["measuring popularity", "measuring loud", "measuring loud"], "its code may be another one"
    for name, kind, says in (
        ("ease", Loud, "there is a model ease already"),
        ("srec", Loud, "there is a model srec already"),
        ("mine", GCEGNN, "mine has no fit, so it is no counted model.* entry point in the group srec.models"),
    ):
        with pytest.raises(SettingsError, match=says):
            leaderboard(games, models={name: kind}, work=tmp_path / "work")


def test_held_out_players_add_what_they_get_to_each_row(games: Dataset, tmp_path: Path) -> None:
    """Two players of eleven neighbours each; rows without players stay as they are, beside."""
    rows = [(user, 10 * item, 1.0) for user in ("a", "b") for item in range(1, 12)]
    users, apps, hours = zip(*rows, strict=True)
    file = tmp_path / "players.parquet"
    pq.write_table(pa.table({"user_id": users, "app_id": apps, "hours": hours}), file)
    told: list[str] = []

    def filled(players: Path | None) -> Leaderboard:
        wanted = ["popularity", "item-knn"]
        return leaderboard(games, rows=wanted, players=players, work=tmp_path / "work", told=told.append)

    plain, found, again = filled(None), filled(file), filled(file)
    assert found == again
    assert len(told) == 4, "rows are measured anew for the players, and once"
    assert {row.players for row in plain.rows} == {None}
    figures = {row.name: row.visitors for row in found.rows}
    assert figures["popularity"] is not None
    assert figures["popularity"]["recall@12"].value == 1, "12 items hold all that are expected"
    assert figures["popularity"]["recall@12"].sessions == 2
    assert figures["popularity"]["overlap"].value == 9, "9 items are left, and all of them are answered"
    assert found.path is not None
    text = found.path.with_suffix(".md").read_text(encoding="utf-8")
    assert "| model | recall@12 | off-head@12 | overlap | HR@10 |" in text
    assert "2 held-out players tell 3 games each" in text
    assert "recall@12" in found.path.with_suffix(".html").read_text(encoding="utf-8")
    assert "recall@12" not in filled(None).path.with_suffix(".md").read_text(encoding="utf-8")
