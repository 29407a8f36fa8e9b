"""Which rows there are, what names their folders, and models that are not SRec's."""

from pathlib import Path

import plugins
import pytest

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.experiments.candidates import candidates, chosen, digest
from srec.experiments.leaderboard import leaderboard
from srec.experiments.report import evaluate
from srec.models.popularity import Popularity
from srec.recipes import read_recipe
from srec.testing.toys import chains, write_dataset


@pytest.fixture
def games(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "games", chains(12, 60, seed=0, noise=False), 12)


class Loud(Popularity):
    """A model that nobody has installed."""


class Shapeless:
    """A class with a fit and no settings."""

    @classmethod
    def fit(cls, dataset: Dataset, settings: object, part: str) -> "Shapeless":
        return cls()


def digested(games: Dataset, *overrides: str, **given: object) -> str:
    return digest(candidates(games, "any", read_recipe(overrides=overrides), **given), games)


def test_a_model_that_is_only_there_moves_no_folder(
    games: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, changed = digested(games), digested(games, "training.epochs=3")
    assert usual != changed
    assert digested(games, given={"loud": Loud}) == usual
    assert digested(games, "training.epochs=3", given={"loud": Loud}) == changed
    plugins.install(tmp_path, monkeypatch, "last = lastly:Last")
    assert digested(games) == usual
    assert digested(games, "training.epochs=3") == changed
    assert digested(games, "last.bonus=3") != usual, "its settings are others: its row has another place"


def test_a_given_model_has_a_file_of_its_own(games: Dataset, tmp_path: Path) -> None:
    for given in ({"item knn": Loud}, {"item.knn": Loud}, {"a b": Loud, "a-b": Loud}):
        with pytest.raises(SettingsError, match="already: give yours another name"):
            leaderboard(games, models=given, work=tmp_path / "work")


def test_a_given_model_without_settings_is_told_what_it_lacks(games: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="shapeless has no settings_type"):
        leaderboard(games, models={"shapeless": Shapeless}, work=tmp_path / "work")


def test_no_row_at_all_is_not_a_leaderboard(games: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="rows names no row; the rows are smart, popularity, "):
        leaderboard(games, rows=[], work=tmp_path / "work")


def test_an_installed_model_does_not_take_the_file_of_another(
    games: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.install(tmp_path, monkeypatch, "item_knn = lastly:Twin")
    with pytest.raises(SettingsError, match="item-knn and item_knn would have one file"):
        chosen(candidates(games, "any", read_recipe()), ["markov"])


def test_a_broken_package_stops_neither_leaderboard_nor_report(
    games: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.install(tmp_path, monkeypatch, "far = nowhere:Far\nlast = lastly:Last")
    told: list[str] = []
    board = leaderboard(games, rows=["markov", "last"], work=tmp_path / "work", told=told.append)
    assert {row.name for row in board.rows} == {"markov", "last"}
    assert [line for line in told if line.startswith("left out: the model far")] == told[:1]
    with pytest.raises(SettingsError, match="there is no row 'far'"):
        leaderboard(games, rows=["far"], work=tmp_path / "work")
    told.clear()
    found = evaluate(games, tmp_path / "report", overrides=["evaluation.resamples=100"], told=told.append)
    assert "last" in found.models
    assert len(told) == 1
