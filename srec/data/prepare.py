"""From a store to a dataset directory: filters, time split, vocabulary, sequences; in SQL, out of core."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import numpy as np
from pydantic import Field

from srec.data.sql import run_sql
from srec.data.statistics import statistics
from srec.errors import SRecError
from srec.settings import Settings

Note = Callable[[str], None]


class PrepareSettings(Settings):
    """What is kept of the reviews, and where the test begins."""

    section: ClassVar[str] = "prepare"
    min_user_reviews: int = Field(3, ge=1, description="positive reviews a user must have")
    min_game_reviews: int = Field(5, ge=1, description="positive reviews a game must have")
    popular_games: int = Field(
        100, ge=0, description="the N most reviewed games count as popular; 0 keeps popular-only users"
    )
    popular_share: float = Field(
        1.0, gt=0, le=1, description="a user with at least this share of popular games is excluded"
    )
    test_days: float = Field(14, gt=0, description="the last days, counted back from the latest review")
    valid_days: float = Field(14, gt=0, description="the days before the test window, for early stopping")


@dataclass(frozen=True)
class Prepared:
    """What the SQL left in the working database, for the features to read, and facts for the manifest."""

    connection: duckdb.DuckDBPyConnection
    facts: dict[str, Any]


class Steps:
    """Counts rows after each step, for the manifest and the person watching."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, note: Note) -> None:
        self.connection, self.note = connection, note
        self.rows: list[dict[str, Any]] = []

    def count(self, step: str, table: str, user: str = "user_key", game: str = "app_id") -> int:
        """Count the rows, users and games of a table; returns the rows."""
        query = f"SELECT count(*), count(DISTINCT {user}), count(DISTINCT {game}) FROM {table}"
        rows, users, games = self.connection.execute(query).fetchall()[0]
        self.rows.append({"step": step, "interactions": rows, "users": users, "items": games})
        self.note(f"{step}: {rows:,} reviews, {users:,} users, {games:,} games")
        return int(rows)


def prepare_interactions(
    connection: duckdb.DuckDBPyConnection, target: Path, settings: PrepareSettings, note: Note
) -> dict[str, Any]:
    """Write the interactions of an attached ``store`` into a dataset directory being made.

    Args:
        connection: a working database with the store attached as ``store``.
        target: the directory to write into.
        settings: filters and windows.
        note: called with a line after each step.

    Returns:
        facts for the manifest: the row counts of each step, the split, the statistics.

    Raises:
        SRecError: nothing is left after the filters, or the windows leave no training.
    """
    steps = Steps(connection, note)
    if not steps.count("reviews in the store", "store.reviews"):
        raise SRecError("the store holds no reviews: ingest some first")
    run_sql(connection, "prepare_latest")
    steps.count("latest review of each (user, game)", "latest")
    run_sql(
        connection,
        "prepare_positive",
        popular_games=settings.popular_games,
        popular_share=settings.popular_share,
    )
    steps.count("positive, popular-only users excluded" if settings.popular_games else "positive", "kept")
    _fixed_point(connection, settings, steps)
    split = _split(connection, settings)
    run_sql(connection, "prepare_vocabulary", **split)
    dropped = steps.count("test games unknown before the test window, dropped", "unknown", "user_index")
    if not steps.count("interactions in the dataset", "interactions", "user_index", "item"):
        raise SRecError(_NOTHING)
    _write_vocabulary(connection, target)
    _write_sequences(connection, target / "sequences", split)
    _write_negatives(connection, target / "negatives")
    connection.execute("COPY unknown TO $file (FORMAT parquet)", {"file": str(target / "unknown.parquet")})
    return {
        "steps": steps.rows,
        "split": {name: moment.isoformat() for name, moment in split.items()},
        "dropped_test_interactions": dropped,
        "statistics": statistics(target),
    }


_NOTHING = (
    "no review is left after the filters: lower prepare.min_user_reviews or prepare.min_game_reviews,"
    " or raise prepare.popular_share"
)


def _fixed_point(connection: duckdb.DuckDBPyConnection, settings: PrepareSettings, steps: Steps) -> None:
    """Drop users, then games, with too few reviews, until neither drops any."""
    minima = {"users": settings.min_user_reviews, "games": settings.min_game_reviews}
    before, rounds = -1, 0
    while (left := _rows(connection, "kept")) != before:
        before, rounds = left, rounds + 1
        for kind, minimum in minima.items():
            run_sql(connection, f"prepare_core_{kind}", minimum=minimum)
    steps.count(f"users with {minima['users']}, games with {minima['games']}: {rounds} rounds", "kept")
    if not left:
        raise SRecError(_NOTHING)


def _split(connection: duckdb.DuckDBPyConnection, settings: PrepareSettings) -> dict[str, datetime]:
    """The last moment of training, of validation, and of all."""
    last: datetime = connection.execute("SELECT max(created_at) FROM latest").fetchall()[0][0]
    first: datetime = connection.execute("SELECT min(created_at) FROM kept").fetchall()[0][0]
    valid_until = last - timedelta(days=settings.test_days)
    train_until = valid_until - timedelta(days=settings.valid_days)
    if train_until < first:
        raise SRecError(
            f"the reviews span {(last - first).days} days: shorten prepare.test_days and prepare.valid_days"
        )
    return {"train_until": train_until, "valid_until": valid_until}


