"""The rules that apply only to a store in a DuckDB file."""

from pathlib import Path

import duckdb
import pytest

from srec.errors import SRecError
from srec.store.stores.duckdb import DuckDBStore


def test_a_missing_store_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(SRecError):
        DuckDBStore.open(tmp_path / "folder" / "store.duckdb")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("create", [False, True])
def test_another_file_is_no_store(tmp_path: Path, create: bool) -> None:
    text = tmp_path / "text.duckdb"
    text.write_text("hello " * 1000)
    with pytest.raises(SRecError, match="it is not a DuckDB file"):
        DuckDBStore.open(text, create=create)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(other) as connection:
        connection.execute("CREATE TABLE reviews (x INTEGER)")
    with pytest.raises(SRecError, match="not a store of SRec"):
        DuckDBStore.open(other, create=create)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with DuckDBStore.open(path, create=True) as store:
        store.connection.execute("UPDATE meta SET value = '0' WHERE key = 'version'")
    with pytest.raises(SRecError, match="is a store of version 0, this program reads version 5"):
        DuckDBStore.open(path)


def test_a_nonsensical_limit_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SRecError, match="cannot be opened: ") as caught:
        DuckDBStore.open(tmp_path / "store.duckdb", create=True, memory_limit="lots")
    assert "\n" not in str(caught.value)
