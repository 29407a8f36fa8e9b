"""Writing and checking the sessions of a dataset: flat arrays, streamed, never all in memory."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from srec.errors import SRecError
from srec.prepare.engine import Engine
from srec.prepare.splits import Piece, Split, Written

#: About how many reviews are sorted together.
_SORTED = 1 << 24
#: Sessions that are looked at together when a written dataset is checked.
_CHECKED = 1 << 18


def write_sessions(engine: Engine, target: Path, users: int, *, positive: bool, weighted: bool) -> None:
    """Write what each user liked, or what they did not.

    The files are items.npy (int32 [N], 1..V), times.npy (int64 [N], seconds since 1970, UTC; 0 where
    unknown), offsets.npy (int64 [U + 1]) and, if asked for, weights.npy (float32 [N]).

    Args:
        engine: it has the tables ``reviews`` and ``vocabulary``.
        target: the folder to make.
        users: U; users without a review have empty ranges.
        positive: which verdict.
        weighted: write how much each interaction counts; the engine has the table ``undated``.
    """
    target.mkdir()
    rows = _expected(engine, positive)
    items = _array(target / "items.npy", np.int32, rows)
    times = _array(target / "times.npy", np.int64, rows)
    totals = np.zeros(users, np.int32)
    at = 0
    for batch in _batches(engine, "prepare_sessions", users, rows=rows, positive=positive):
        items[at : at + len(batch)] = batch.column("item").to_numpy()
        times[at : at + len(batch)] = batch.column("seconds").to_numpy()
        at += len(batch)
        _count_users(totals, batch.column("user_index").to_numpy())
    np.save(target / "offsets.npy", np.concatenate(([0], np.cumsum(totals, dtype=np.int64))))
    if weighted:
        weights = _array(target / "weights.npy", np.float32, rows)
        at = 0
        for batch in _batches(engine, "prepare_weights", users, rows=rows, positive=positive):
            weights[at : at + len(batch)] = batch.column("weight").to_numpy()
            at += len(batch)


def write_ends(engine: Engine, target: Path, split: Split, *, dropped: npt.NDArray[np.int64]) -> None:
    """Write where the parts of each session end: train_ends, valid_ends and test_begins.npy, int64 [U].

    Args:
        engine: it has the table ``users``.
        target: the folder that ``write_sessions`` made.
        split: what is held out.
        dropped: int64 [U], how many test games of each user are no items.
    """
    times, offsets = (_read(target, name) for name in ("times", "offsets"))
    train_ends, valid_ends = split.ends(engine, Written(times, offsets, dropped))
    for name, ends in (("train_ends", train_ends), ("valid_ends", valid_ends), ("test_begins", valid_ends)):
        np.save(target / f"{name}.npy", ends.astype(np.int64))


def _read(folder: Path, name: str) -> npt.NDArray[Any]:
    loaded: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return loaded


def _batches(
    engine: Engine, query: str, users: int, *, rows: int, positive: bool
) -> Iterator[pa.RecordBatch]:
    """All rows in order, for a part of the users at a time; more rows make more parts."""
    ends = np.linspace(0, users, -(-rows // _SORTED) + 1).astype(int).tolist()
    for first, past in pairwise(ends):
        yield from engine.stream(query, positive=positive, first=first, past=past)


def _expected(engine: Engine, positive: bool) -> int:
    query = (
        "SELECT count(*) FROM reviews JOIN vocabulary ON reviews.app_id = vocabulary.app_id"
        f" WHERE reviews.positive = {str(positive).lower()}"
    )
    return int(engine.rows(query)[0][0])


def _array(file: Path, kind: type[np.number[Any]], rows: int) -> npt.NDArray[Any]:
    """An array on disk to fill; an empty file cannot be mapped, so that one is in memory."""
    if not rows:
        np.save(file, np.zeros(0, kind))
        return np.zeros(0, kind)
    mapped: npt.NDArray[Any] = np.lib.format.open_memmap(file, mode="w+", dtype=kind, shape=(rows,))
    if hasattr(os, "posix_fallocate"):
        # Writing to a mapped file on a full disk would end the process with SIGBUS, without a word.
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return mapped


def _count_users(counts: npt.NDArray[np.int32], user: npt.NDArray[Any]) -> None:
    """Add how often each user stands in an ascending array."""
    if len(user):
        first, last = int(user[0]), int(user[-1])
        counts[first : last + 1] += np.bincount(user - first).astype(np.int32)


def check_written(target: Path, split: Split, *, min_user_reviews: int, min_game_reviews: int) -> None:
    """Read the written arrays back and check what a dataset promises, without the SQL that made it.

    Args:
        target: the dataset directory.
        split: what is held out.
        min_user_reviews: positive reviews that each user must have, those of unknown games included.
        min_game_reviews: positive reviews that each game must have.

    Raises:
        SRecError: a promise is broken; the message says which, and for how many rows.
    """
    app_ids = np.load(target / "app_ids.npy", mmap_mode="r", allow_pickle=False)
    names = ("items", "times", "offsets", "train_ends", "valid_ends", "test_begins")
    items, times, offsets, train_ends, valid_ends, begins = (
        _read(target / "sequences", name) for name in names
    )
    weighted = (target / "sequences" / "weights.npy").exists()
    unknown = pq.read_table(target / "unknown.parquet")
    dropped_users = np.bincount(unknown["user_index"].to_numpy(), minlength=len(train_ends))
    dropped_games = np.unique(unknown["app_id"].to_numpy(), return_counts=True)[1]
    broken = dict.fromkeys(_RULES, 0)
    known = np.zeros(len(app_ids), np.int64)
    early = np.zeros(len(app_ids), bool)
    for first in range(0, len(train_ends), _CHECKED):
        past = min(first + _CHECKED, len(train_ends))
        begin, end = int(offsets[first]), int(offsets[past])
        item, time = np.asarray(items[begin:end]), np.asarray(times[begin:end])
        lengths = np.diff(offsets[first : past + 1])
        user = np.repeat(np.arange(past - first), lengths)
        at = np.arange(begin, end)
        part = (at >= train_ends[first:past][user]).astype(int) + (at >= valid_ends[first:past][user])
        dropped = dropped_users[first:past]
        broken["part"] += split.misplaced(Piece(part, time, user, lengths, dropped))
        broken["user"] += int((lengths + dropped < min_user_reviews).sum())
        wrong = (item < 1) | (item >= len(app_ids))
        broken["item"] += int(wrong.sum())
        good = item[~wrong]
        known += np.bincount(good, minlength=len(app_ids))
        early[item[~wrong & (part < 2)]] = True
        pair = np.sort(user.astype(np.int64) << 32 | item.astype(np.uint32))
        broken["twice"] += int((pair[1:] == pair[:-1]).sum())
        if weighted:
            weight = np.asarray(_read(target / "sequences", "weights")[begin:end])
            broken["weight"] += int((~((weight > 0) & (weight <= 1))).sum())
        broken["order"] += int(((time[1:] < time[:-1]) & (user[1:] == user[:-1])).sum())
    broken["item"] += int((np.asarray(app_ids[1:]) <= 0).sum())
    ends = np.stack((offsets[:-1], train_ends, valid_ends, begins, offsets[1:]))
    broken["ends"] = int((np.diff(ends, axis=0) < 0).any(axis=0).sum() + (valid_ends != begins).sum())
    broken["game"] = int((known[1:] < min_game_reviews).sum() + (dropped_games < min_game_reviews).sum())
    broken["test"] = int((~early[1:]).sum())
    found = [f"{_RULES[rule]} ({count:,})" for rule, count in broken.items() if count]
    if found:
        raise SRecError(f"the dataset breaks its own rules: {'; '.join(found)}")


_RULES = {
    "part": "an interaction stands in another part than the split says",
    "ends": "the parts of a session do not follow one another",
    "user": "a user has fewer positive reviews than the minimum",
    "game": "a game has fewer positive reviews than the minimum",
    "item": "an item is not numbered 1..V or stands for no game",
    "test": "a test game is unknown before the test window",
    "twice": "a user reviews a game twice",
    "weight": "a weight is not in (0, 1]",
    "order": "a session is not in the order of time",
}
