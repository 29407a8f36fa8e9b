"""A store in one DuckDB file: the default, with nothing to run beside it."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from srec.data.ingestion import Progress, Summary, clear, merge, stage
from srec.data.schema import GAMES, REVIEWS, STORED_REVIEWS, VERSION
from srec.data.sources.base import Source
from srec.data.sql import quoted, run_sql
from srec.errors import SRecError


class DuckDBStore:
    """A ``Store`` in a DuckDB file. ``connection`` sees its tables."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path, self.connection = path, connection

    @classmethod
    def open(
        cls, path: Path, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None
    ) -> "DuckDBStore":
        """Open a store, or make an empty one.

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
        # What a query needs is built in; nothing is ever to be downloaded.
        config: dict[str, Any] = {
            "autoinstall_known_extensions": "false",
            "preserve_insertion_order": "false",
        }
        config |= {"memory_limit": memory_limit} if memory_limit else {}
        config |= {"threads": str(threads)} if threads else {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = duckdb.connect(str(path), config=config)
        except (duckdb.Error, OSError) as error:
            raise SRecError(_why(path, error)) from error
        store = cls(path, connection)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            if not connection.execute("SHOW TABLES").fetchall() and create:
                store._create()
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
    def simulated(self) -> bool:
        """Whether the reviews come from the simulator."""
        return self._meta("simulated") == "true"

    @property
    def revision(self) -> str:
        """A name for the rows of reviews and games: another one whenever any of them changed."""
        return self._meta("revision")

    def counts(self) -> dict[str, int]:
        """How many reviews, users, games and rejects there are."""
        row = self.connection.execute(
            "SELECT (SELECT count(*) FROM reviews), (SELECT count(DISTINCT user_key) FROM reviews),"
            " (SELECT count(*) FROM games), (SELECT count(*) FROM rejects)"
        ).fetchall()[0]
        return dict(zip(("reviews", "users", "games", "rejects"), row, strict=True))

    def ingest(
        self,
        source: Source,
        progress: Progress | None = None,
        *,
        notes: Mapping[str, str] | None = None,
        seen: bool = False,
    ) -> Summary:
        """As ``Store.ingest``."""
        started = datetime.now(UTC).replace(tzinfo=None)
        with self._transaction():
            self._refuse_mixing(source)
            batch = int(self._meta("batch")) + 1
            summary = stage(self.connection, source, self._meta("secret"), batch, progress)
            if seen:
                run_sql(self.connection, "crawl_seen")
            merge(self.connection, summary)
            clear(self.connection)
            if summary.changed:
                self._set("simulated", str(source.simulated).lower())
                self._changed(batch)
            self._log(source, summary, started)
            self._note(notes or {})
        return summary

    def notes(self) -> dict[str, str]:
        """As ``Store.notes``."""
        return dict(self.connection.execute("SELECT key, value FROM notes").fetchall())

    def forget_unseen(self, app_id: int, notes: Mapping[str, str]) -> int:
        """As ``Store.forget_unseen``."""
        with self._transaction():
            batch = int(self._meta("batch")) + 1
            run_sql(self.connection, "crawl_forget", app_id=app_id, batch=batch)
            query = "SELECT count(*) FROM removed WHERE batch = ?"
            removed = int(self.connection.execute(query, [batch]).fetchall()[0][0])
            if removed:
                self._changed(batch)
            self._note(notes)
        return removed

    def _create(self) -> None:
        with self._transaction():
            always = {"user_key", "batch"} | {c.name for c in REVIEWS.columns if c.required or c.stored}
            columns = [f"{name} {kind}{' NOT NULL' * (name in always)}" for name, kind in STORED_REVIEWS]
            self.connection.execute(f"CREATE TABLE reviews ({', '.join(columns)})")
            columns = [f"{column.name} {column.type}" for column in GAMES.columns]
            self.connection.execute(f"CREATE TABLE games ({', '.join(columns)})")
            run_sql(self.connection, "store")
            meta = {
                "version": str(VERSION),
                "secret": secrets.token_hex(32),
                "simulated": "false",
                "revision": secrets.token_hex(8),
                "batch": "0",
            }
            self.connection.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))

    def _check(self) -> None:
        try:
            version = self._meta("version")
        except (duckdb.Error, LookupError):
            raise SRecError(f"{self.path} is a DuckDB file, but not a store of SRec: name another") from None
        if version != str(VERSION):
            raise SRecError(
                f"{self.path} is a store of version {version}, this program reads version {VERSION}:"
                " make a new one with srec ingest"
            )

    def _refuse_mixing(self, source: Source) -> None:
        empty = self.connection.execute(
            "SELECT NOT EXISTS (FROM reviews) AND NOT EXISTS (FROM games)"
        ).fetchall()[0][0]
        if not empty and self.simulated != source.simulated:
            held, given = ("simulated" if kind.simulated else "real" for kind in (self, source))
            raise SRecError(
                f"{self.path} holds {held} data and {source.path} is {given}: keep them in two stores"
            )

    def _log(self, source: Source, summary: Summary, started: datetime) -> None:
        finished = datetime.now(UTC).replace(tzinfo=None)
        for kind, counts in summary.tables.items():
            self.connection.execute(
                "INSERT INTO ingestions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    source.name,
                    str(source.path),
                    kind,
                    started,
                    finished,
                    counts.read,
                    counts.added,
                    counts.replaced,
                    counts.repeated,
                    counts.rejected,
                ],
            )

    def _meta(self, key: str) -> str:
        rows = self.connection.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchall()
        if not rows:
            raise LookupError(key)
        return str(rows[0][0])

    def _set(self, key: str, value: str) -> None:
        self.connection.execute("UPDATE meta SET value = ? WHERE key = ?", [value, key])

    def _changed(self, batch: int) -> None:
        self._set("batch", str(batch))
        self._set("revision", secrets.token_hex(8))

    def _note(self, notes: Mapping[str, str]) -> None:
        if notes:
            self.connection.execute(
                "DELETE FROM notes WHERE list_contains($keys, key)", {"keys": list(notes)}
            )
            self.connection.executemany("INSERT INTO notes VALUES (?, ?)", list(notes.items()))

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
                    f"{self.path} is as it was; the database said: {_first_line(error)}"
                ) from error
            raise


class DuckDBReader:
    """A ``Reader`` of a store in a DuckDB file."""

    latest = True

    def __init__(self, path: Path) -> None:
        self.path = path
        with DuckDBStore.open(path) as store:
            self.simulated, self.revision = store.simulated, store.revision

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
        return f"{path} is not a store: it is no DuckDB file"
    return f"{path} cannot be opened: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
