"""A search goes on where it stopped, never looks at the test, and writes a recipe that can be read."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from srec.cli import app as cli
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError, SRecError
from srec.evaluation.results import Tuning
from srec.experiments.tuning import BEST, FILE, tune
from srec.locks import lock
from srec.models.item_knn import ItemKNNSettings
from srec.models.sasrec import SASRecSettings
from srec.recipes import read_recipe
from srec.settings import Span
from srec.testing.toys import chains, write_dataset

SESSIONS = chains(12, 60, seed=0, noise=False)
SMALL = ("training.epochs=1", "training.batch_size=50")


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return write_dataset(tmp_path_factory.mktemp("tuning") / "games", SESSIONS, 12)


def after(trials: int) -> Callable[[str], None]:
    """Told of each trial, it interrupts the search after this many."""
    lines: list[str] = []

    def told(line: str) -> None:
        lines.append(line)
        if len(lines) == trials:
            raise KeyboardInterrupt

    return told


def searched(dataset: Dataset, model: str, target: Path, trials: int) -> Tuning:
    with pytest.raises(KeyboardInterrupt):
        tune(dataset, model, target, minutes=5, overrides=SMALL, threads=1, told=after(trials))
    return Tuning.read(target / FILE)


def told_apart(found: Tuning) -> list[tuple[object, float]]:
    return [(dict(trial.settings), trial.value) for trial in found.trials]


def test_an_interrupted_search_goes_on_as_if_it_had_not_been(games: Dataset, tmp_path: Path) -> None:
    whole = searched(games, "item-knn", tmp_path / "whole", 6)
    searched(games, "item-knn", tmp_path / "parts", 2)
    assert told_apart(searched(games, "item-knn", tmp_path / "parts", 4)) == told_apart(whole)


def test_it_begins_with_the_settings_as_they_are_and_stays_inside_the_space(
    games: Dataset, tmp_path: Path
) -> None:
    first, *others = searched(games, "item-knn", tmp_path / "t", 5).trials
    own = ItemKNNSettings()
    assert first.settings == {f"item-knn.{name}": getattr(own, name) for name in own.space}
    for trial in others:
        for name, span in own.space.items():
            assert isinstance(span, Span)
            assert span.low <= trial.settings[f"item-knn.{name}"] <= span.high


def test_the_best_settings_are_a_recipe(games: Dataset, tmp_path: Path) -> None:
    best = searched(games, "item-knn", tmp_path / "t", 4).best
    read = read_recipe(tmp_path / "t" / BEST).get(ItemKNNSettings)
    assert {f"item-knn.{name}": getattr(read, name) for name in read.space} == best.settings


def test_another_test_window_changes_nothing(games: Dataset, tmp_path: Path) -> None:
    turned = [(train, valid, [item % 12 + 1 for item in test]) for train, valid, test in SESSIONS]
    other = write_dataset(tmp_path / "other", turned, 12)
    assert other.fingerprint != games.fingerprint
    one, two = (searched(data, "rules", tmp_path / name, 3) for data, name in ((games, "a"), (other, "b")))
    assert told_apart(one) == told_apart(two)


def test_a_learnt_model_is_trained_with_its_own_rate_and_leaves_no_run(
    games: Dataset, tmp_path: Path
) -> None:
    found = searched(games, "sasrec", tmp_path / "t", 2)
    rates = [trial.settings["training.learning_rate"] for trial in found.trials]
    assert len(set(rates)) == 2
    assert list((tmp_path / "t" / "runs").iterdir()) == []
    assert read_recipe(tmp_path / "t" / BEST).get(SASRecSettings).dimension > 0


def test_a_training_that_was_interrupted_is_the_next_trial(games: Dataset, tmp_path: Path) -> None:
    whole = searched(games, "sasrec", tmp_path / "whole", 2)
    searched(games, "sasrec", tmp_path / "parts", 1)

    def interrupting(step: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(games, "sasrec", tmp_path / "parts", minutes=5, overrides=SMALL, threads=1, watch=interrupting)
    (left,) = (tmp_path / "parts" / "runs").iterdir()
    assert told_apart(searched(games, "sasrec", tmp_path / "parts", 1)) == told_apart(whole)
    assert not left.exists()


def test_what_belongs_to_another_search_is_left_alone(games: Dataset, tmp_path: Path) -> None:
    before = searched(games, "item-knn", tmp_path / "t", 1)
    with pytest.raises(SettingsError, match="trials of another model: name another folder"):
        tune(games, "rules", tmp_path / "t", minutes=5)
    with pytest.raises(SettingsError, match="trials of another metric"):
        tune(games, "item-knn", tmp_path / "t", minutes=5, metric="HR@10")
    with ExitStack() as held:
        assert lock(tmp_path / "t", held)
        with pytest.raises(SRecError, match="another process is tuning"):
            tune(games, "item-knn", tmp_path / "t", minutes=5)
    assert Tuning.read(tmp_path / "t" / FILE) == before


def test_what_cannot_be_searched_is_said(games: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="popularity has nothing to search"):
        tune(games, "popularity", tmp_path / "t", minutes=5)
    with pytest.raises(SettingsError, match="leaves no time for a trial"):
        tune(games, "rules", tmp_path / "t", minutes=0)
    said = CliRunner().invoke(
        cli, ["tune", str(games.path), str(tmp_path / "t"), "--model", "rules", "--metric", "x"]
    )
    assert "there is no metric x" in str(said.exception)
