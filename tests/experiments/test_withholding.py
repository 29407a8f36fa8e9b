from pathlib import Path

import numpy as np
import pytest

from srec.dataset.dataset import Dataset
from srec.evaluation.players import Players
from srec.evaluation.settings import VisitorSettings
from srec.experiments.withholding import cold_games, without_games
from srec.models.popularity import PopularitySettings
from srec.models.tags import TagScorerSettings
from srec.testing.toys import chains, write_dataset

ITEMS = 40


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "dataset", chains(ITEMS, 80, seed=0, noise=False), ITEMS)


def test_nobody_likes_a_withheld_game_and_all_else_stays(dataset: Dataset) -> None:
    withheld = np.zeros(ITEMS + 1, bool)
    withheld[[3, 4, 17]] = True
    whole, left = dataset.sequences, without_games(dataset, withheld).sequences
    assert len(left) == len(whole)
    for user in range(len(whole)):
        for name in ("train_ends", "valid_ends", "test_begins"):
            known, kept = (
                one.items[one.offsets[user] : getattr(one, name)[user]].tolist() for one in (whole, left)
            )
            assert kept == [item for item in known if not withheld[item]]
    assert dataset.sequences is whole, "the dataset itself is as it was"


def test_only_what_knows_a_game_beside_reviews_finds_it(dataset: Dataset) -> None:
    """Players like every fifth game: all of them have the same tags."""
    liked = [np.arange(first, ITEMS + 1, 5, dtype=np.int32) for first in (1, 2, 3, 4, 5)] * 8
    none = [np.zeros(0, np.int32)] * len(liked)
    found = cold_games(
        dataset,
        {"popularity": PopularitySettings(), "tags": TagScorerSettings()},
        Players(liked, none, None, "a test", "0"),
        settings=VisitorSettings(),
        share=0.2,
        resamples=100,
    )
    assert found.withheld == 8
    tags, popular = (found.without.models[name] for name in ("tags", "popularity"))
    assert tags.metrics["withheld@12"].value == 1
    assert popular.metrics["withheld@12"].value == 0
    assert popular.against["withheld@12"].verdict == "worse"
    assert found.before.models["popularity"].metrics["withheld@12"].value > 0
