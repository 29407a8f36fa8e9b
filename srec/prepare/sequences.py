"""Writing and checking the sessions of a dataset: flat arrays, streamed, never all in memory."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from srec.errors import SRecError
from srec.prepare.engine import Engine

#: About how many reviews are sorted together.
_SORTED = 1 << 24
#: Sessions that are looked at together when a written dataset is checked.
_CHECKED = 1 << 18


def write_sessions(
    engine: Engine, target: Path, users: int, *, positive: bool, moments: Mapping[str, int] | None
) -> None:
    """Write what each user liked, or what they did not.

    The files are items.npy (int32 [N], 1..V), times.npy (int64 [N], seconds since 1970, UTC) and offsets.npy
    (int64 [U + 1]); with ``moments`` also the ends of the parts (int64 [U]), as ``Sequences`` has them.

    Args:
        engine: it has the tables ``reviews`` and ``vocabulary``.
        target: the folder to make.
        users: U; users without a review have empty ranges.
        positive: which verdict.
        moments: train_until and valid_until, seconds since 1970, to write the ends of the parts too.
    """
    target.mkdir()
    rows = _expected(engine, positive)
    items = _array(target / "items.npy", np.int32, rows)
    times = _array(target / "times.npy", np.int64, rows)
    totals = np.zeros(users, np.int32)
    ends = {name: np.zeros(users, np.int32) for name in moments or {}}
    at = 0
    for batch in _batches(engine, users, rows, positive):
        user, seconds = batch.column("user_index").to_numpy(), batch.column("seconds").to_numpy()
        items[at : at + len(batch)] = batch.column("item").to_numpy()
        times[at : at + len(batch)] = seconds
        at += len(batch)
        _count_users(totals, user)
        for name, moment in (moments or {}).items():
            _count_users(ends[name], user[seconds <= moment])
    offsets = np.concatenate(([0], np.cumsum(totals, dtype=np.int64)))
    np.save(target / "offsets.npy", offsets)
    if moments:
        np.save(target / "train_ends.npy", offsets[:-1] + ends["train_until"])
        for name in ("valid_ends", "test_begins"):
            np.save(target / f"{name}.npy", offsets[:-1] + ends["valid_until"])


def _batches(engine: Engine, users: int, rows: int, positive: bool) -> Iterator[pa.RecordBatch]:
    """All rows in order, for a part of the users at a time; more rows make more parts."""
    ends = np.linspace(0, users, -(-rows // _SORTED) + 1).astype(int).tolist()
    for first, past in pairwise(ends):
        yield from engine.stream("prepare_sessions", positive=positive, first=first, past=past)


def _expected(engine: Engine, positive: bool) -> int:
    query = (
        "SELECT count(*) FROM reviews JOIN vocabulary ON reviews.app_id = vocabulary.app_id"
        f" WHERE reviews.positive = {str(positive).lower()}"
    )
    return int(engine.rows(query)[0][0])


def _array(file: Path, kind: type[np.integer[Any]], rows: int) -> npt.NDArray[Any]:
    """An array on disk to fill; an empty file cannot be mapped, so that one is in memory."""
    if not rows:
        np.save(file, np.zeros(0, kind))
        return np.zeros(0, kind)
    return np.lib.format.open_memmap(file, mode="w+", dtype=kind, shape=(rows,))


def _count_users(counts: npt.NDArray[np.int32], user: npt.NDArray[Any]) -> None:
    """Add how often each user stands in an ascending array."""
    if len(user):
        first, last = int(user[0]), int(user[-1])
        counts[first : last + 1] += np.bincount(user - first).astype(np.int32)


def check_written(
    target: Path, split: Mapping[str, int], *, min_user_reviews: int, min_game_reviews: int
) -> None:
    """Read the written arrays back and check what a dataset promises, without the SQL that made it.

    Args:
        target: the dataset directory.
        split: train_until and valid_until, seconds since 1970.
        min_user_reviews: positive reviews that each user must have, those of unknown games included.
        min_game_reviews: positive reviews that each game must have.

    Raises:
        SRecError: a promise is broken; the message says which, and for how many rows.
    """
    app_ids = np.load(target / "app_ids.npy", mmap_mode="r", allow_pickle=False)
    names = ("items", "times", "offsets", "train_ends", "valid_ends")
    items, times, offsets, train_ends, valid_ends = (
        np.load(target / "sequences" / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names
    )
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
        due = (time > split["train_until"]).astype(int) + (time > split["valid_until"])
        broken["part"] += int((part != due).sum())
        broken["user"] += int((lengths + dropped_users[first:past] < min_user_reviews).sum())
        wrong = (item < 1) | (item >= len(app_ids))
        broken["item"] += int(wrong.sum())
        good = item[~wrong]
        known += np.bincount(good, minlength=len(app_ids))
        early[item[~wrong & (part < 2)]] = True
        pair = np.sort(user.astype(np.int64) << 32 | item.astype(np.uint32))
        broken["twice"] += int((pair[1:] == pair[:-1]).sum())
        broken["order"] += int(((time[1:] < time[:-1]) & (user[1:] == user[:-1])).sum())
    broken["item"] += int((np.asarray(app_ids[1:]) <= 0).sum())
    broken["game"] = int((known[1:] < min_game_reviews).sum() + (dropped_games < min_game_reviews).sum())
    broken["test"] = int((~early[1:]).sum())
    found = [f"{_RULES[rule]} ({count:,})" for rule, count in broken.items() if count]
    if found:
        raise SRecError(f"the dataset breaks its own rules: {'; '.join(found)}")


_RULES = {
    "part": "an interaction stands in another part than its time says",
    "user": "a user has fewer positive reviews than the minimum",
    "game": "a game has fewer positive reviews than the minimum",
    "item": "an item is not numbered 1..V or stands for no game",
    "test": "a test game is unknown before the test window",
    "twice": "a user reviews a game twice",
    "order": "a session is not in the order of time",
}
