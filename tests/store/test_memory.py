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
from srec.errors import SettingsError, SourceError, SRecError
from srec.store.ingest import choose_source
from srec.store.schema import TABLES
from srec.store.sources.memory import MemorySource
from srec.store.sources.parquet import BATCH
from srec.store.sources.tabular import renamed
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


def test_a_large_batch_of_any_reader_is_cut() -> None:
    batch = pa.RecordBatch.from_pydict(
        {name: pa.nulls(2 * BATCH + 1) for name in TABLES["reviews"].required}
        | {"more": pa.nulls(2 * BATCH + 1)}
    )
    found = list(renamed(Path("it"), TABLES["reviews"], {}, names=batch.schema.names, batches=[batch]))
    assert [len(piece) for piece in found] == [BATCH, BATCH, 1]
    assert found[-1].column("row").to_pylist() == [2 * BATCH + 1]


def test_an_interrupt_while_counting_keeps_what_was_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: DuckDBStore) -> dict[str, int]:
        raise KeyboardInterrupt

    where = tmp_path / "store.duckdb"
    with monkeypatch.context() as patched:
        patched.setattr(DuckDBStore, "counts", interrupted)
        with pytest.raises(KeyboardInterrupt):
            srec.ingest(where, pa.table(ROWS), columns=COLUMNS, progress=False)
    with srec.open_store(where) as store:
        assert store.counts()["reviews"] == 3


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ([{"user_id": "a"}], {}, "a list cannot be read: give a path, a postgresql:// URL, or a table"),
        (None, {}, "a NoneType cannot be read"),
        ("reviews.csv", {"source": "csv"}, "there is no source 'csv'; the sources are ucsd, "),
        ("postgresql://host/site", {}, r"the query is missing \(--query\)"),
        ("folder", {"source": "ucsd", "table": "games"}, r"a table \(--table\).* are for the source table"),
        ("folder", {"source": "steam-api", "table": "reviews"}, "are for the source table"),
        ("folder", {"source": "simulated", "columns": {"user_id": "who"}}, "are for the source table"),
        ("reviews.csv", {"source": "table", "label": "mine"}, "are for a table in memory"),
        ("reviews.csv", {"source": "table", "simulated": True}, "are for a table in memory"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    given: Any, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        srec.ingest(tmp_path / "store.duckdb", given, progress=False, **options)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_url_is_a_table() -> None:
    chosen = choose_source("postgresql://user:secret@host/site", query="SELECT 1", table="games")
    assert (chosen.name, str(chosen.path)) == ("table", "host/site")


def test_frames_with_labels_keep_their_own_rejects(tmp_path: Path) -> None:
    where = tmp_path / "store.duckdb"
    for label in ("spring", "autumn"):
        srec.ingest(where, pd.DataFrame(ROWS), columns=COLUMNS, label=label, progress=False)
    with DuckDBStore.open(where) as store:
        assert len(rejects(store)) == 2


def test_a_simulated_table_is_marked_and_mixes_with_no_real_one(tmp_path: Path) -> None:
    where = tmp_path / "store.duckdb"
    table = pa.table(ROWS)
    srec.ingest(where, table, columns=COLUMNS, simulated=True, progress=False)
    with srec.open_store(where) as store:
        assert store.simulated
    with pytest.raises(SRecError, match="simulated"):
        srec.ingest(where, table, columns=COLUMNS, progress=False)


def test_a_broken_reader_is_one_line(store: DuckDBStore) -> None:
    class Broken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise pa.ArrowInvalid("it breaks off\nat its second line")

    with pytest.raises(SourceError, match=r"^a table in memory cannot be read: it breaks off$"):
        store.ingest(MemorySource(Broken()))


def test_the_front_door_takes_a_data_frame(tmp_path: Path) -> None:
    summary = srec.ingest(tmp_path / "store.duckdb", pd.DataFrame(ROWS), columns=COLUMNS, progress=False)
    assert (summary.tables["reviews"].added, summary.tables["reviews"].rejected) == (3, 1)


def test_a_first_ingestion_that_fails_leaves_no_store(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        srec.ingest(str(tmp_path / "store.duckdb"), pd.DataFrame({"who": ["a"]}), progress=False)
    assert list(tmp_path.iterdir()) == []