def _write_vocabulary(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    rows = connection.execute("SELECT app_id FROM vocabulary ORDER BY item").fetchnumpy()
    np.save(target / "app_ids.npy", np.concatenate(([0], rows["app_id"])).astype(np.int32))


def _write_sequences(connection: duckdb.DuckDBPyConnection, target: Path, split: dict[str, datetime]) -> None:
    target.mkdir()
    bounds = run_sql(connection, "prepare_bounds", **split).fetchnumpy()
    offsets = np.concatenate(([0], np.cumsum(bounds["total"]))).astype(np.int64)
    np.save(target / "offsets.npy", offsets)
    np.save(target / "train_ends.npy", offsets[:-1] + bounds["train"].astype(np.int64))
    for name in ("valid_ends", "test_begins"):
        np.save(target / f"{name}.npy", offsets[:-1] + bounds["train_and_valid"].astype(np.int64))
    _write_flat(connection, "interactions", target, int(offsets[-1]))


def _write_negatives(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    target.mkdir()
    query = "SELECT user_index, count(*) AS total FROM negatives GROUP BY user_index"
    counts = connection.execute(query).fetchnumpy()
    totals = np.zeros(_rows(connection, "users"), np.int64)
    totals[counts["user_index"]] = counts["total"]
    np.save(target / "offsets.npy", np.concatenate(([0], np.cumsum(totals))))
    _write_flat(connection, "negatives", target, int(totals.sum()))


def _write_flat(connection: duckdb.DuckDBPyConnection, table: str, target: Path, rows: int) -> None:
    """Stream a table, by user and time, into items.npy (int32) and times.npy (int64, epoch seconds)."""
    if not rows:
        np.save(target / "items.npy", np.zeros(0, np.int32))
        np.save(target / "times.npy", np.zeros(0, np.int64))
        return
    items = np.lib.format.open_memmap(target / "items.npy", mode="w+", dtype=np.int32, shape=(rows,))
    times = np.lib.format.open_memmap(target / "times.npy", mode="w+", dtype=np.int64, shape=(rows,))
    query = (
        f"SELECT item, CAST(epoch(created_at) AS BIGINT) AS seconds FROM {table}"
        " ORDER BY user_index, created_at, review_id, item"
    )
    at = 0
    for batch in connection.sql(query).to_arrow_reader(1_000_000):
        items[at : at + len(batch)] = batch.column("item").to_numpy()
        times[at : at + len(batch)] = batch.column("seconds").to_numpy()
        at += len(batch)
    items.flush()
    times.flush()


def check_written(
    connection: duckdb.DuckDBPyConnection, target: Path, settings: PrepareSettings, split: dict[str, str]
) -> None:
    """Read the written arrays back and check what a dataset promises.

    Raises:
        SRecError: a promise is broken; the message says which, and for how many rows.
    """
    app_ids = np.load(target / "app_ids.npy", mmap_mode="r", allow_pickle=False)
    flat = {
        name: np.load(target / "sequences" / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in ("items", "times", "offsets", "train_ends", "valid_ends")
    }
    users = np.repeat(np.arange(len(flat["train_ends"])), np.diff(flat["offsets"]))
    position = np.arange(len(users))
    part = np.where(
        position < flat["train_ends"][users], 0, np.where(position < flat["valid_ends"][users], 1, 2)
    )
    columns = {
        "user_index": users,
        "position": position,
        "item": np.asarray(flat["items"]),
        "seconds": np.asarray(flat["times"]),
        "part": part.astype(np.int8),
    }
    connection.register("flat_columns", columns)
    connection.register("app_id_columns", {"item": np.arange(len(app_ids)), "app_id": np.asarray(app_ids)})
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW written AS SELECT user_index, position, item, app_id,"
        " make_timestamp(seconds * 1000000) AS created_at, ['train', 'valid', 'test'][part + 1] AS part"
        " FROM flat_columns LEFT JOIN app_id_columns USING (item)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW dropped AS SELECT user_index, app_id FROM read_parquet("
        f"'{str(target / 'unknown.parquet').replace(chr(39), chr(39) * 2)}')"
    )
    moments = {name: datetime.fromisoformat(text) for name, text in split.items()}
    rules = run_sql(
        connection,
        "prepare_check",
        items=len(app_ids) - 1,
        min_user_reviews=settings.min_user_reviews,
        min_game_reviews=settings.min_game_reviews,
        **moments,
    ).fetchall()
    broken = [f"{rule} ({count:,})" for rule, count in rules if count]
    if broken:
        raise SRecError(f"the dataset breaks its own rules: {'; '.join(broken)}")


def open_workspace(scratch: Path, memory_limit: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    """A scratch database; larger than memory is fine."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    connection = duckdb.connect(str(scratch / "work.duckdb"))
    connection.execute("SET memory_limit = $limit", {"limit": memory_limit})
    connection.execute("SET temp_directory = $path", {"path": str(scratch / "spill")})
    connection.execute("SET preserve_insertion_order = false")
    if threads:
        connection.execute("SET threads = $threads", {"threads": threads})
    return connection


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
