"""The contract of every source."""

from itertools import product
from pathlib import Path

import pytest
from worlds import ANNA, BERT, EXAMPLES, KNOWN, facts, rejects, rows

from srec.errors import SourceError, SRecError
from srec.store.sources import SOURCES
from srec.store.stores.duckdb import DuckDBStore

every_source = pytest.mark.parametrize("name", SOURCES)


@pytest.fixture
def store(tmp_path: Path):
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        yield store


@every_source
def test_the_rows_are_counted(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    source = EXAMPLES[name](tmp_path)
    seen: list[int] = []
    summary = store.ingest(source, seen.append)
    reviews = summary.tables["reviews"]
    assert reviews.read == reviews.added + reviews.replaced + reviews.repeated + reviews.rejected
    assert reviews.added == store.counts()["reviews"] > 0
    assert seen[-1] == sum(table.read for table in summary.tables.values())
    assert store.simulated == source.simulated


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "simulated"])
def test_good_rows_come_through_and_the_bad_one_is_a_reject(
    name: str, store: DuckDBStore, tmp_path: Path
) -> None:
    summary = store.ingest(EXAMPLES[name](tmp_path))
    assert facts(store) == KNOWN
    assert summary.tables["reviews"].rejected == len(rejects(store)) == 1
    assert sum(summary.reasons.values()) == 1


@every_source
def test_the_same_again_changes_nothing(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    source = EXAMPLES[name](tmp_path)
    store.ingest(source)
    before = rows(store), rows(store, "games"), rejects(store), store.revision
    summary = store.ingest(source)
    assert not summary.changed
    assert (rows(store), rows(store, "games"), rejects(store), store.revision) == before


@every_source
def test_what_is_not_there_is_an_error(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        store.ingest(SOURCES[name](tmp_path / "nothing"))


SUFFIXES = [".parquet", ".json.gz", ".json", ".jsonl", ".csv", ".zip", ""]
CONTENTS = [b"", b"\x00\x01\xfe\xff" * 100, b"hello,world\n1,2\n", b'{"a": 1}\n', b"[" * 100_000]


@every_source
def test_another_file_is_an_error_and_changes_nothing(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    before = store.revision
    for suffix, content in product(SUFFIXES, CONTENTS):
        file = tmp_path / f"other{suffix}"
        file.write_bytes(content)
        with pytest.raises(SourceError) as caught:
            store.ingest(SOURCES[name](file))
        assert "\n" not in str(caught.value)
    assert not any(store.counts().values())
    assert store.revision == before


@every_source
def test_raw_user_ids_are_nowhere(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    source = EXAMPLES[name](folder)
    path = tmp_path / "store.duckdb"
    with DuckDBStore.open(path, create=True) as store:
        store.ingest(source)
        # Until the file is closed, the data is still in the write-ahead log.
        files = [file.read_bytes() for file in tmp_path.glob("store.duckdb*") if file.is_file()]
        tables = [name for (name,) in store.connection.execute("SHOW TABLES").fetchall()]
        text = str([rows(store, table) for table in tables])
    files.append(path.read_bytes())
    for raw in (ANNA, BERT):
        assert raw not in text
        assert not any(raw.encode() in content for content in files)


def test_simulated_and_real_data_do_not_mix(store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "made").mkdir()
    real, made = EXAMPLES["table"](tmp_path / "real"), EXAMPLES["simulated"](tmp_path / "made")
    store.ingest(real)
    before = rows(store)
    with pytest.raises(SRecError, match=r"holds real data and .* is simulated"):
        store.ingest(made)
    assert rows(store) == before
    with DuckDBStore.open(tmp_path / "other.duckdb", create=True) as other:
        other.ingest(made)
        with pytest.raises(SRecError, match=r"holds simulated data and .* is real"):
            other.ingest(real)
