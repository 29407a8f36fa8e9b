"""Stores to test: a DuckDB file, and a database of a PostgreSQL server that the tests start themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer, binaries

from srec.store.stores import open_store
from srec.store.stores.base import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    found = binaries()
    if found is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    with PostgresServer(found) as server:
        yield server


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that keeps the key of every store: one in PostgreSQL needs it to be named."""
    file = tmp_path / "keys" / "site.key"
    monkeypatch.setenv("SREC_STORE_KEY_FILE", str(file))
    return file


@pytest.fixture(params=["duckdb", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store of each kind can be made."""
    if request.param == "duckdb":
        return str(tmp_path / "store.duckdb")
    request.getfixturevalue("key_file")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    """An empty store of each kind."""
    with open_store(where, create=True) as store:
        yield store
