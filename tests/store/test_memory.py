"""Tables in memory: every table with Arrow's PyCapsule interface goes into a store without a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from worlds import ANNA, BERT, KNOWN, facts, rejects

import srec
from srec.errors import SettingsError, SourceError
from srec.store.ingest import choose_source
from srec.store.sources.memory import MemorySource
from srec.store.sources.parquet import BATCH
from srec.store.stores.duckdb import DuckDBStore

COLUMNS = {"user_id": "who", "app_id": "game", "positive": "liked", "created_at": "when"}
ROWS = {
    "who": [ANNA, ANNA, BERT, BERT],
    "game": [620, 400, 620, -6],
    "liked": [True, False, True, True],
    "when": ["2015-11-05", "2015-12-01T00:00:00Z", "2016-01-02", "2016-01-02"],
}
LIBRARIES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pyarrow": pa.table,
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "duckdb": lambda columns: duckdb.from_arrow(pa.table(columns)),
}


@pytest.fixture
def store(tmp_path: Path):
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        yield store


@pytest.mark.parametrize("library", LIBRARIES)
def test_reviews_of_every_library_come_in(library: str, store: DuckDBStore) -> None:
    store.ingest(MemorySource(LIBRARIES[library](ROWS), columns=COLUMNS))
    assert facts(store) == KNOWN
    assert rejects(store) == [(4, 'app_id is not above 0: "-6"')]


@pytest.mark.parametrize("library", LIBRARIES)
def test_games_with_lists_come_in(library: str, store: DuckDBStore) -> None:
    games = {
        "app_id": [620, 400],
        "name": ["Portal 2", "Portal"],
        "genres": [["Action", "Puzzle"], ["Action"]],
    }
    store.ingest(MemorySource(LIBRARIES[library](games), "games"))
    found = store.connection.execute("SELECT app_id, name, genres FROM games ORDER BY app_id").fetchall()
    assert found == [(400, "Portal", ["Action"]), (620, "Portal 2", ["Action", "Puzzle"])]


def test_rows_are_numbered_through_all_batches(store: DuckDBStore) -> None:
    """One batch is larger than a single read; the bad row is the very last one."""
    count = BATCH + 10
    columns = {
        "user_id": pa.array([f"u{at % 1000}" for at in range(count)]),
        "app_id": pa.array([*range(1, count), -1]),
        "positive": pa.array([True] * count),
        "created_at": pa.array([1_450_000_000] * count),
    }
    summary = store.ingest(MemorySource(pa.table(columns)))
    assert summary.tables["reviews"].read == count
    assert [row for row, _ in rejects(store)] == [count]


def test_a_missing_column_is_named_with_those_there_are(store: DuckDBStore) -> None:
    with pytest.raises(
        SourceError, match=r"my table is not a table of reviews: it lacks app_id.* who, liked"
    ):
        store.ingest(
            MemorySource(
                pa.table({"who": ["a"], "liked": [True]}), columns={"user_id": "who"}, label="my table"
            )
        )


def test_rejects_are_kept_by_label(store: DuckDBStore) -> None:
    bad = pa.table(ROWS)
    for label in ("first", "second", "second"):
        store.ingest(MemorySource(bad, columns=COLUMNS, label=label))
    files = store.connection.execute(
        "SELECT source, count(*) FROM rejects GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert files == [("table reviews: first", 1), ("table reviews: second", 1)]


def test_a_table_in_memory_needs_no_source_and_takes_no_query() -> None:
    assert choose_source(pa.table(ROWS), columns=COLUMNS).name == "table"
    with pytest.raises(SettingsError, match="leave out the source and the query"):
        choose_source(pa.table(ROWS), "ucsd")


def test_the_front_door_takes_a_data_frame(tmp_path: Path) -> None:
    summary = srec.ingest(tmp_path / "store.duckdb", pd.DataFrame(ROWS), columns=COLUMNS, progress=False)
    assert (summary.tables["reviews"].added, summary.tables["reviews"].rejected) == (3, 1)


def test_a_first_ingestion_that_fails_leaves_no_store(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        srec.ingest(str(tmp_path / "store.duckdb"), pd.DataFrame({"who": ["a"]}), progress=False)
    assert list(tmp_path.iterdir()) == []
