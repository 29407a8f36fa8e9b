"""A store in one DuckDB file: the default, which needs no server."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import duckdb

from srec.errors import SRecError, first_line
from srec.store.connections.duckdb import connect, quoted, run_sql
from srec.store.ingestion import RowsRead, Summary, clear, merge, stage
from srec.store.schema import LIBRARIES, SEQUENCES, TABLES, VERSION, Table
from srec.store.sources.base import Source
from srec.store.stores.ledger import Ledger, first_entries, now

#: The version before this one, which had no sequences and no libraries.
_BEFORE = "3"


class DuckDBStore:
    """A ``Store`` in a DuckDB file; ``open`` makes one.

    Args:
        path: the file.
        connection: it sees the tables of the store.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path, self.connection = path, connection
        self.ledger = Ledger(str(path), self._ask)

    @classmethod
    def open(
        cls, path: Path, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None
    ) -> "DuckDBStore":
        """Open a store, bring it to this version, or make an empty one.

        Args:
            path: the DuckDB file.
            create: make it where there is none.
            memory_limit: DuckDB's limit, such as "4GB"; what does not fit spills beside the file.
            threads: how many threads DuckDB uses; by default all cores.

        Raises:
            SRecError: it is missing, not a store, of another version, or in use by another process.
        """
        if not path.exists() and not create:
            raise SRecError(f"there is no store at {path}: srec ingest makes one")
        try:
            if not path.exists():
                _make(path)
            connection = connect(
                path, memory_limit=memory_limit, threads=threads, preserve_insertion_order="false"
            )
        except (duckdb.Error, OSError) as error:
            raise SRecError(_why(path, error)) from error
        store = cls(path, connection)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            store._check()
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """As ``Store.name``."""
        return str(self.path)

    @property
    def simulated(self) -> bool:
        """As ``Store.simulated``."""
        return self.ledger.simulated

    @property
    def revision(self) -> str:
        """As ``Store.revision``."""
        return self.ledger.meta("revision")

    def counts(self) -> dict[str, int]:
        """As ``Store.counts``."""
        return self.ledger.counts()

    def ingest(
        self,
        source: Source,
        progress: RowsRead | None = None,
        *,
        notes: Mapping[str, str] | None = None,
        seen: bool = False,
    ) -> Summary:
        """As ``Store.ingest``."""
        started = now()
        with self._transaction():
            self.ledger.refuse_mixing(source)
            batch = self.ledger.next_batch
            summary = stage(
                self.connection, source, secret=self.ledger.meta("secret"), batch=batch, progress=progress
            )
            if seen:
                run_sql(self.connection, "srec.store", "crawl_seen")
            merge(self.connection, summary)
            clear(self.connection)
            self.ledger.ingested(source, summary, batch=batch, started=started)
            self.ledger.note(notes or {})
        return summary

    def notes(self) -> dict[str, str]:
        """As ``Store.notes``."""
        return self.ledger.notes()

    def forget_unseen(self, app_id: int, notes: Mapping[str, str]) -> int:
        """As ``Store.forget_unseen``."""
        with self._transaction():
            batch = self.ledger.next_batch
            run_sql(self.connection, "srec.store", "crawl_forget", app_id=app_id, batch=batch)
            removed = int(self._ask("SELECT count(*) FROM removed WHERE batch = $1", batch)[0][0])
            if removed:
                self.ledger.changed(batch)
            self.ledger.note(notes)
        return removed

    def forget_seen(self, app_id: int) -> None:
        """As ``Store.forget_seen``."""
        with self._transaction():
            self._ask("DELETE FROM seen WHERE app_id = $1", app_id)

    def _check(self) -> None:
        try:
            version = self.ledger.meta("version")
        except (duckdb.Error, LookupError):
            raise SRecError(f"{self.path} is a DuckDB file, but not a store of SRec: name another") from None
        if version == _BEFORE:
            with self._transaction():
                for table in (SEQUENCES, LIBRARIES):
                    _create_table(self.connection, table)
                self._ask("UPDATE meta SET value = $1 WHERE key = 'version'", str(VERSION))
        elif version != str(VERSION):
            raise SRecError(
                f"{self.path} is a store of version {version}, this program reads version {VERSION}:"
                " make a new one with srec ingest"
            )

    def _ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement, list(values)).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.begin()
        try:
            yield
            self.connection.commit()
        except BaseException as error:
            # An error in the engine may have ended the transaction already.
            with suppress(duckdb.Error):
                self.connection.rollback()
            if isinstance(error, duckdb.Error):
                raise SRecError(
                    f"{self.path} is as it was; the database said: {first_line(error)}"
                ) from error
            raise


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a store, empty."""
    for table in TABLES.values():
        _create_table(connection, table)
    run_sql(connection, "srec.store", "store")


def _create_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    always = set[str]()
    if table.personal:
        always = {"user_key", "batch"} | {c.name for c in table.columns if c.required or c.stored}
    columns = [f"{name} {kind}{' NOT NULL' * (name in always)}" for name, kind in table.kept]
    connection.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")


def _make(path: Path) -> None:
    """Make an empty store under another name, and then give it its own: a kill may leave half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", suffix=".draft", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        with connect(draft) as connection:
            create_tables(connection)
            for key, value in ({"version": str(VERSION)} | first_entries()).items():
                connection.execute("INSERT INTO meta VALUES ($1, $2)", [key, value])
        # Another process may have made one meanwhile: that one stays.
        with suppress(FileExistsError):
            os.link(draft, path)


class DuckDBReader:
    """A ``Reader`` of a store in a DuckDB file.

    Args:
        path: the file.

    Raises:
        SRecError: it is missing, not a store, of another version, or in use by another process.
    """

    latest = True

    def __init__(self, path: Path) -> None:
        self.path = path
        with DuckDBStore.open(path) as store:
            self.simulated, self.revision = store.simulated, store.revision
            self.identity, self.batch = store.ledger.identity, store.ledger.batch

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As ``Reader.attach``; nobody can write while it is read."""
        connection.execute(f"ATTACH {quoted(self.path)} AS store (READ_ONLY)")

    def close(self) -> None:
        """As ``Reader.close``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _why(path: Path, error: Exception) -> str:
    text = str(error)
    if "Conflicting lock" in text:
        return f"{path} is in use by another process: stop it, or wait until it has finished"
    if "not a valid DuckDB" in text:
        return f"{path} is not a store: it is not a DuckDB file"
    return f"{path} cannot be opened: {first_line(error)}"
