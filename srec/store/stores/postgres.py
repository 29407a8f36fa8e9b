"""A store in a PostgreSQL database, in a schema of its own: for a site that has one.

Cleaning and merging is the SQL of every store: an ingestion runs in a working DuckDB, which gets the stored
versions of the staged rows by COPY and gives the changed ones back by COPY, in one transaction.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import duckdb

from srec.errors import SRecError
from srec.store.connections.duckdb import run_sql
from srec.store.connections.postgresql import PostgresConnection, first_line_said
from srec.store.connections.scratch import scratch
from srec.store.ingestion import RowsRead, Summary, merge, stage
from srec.store.schema import TABLES
from srec.store.sources.base import Source
from srec.store.stores.exchange import (
    COLUMNS,
    KEYS,
    as_texts,
    received_by_duckdb,
    sent_by_duckdb,
    upsert,
)
from srec.store.stores.keys import key_of
from srec.store.stores.ledger import Ledger, now
from srec.store.stores.migrations import check_version, lock, migrate
from srec.store.stores.one_file import create_tables

_BATCH = 100_000
#: What ``srec prepare`` reads of a review.
_PREPARED = ["user_key", "app_id", "positive", "created_at", "updated_at", "review_id", "batch"]
_SMALL = ("rejects", "ingestions", "meta", "notes", "seen")


class PostgresStore:
    """A ``Store`` in a PostgreSQL database; ``open`` makes one.

    Args:
        server: a connection that holds the store's lock.
        key: what ids are hashed with.
        memory_limit: what an ingestion's working DuckDB may use before it spills, such as "4GB".
        threads: how many threads it uses; all cores where None.
    """

    def __init__(
        self, server: PostgresConnection, key: str, *, memory_limit: str | None, threads: int | None
    ) -> None:
        self.name = server.name
        self.server, self._key = server, key
        self._memory_limit, self._threads = memory_limit, threads
        self.ledger = Ledger(server.name, server.ask)

    @classmethod
    def open(
        cls, url: str, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None
    ) -> "PostgresStore":
        """Open a store, bring it to this version, or make an empty one.

        Args:
            url: postgresql://user:password@host:port/database.
            create: make the schema ``srec`` where there is none.
            memory_limit: what an ingestion's working DuckDB may use before it spills, such as "4GB".
            threads: how many threads it uses; by default all cores.

        Raises:
            SRecError: it cannot be reached, is missing, of a newer version, or in use by another process, or
                its key is missing or another one.
        """
        server = PostgresConnection(url)
        try:
            lock(server)
            migrate(server, create=create)
            key = key_of(server.name, Ledger(server.name, server.ask).identity, None)
        except BaseException:
            server.close()
            raise
        return cls(server, key, memory_limit=memory_limit, threads=threads)

    def close(self) -> None:
        """Close the connection."""
        self.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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

    def notes(self) -> dict[str, str]:
        """As ``Store.notes``."""
        return self.ledger.notes()

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
        self.ledger.refuse_mixing(source)
        batch = self.ledger.next_batch
        with scratch(self._memory_limit, self._threads, otherwise=f"{self.name} is as it was") as work:
            create_tables(work)
            summary = stage(work, source, key=self._key, batch=batch, progress=progress)
            if seen:
                run_sql(work, "srec.store", "crawl_seen")
            # The transaction begins only here: reading may take long and must not hold up the vacuum.
            with self.server.transaction():
                for table in summary.tables:
                    self._fetch(work, table)
                merge(work, summary)
                for table in summary.tables:
                    self._write(work, table)
                self._write_rest(work)
                self.ledger.ingested(source, summary, batch=batch, started=started)
                self.ledger.note(notes or {})
        return summary

    def forget_unseen(self, app_id: int, notes: Mapping[str, str]) -> int:
        """As ``Store.forget_unseen``."""
        # crawl_forget.sql for DuckDB; here NOT IN would be a loop in a loop for a game of many reviews.
        unseen = (
            "FROM reviews WHERE app_id = $1 AND NOT EXISTS (SELECT 1 FROM seen"
            " WHERE seen.app_id = reviews.app_id AND seen.user_key = reviews.user_key)"
        )
        ask = self.server.ask
        with self.server.transaction():
            batch = self.ledger.next_batch
            ask(f"INSERT INTO removed SELECT user_key, app_id, $2 {unseen}", app_id, batch)
            removed = int(ask("SELECT count(*) FROM removed WHERE batch = $1", batch)[0][0])
            ask(f"DELETE {unseen}", app_id)
            ask("DELETE FROM seen WHERE app_id = $1", app_id)
            if removed:
                self.ledger.changed(batch)
            self.ledger.note(notes)
        return removed

    def forget_seen(self, app_id: int) -> None:
        """As ``Store.forget_seen``."""
        with self.server.transaction():
            self.server.ask("DELETE FROM seen WHERE app_id = $1", app_id)

    def _fetch(self, work: duckdb.DuckDBPyConnection, table: str) -> None:
        """Put the stored versions of the staged rows into the working table, to be merged with."""
        if self._empty(table):
            return
        ask, keys, columns = self.server.ask, ", ".join(KEYS[table]), COLUMNS[table]
        ask(f"CREATE TEMP TABLE wanted ON COMMIT DROP AS SELECT {keys} FROM {table} WITH NO DATA")
        self._send(work, "wanted", f"SELECT DISTINCT {keys} FROM staged_{table}", temporary=True)
        ask("ANALYZE wanted")
        query = f"SELECT {as_texts(columns)} FROM {table} JOIN wanted USING ({keys})"
        with self.server.stream(query) as incoming:  # noqa: F841 -- DuckDB finds it by this name
            work.execute(f"INSERT INTO {table} SELECT {received_by_duckdb(columns)} FROM incoming")
        ask("DROP TABLE wanted")

    def _write(self, work: duckdb.DuckDBPyConnection, table: str) -> None:
        """Send the rows that the merge changed."""
        ask, columns = self.server.ask, COLUMNS[table]
        changed = f"SELECT {sent_by_duckdb(columns)} FROM changed_{table}"
        if TABLES[table].personal and self._empty(table):
            # Building an index once over all rows costs a fraction of growing it row by row.
            ask(f"ALTER TABLE {table} DROP CONSTRAINT {table}_key")
            self._send(work, table, changed)
            ask(f"ALTER TABLE {table} ADD CONSTRAINT {table}_key PRIMARY KEY ({', '.join(KEYS[table])})")
            ask(f"ANALYZE {table}")
            return
        received = f"SELECT {as_texts(columns)} FROM {table} WITH NO DATA"
        ask(f"CREATE TEMP TABLE changed ON COMMIT DROP AS {received}")
        self._send(work, "changed", changed, temporary=True)
        ask(upsert(table, "changed"))
        ask("DROP TABLE changed")

    def _write_rest(self, work: duckdb.DuckDBPyConnection) -> None:
        ask = self.server.ask
        ask("CREATE TEMP TABLE files ON COMMIT DROP AS SELECT source FROM rejects WITH NO DATA")
        self._send(work, "files", "SELECT DISTINCT source FROM staged_files", temporary=True)
        ask("DELETE FROM rejects WHERE source IN (SELECT source FROM files)")
        self._send(work, "rejects", "SELECT source, row, reason FROM staged_rejects")
        self._send(work, "seen", "SELECT app_id, user_key FROM seen")

    def _send(
        self, work: duckdb.DuckDBPyConnection, table: str, query: str, *, temporary: bool = False
    ) -> None:
        self.server.copy(table, work.sql(query).to_arrow_reader(_BATCH), temporary=temporary)

    def _empty(self, table: str) -> bool:
        return not self.server.ask(f"SELECT EXISTS (SELECT 1 FROM {table})")[0][0]


class PostgresReader:
    """A ``Reader`` of a store in a PostgreSQL database: one snapshot, whatever is written meanwhile.

    Args:
        url: as ``PostgresStore.open`` takes it.
        whole: give every table with every column.

    Raises:
        SRecError: it cannot be reached, is missing, or of another version.
    """

    latest = True

    def __init__(self, url: str, *, whole: bool = False) -> None:
        self._server, self._whole = PostgresConnection(url), whole
        try:
            check_version(self._server)
            self._server.ask("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            ledger = Ledger(self._server.name, self._server.ask)
            self.simulated, self.revision = ledger.simulated, ledger.meta("revision")
            self.identity, self.batch = ledger.identity, ledger.batch
        except BaseException:
            self._server.close()
            raise

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As ``Reader.attach``: the rows are copied, and the server's snapshot is released."""
        copy_tables(self._server, connection, whole=self._whole)
        self._server.ask("COMMIT")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a small result over the store's tables; before they are attached, of the snapshot."""
        return self._server.ask(query)

    def size(self) -> int:
        """The bytes of the tables and their indexes on the server's disk."""
        query = (
            "SELECT CAST(sum(pg_total_relation_size(oid)) AS bigint) FROM pg_class"
            " WHERE relnamespace = CAST('srec' AS regnamespace) AND relkind = 'r'"
        )
        return int(self.ask(query)[0][0])

    def close(self) -> None:
        """As ``Reader.close``."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def copy_tables(server: PostgresConnection, connection: duckdb.DuckDBPyConnection, *, whole: bool) -> None:
    """Copy a store's tables into the schema ``store`` of another database.

    Args:
        server: the store's.
        connection: the other database.
        whole: copy every table with every column; else what ``srec prepare`` reads.

    Raises:
        SRecError: the server breaks off, or the other database has no more room.
    """
    connection.execute("CREATE SCHEMA store")
    tables = COLUMNS if whole else COLUMNS | {"reviews": _PREPARED}
    tables = tables | {name: ["*"] for name in ("removed", "revisions", *(_SMALL if whole else ()))}
    for table, columns in tables.items():
        query = f"SELECT {as_texts(columns)} FROM {table}"
        with server.stream(query) as incoming:  # noqa: F841 -- DuckDB finds it by this name
            try:
                connection.execute(
                    f"CREATE TABLE store.{table} AS SELECT {received_by_duckdb(columns)} FROM incoming"
                )
            except duckdb.Error as error:
                # The server broke off, or the working database is out of space.
                raise SRecError(f"{server.name} cannot be read: {first_line_said(error)}") from error
