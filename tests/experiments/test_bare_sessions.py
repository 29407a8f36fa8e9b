"""Sessions without dates and tags, whether they repeat items or not: what fits them, and what is said."""

from pathlib import Path

import numpy as np
import pytest

import srec
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError, SRecError
from srec.evaluation.validation import validator
from srec.experiments.candidates import candidates
from srec.experiments.report import evaluate
from srec.models.blend import Blend, BlendSettings
from srec.models.gce_gnn import GCEGNNSettings
from srec.recipes import read_recipe
from srec.testing.toys import chains, write_dataset

CHAIN = [((start + np.arange(5)) % 12 + 1).tolist() for start in range(80)]


@pytest.fixture(params=[False, True], ids=["once", "repeated"])
def bare(request: pytest.FixtureRequest) -> Dataset:
    return Dataset.from_sessions(CHAIN, repeats=request.param)


def test_games_are_what_has_tags_and_not_what_repeats_nothing(bare: Dataset, tmp_path: Path) -> None:
    assert not bare.has_games
    assert write_dataset(tmp_path / "games", chains(12, 20, seed=0, noise=False), 12).has_games


def test_what_needs_dates_or_tags_is_no_row_of_it(bare: Dataset) -> None:
    rows = {row.name: row for row in candidates(bare, "any", read_recipe())}
    assert not {"popularity-recent", "tags", "srec"} & set(rows)
    assert ("own-items" in rows) is bare.repeats
    settings = rows["gce-gnn"].settings
    assert isinstance(settings, GCEGNNSettings)
    assert (settings.tags, settings.context) == (False, False)


def test_its_leaderboard_is_filled(bare: Dataset, tmp_path: Path) -> None:
    small = ("gce-gnn.dimension=8", "training.epochs=1")
    board = srec.leaderboard(
        bare, rows=["popularity", "markov", "blend", "gce-gnn"], work=tmp_path, overrides=small, threads=1
    )
    assert len(board.rows) == 4
    assert {row.name: row.metrics["MRR@20"] for row in board.rows}["markov"] == pytest.approx(1.0)


def test_a_blend_takes_only_what_fits(bare: Dataset) -> None:
    once = {"smart", "rules", "item-knn", "popularity"}
    taking = {"vstan", "rules", "own-items", "item-knn", "slim"} if bare.repeats else once
    weights = Blend.fit(bare, BlendSettings(), "fit").weights
    assert {name.removesuffix(" places") for name in weights} == taking
    none = BlendSettings(games=("popularity-recent",), repeating=("popularity-recent",))
    with pytest.raises(SettingsError, match=r"\[blend\] there is nothing to blend .* needs no dates"):
        Blend.fit(bare, none, "fit")


def test_what_it_cannot_do_says_what_to_do(bare: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SRecError, match="sessions, not reviews of games: srec leaderboard compares"):
        evaluate(bare, tmp_path / "report")
    with pytest.raises(SettingsError, match=r'has no tags: .*settings=\{"tags": False, "context": False\}'):
        srec.train(bare, tmp_path / "run", "gce-gnn")
    none = Dataset.from_sessions(CHAIN, valid_share=0, repeats=bare.repeats)
    with pytest.raises(SRecError, match="no valid example to measure on: give more sessions"):
        validator(none, 50)


def test_gce_gnn_is_trained_as_the_error_says(bare: Dataset, tmp_path: Path) -> None:
    settings = {"tags": False, "context": False, "dimension": 8}
    run = srec.train(bare, tmp_path / "run", "gce-gnn", settings=settings, training={"epochs": 1}, threads=1)
    assert run.manifest["chosen_epoch"] == 1


def test_the_default_model_needs_no_settings(bare: Dataset, tmp_path: Path) -> None:
    run = srec.train(bare, tmp_path / "run")
    assert run.counted
    assert run.load_counted(bare).parts.items.shape == (12, 0)
