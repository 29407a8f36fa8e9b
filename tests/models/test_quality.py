"""Quality: how few of its players dislike a game."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.dataset import Dataset
from srec.dataset.dislikes import Dislikes
from srec.models.quality import disliked_shares
from srec.models.smart import Smart, SmartSettings
from srec.testing.toys import chains, write_dataset


@pytest.fixture
def games(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "games", chains(12, 60, seed=0, noise=False), 12)


def dislike(dataset: Dataset, items: list[int], user: int = 0, at: int = 0) -> None:
    """One user dislikes these games."""
    users = len(dataset.sequences)
    offsets = np.where(np.arange(users + 1) > user, len(items), 0)
    times = np.full(len(items), at, np.int64)
    dataset.__dict__["dislikes"] = Dislikes(np.array(items, np.int32), times, offsets)


def list_counts(dataset: Dataset, negative: list[int | None], positive: list[int | None]) -> None:
    table = pq.read_table(dataset.path / "games.parquet").sort_by("item")
    for name, values in (("reviews_negative", negative), ("reviews_positive", positive)):
        if name in table.column_names:
            table = table.drop_columns(name)
        table = table.append_column(name, pa.array(values, pa.int64()))
    pq.write_table(table, dataset.path / "games.parquet")


def test_where_nobody_dislikes_nothing_has_a_quality(games: Dataset) -> None:
    assert not disliked_shares(games, "fit").any()
    assert not Smart.fit(games, SmartSettings(popularity=0.3), "fit").parts.quality.any()


def test_a_disliked_game_is_of_lower_quality_the_more_so_the_more_dislike_it(games: Dataset) -> None:
    shares = {}
    for count in (1, 30):
        dislike(games, [5] * count)
        shares[count] = disliked_shares(games, "fit")
        assert shares[count].argmax() == 4
    assert shares[30][4] > shares[1][4]
    quality_V = Smart.fit(games, SmartSettings(popularity=0.3), "fit").parts.quality
    assert quality_V.argmin() == 4
    assert quality_V.mean() == pytest.approx(0, abs=1e-6)


def test_the_catalogue_tells_of_games_that_have_few_reviews(games: Dataset) -> None:
    list_counts(games, [900, 10, None, *[100] * 9], [100, 990, None, *[900] * 9])
    shares_V = disliked_shares(games, "fit")
    assert shares_V[1] < shares_V[2] < shares_V[0]


def test_own_reviews_outweigh_the_catalogue_once_there_are_many(games: Dataset) -> None:
    list_counts(games, [0] * 12, [1000] * 12)
    dislike(games, [7] * 1000)
    assert disliked_shares(games, "fit")[6] > 0.7


def test_what_is_held_out_tells_nothing(games: Dataset) -> None:
    known = games.sequences
    # User 3 is held out whole; user 4 but for the last game, which came at 5,000.
    ends, times = np.array(known.valid_ends), np.array(known.times)
    ends[3], ends[4] = known.offsets[3], known.offsets[5] - 1
    times[known.offsets[4] : known.offsets[5] - 1], times[known.offsets[5] - 1] = 1_000, 5_000
    games.__dict__["sequences"] = replace(known, times=times, valid_ends=ends, test_begins=ends)
    for user, at, known_count in ((3, 500, 0), (4, 4_999, 1), (4, 5_000, 0), (4, 6_000, 0)):
        dislike(games, [5], user, at)
        assert len(games.dislikes.learnable(games.sequences, "fit")) == known_count, (user, at)


def test_nobody_learns_from_a_dislike_that_is_newer_than_all_that_may_be_learnt(games: Dataset) -> None:
    ends = games.sequences.offsets[1:]
    games.__dict__["sequences"] = replace(games.sequences, train_ends=ends, valid_ends=ends)
    newest = int(games.sequences.learnable("fit")[1].max())
    for at, known_count in ((newest, 1), (newest + 1, 0)):
        dislike(games, [5], 0, at)
        assert len(games.dislikes.learnable(games.sequences, "fit")) == known_count
