from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from resealing import resealed

from srec.dataset.dataset import Dataset
from srec.dataset.dislikes import Dislikes
from srec.errors import SourceError
from srec.evaluation.players import from_file, held_out
from srec.testing.toys import chains, write_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Items 1..6 have the app ids 10..60."""
    return write_dataset(tmp_path / "dataset", chains(6, 12, seed=0, noise=False), 6)


def library(path: Path, *rows: tuple[str, int, float | None]) -> Path:
    users, apps, hours = zip(*rows, strict=True)
    pq.write_table(pa.table({"user_id": users, "app_id": apps, "hours": pa.array(hours, pa.float64())}), path)
    return path


def test_a_library_is_the_games_that_were_played(dataset: Dataset, tmp_path: Path) -> None:
    """0 hours say nothing, 99 is unknown, and a repeated row counts once with the longest hours."""
    rows = [
        ("a", 30, 2),
        ("b", 10, 1),
        ("a", 10, 0),
        ("a", 99, 5),
        ("a", 20, 1),
        ("a", 30, 9),
        ("c", 10, None),
    ]
    found = from_file(library(tmp_path / "players.parquet", *rows), dataset)
    assert found.hours is not None
    assert [games.tolist() for games in found.liked] == [[2, 3], [1]]
    assert [hours.tolist() for hours in found.hours] == [[1, 9], [1]]
    assert found.source == "2 players of players.parquet"


def test_nobody_is_left_of_a_library_without_known_games(dataset: Dataset, tmp_path: Path) -> None:
    assert len(from_file(library(tmp_path / "players.parquet", ("a", 99, 5.0)), dataset)) == 0


def test_a_file_that_is_no_library_is_said(dataset: Dataset, tmp_path: Path) -> None:
    pq.write_table(pa.table({"user_id": ["a"]}), tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("user_id,app_id,hours")
    for name in ("other.parquet", "text.parquet", "missing.parquet"):
        with pytest.raises(SourceError, match=rf"{name}: players are Parquet with user_id, app_id, hours"):
            from_file(tmp_path / name, dataset)


def test_a_split_by_time_holds_out_nobody(dataset: Dataset) -> None:
    assert held_out(dataset) is None


def test_whole_users_are_held_out_with_what_they_dislike(dataset: Dataset) -> None:
    """Sessions of 6: user 0 is for the test, user 1 for validation, all others for training."""
    first, last = dataset.sequences.offsets[:-1], dataset.sequences.offsets[1:]
    train_ends, valid_ends = np.array(last), np.array(last)
    train_ends[:2], valid_ends[0] = first[:2], first[0]
    folder = dataset.path / "sequences"
    for name, ends in (("train_ends", train_ends), ("valid_ends", valid_ends), ("test_begins", valid_ends)):
        np.save(folder / f"{name}.npy", ends)
    resealed(dataset.path)
    disliked = Dislikes(np.array([5, 5, 2], np.int32), np.zeros(3, np.int64), np.array([0, 2] + [3] * 11))
    dataset.__dict__["dislikes"] = disliked
    dataset.manifest["split"] = {"kind": "users"}
    for user, part, disliked in ((0, "test", [5]), (1, "valid", [2])):
        found = held_out(dataset, part)
        assert found is not None
        assert len(found) == 1
        assert found.liked[0].tolist() == sorted(dataset.sequences.items[first[user] : last[user]].tolist())
        assert found.disliked[0].tolist() == disliked


def test_players_with_too_few_games_are_left_out_and_too_many_are_drawn(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "dataset", chains(6, 12, seed=0, noise=False), 6)
    rows = [(str(user), 10 * game, 1.0) for user in range(9) for game in range(1, 3 + user % 2)]
    everybody = from_file(library(tmp_path / "players.parquet", *rows), dataset)
    few = everybody.chosen(3, most=9, generator=np.random.default_rng(0))
    assert [len(games) for games in few.liked] == [3] * 4
    drawn, again = (everybody.chosen(2, most=5, generator=np.random.default_rng(1)) for _ in range(2))
    assert len(drawn) == 5
    assert [games.tolist() for games in drawn.liked] == [games.tolist() for games in again.liked]
