"""A store in one DuckDB file: the default, which needs no server."""

import logging
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from srec.store.connections.duckdb import quoted, run_sql
from srec.store.ingestion import RowsRead, Summary, clear, merge, stage
from srec.store.schema import VERSION
from srec.store.sources.base import Source
from srec.store.stores.keys import beside, key_of, place_of
from srec.store.stores.ledger import now
from srec.store.stores.one_file import WITH_KEY, connect_store, ledger_of, make, move_key_out, transaction
from srec.store.stores.rewriting import rewrite

logger = logging.getLogger("srec.store")


class DuckDBStore:
    """A ``Store`` in a DuckDB file; ``open`` makes one.

    Args:
        path: the file.
        connection: it sees the tables of the store.
        key: what ids are hashed with.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, key: str) -> None:
        self.path, self.connection, self._key = path, connection, key
        self.ledger = ledger_of(path, connection)

    @classmethod
    def open(
        cls, path: Path, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None
    ) -> "DuckDBStore":
        """Open a store, bring it to this version, or make an empty one with a key file beside it.

        Args:
            path: the DuckDB file.
            create: make it where there is none.
            memory_limit: DuckDB's limit, such as "4GB"; what does not fit spills beside the file.
            threads: how many threads DuckDB uses; by default all cores.

        Raises:
            SRecError: it is missing, not a store, of another version, in use by another process, or its key
                is missing or another one.
        """
        if not path.exists() and create:
            make(path)
        connection = connect_store(path, memory_limit=memory_limit, threads=threads)
        try:
            if ledger_of(path, connection).meta("version") == WITH_KEY:
                move_key_out(path, connection)
                connection.close()
                changes = f"UPDATE meta SET value = '{VERSION}' WHERE key = 'version'"
                rewrite(path, changes, memory_limit=memory_limit, threads=threads)
                where = place_of(str(path), beside(path))
                logger.warning(
                    "the key of %s is no longer in it, but in %s: keep it apart from copies", path, where
                )
                connection = connect_store(path, memory_limit=memory_limit, threads=threads)
            key = key_of(str(path), ledger_of(path, connection).identity, beside(path))
        except BaseException:
            connection.close()
            raise
        return cls(path, connection, key)

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
        with transaction(self.path, self.connection):
            self.ledger.refuse_mixing(source)
            batch = self.ledger.next_batch
            summary = stage(self.connection, source, key=self._key, batch=batch, progress=progress)
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
        with transaction(self.path, self.connection):
            batch = self.ledger.next_batch
            run_sql(self.connection, "srec.store", "crawl_forget", app_id=app_id, batch=batch)
            removed = int(self.ledger.ask("SELECT count(*) FROM removed WHERE batch = $1", batch)[0][0])
            if removed:
                self.ledger.changed(batch)
            self.ledger.note(notes)
        return removed

    def forget_seen(self, app_id: int) -> None:
        """As ``Store.forget_seen``."""
        with transaction(self.path, self.connection):
            self.ledger.ask("DELETE FROM seen WHERE app_id = $1", app_id)


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
        with connect_store(path) as connection:
            ledger = ledger_of(path, connection)
            self.simulated, self.revision = ledger.simulated, ledger.meta("revision")
            self.identity, self.batch = ledger.identity, ledger.batch

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
