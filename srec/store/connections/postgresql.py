"""A connection to a PostgreSQL database: statements, rows in and out as Arrow, errors in one line.

It uses ADBC, which copies with PostgreSQL's binary COPY in both directions, without a row in Python. No
message shows the password of a URL: libpq quotes what it cannot read, so URLs are checked first.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa

from srec.errors import MissingLibrary, SRecError, first_line
from srec.store.connections import shown

#: Set for each session: the site's own settings must neither cut off a long ingestion nor lose a commit.
_SESSION = {
    "TimeZone": "UTC",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "on",
}
#: How the messages begin that quote no URL: the server refuses the connection, or its host is not found.
_QUOTABLE = ("connection to server", "could not translate host name")


class Refused(SRecError):  # noqa: N818 -- it says what happened
    """The server refused a statement, or the connection broke.

    Args:
        name: the database.
        said: the server's own words, in one line.
    """

    def __init__(self, name: str, said: str) -> None:
        super().__init__(f"{name}: the database said: {said}")
        self.said = said


class PostgresConnection:
    """A connection to a PostgreSQL database. Each statement commits at once, except inside ``transaction``.

    Args:
        url: as libpq takes it: postgresql://user:password@host:port/database.
        schema: where the names of tables are looked up; None leaves the database's own search path.

    Raises:
        SRecError: it cannot be reached, or refuses the user.
        MissingLibrary: ADBC is not installed.
    """

    def __init__(self, url: str, schema: str | None = "srec") -> None:
        try:
            from adbc_driver_postgresql import dbapi
        except ModuleNotFoundError:
            raise MissingLibrary("adbc_driver_postgresql", "postgresql") from None
        _check(url)
        self.name = shown(url)
        self._error: type[Exception] = dbapi.Error
        try:
            self._connection = dbapi.connect(url, autocommit=True)
        except dbapi.Error as error:
            said = first_line_said(error)
            if not said.startswith(_QUOTABLE):
                said = "this is not the URL of a database: postgresql://user:password@host:port/database"
            # Not the cause: its text may quote the URL.
            raise SRecError(f"{self.name} cannot be opened: {said}") from None
        try:
            for name, value in (_SESSION | ({"search_path": schema} if schema else {})).items():
                self.ask("SELECT set_config($1, $2, false)", name, value)
            # Where the server can, it notices a killed client while a statement runs, and releases its lock.
            with suppress(SRecError):
                self.ask("SET client_connection_check_interval = 500")
        except BaseException:
            self.close()
            raise

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows, which must be few.

        Args:
            statement: SQL, with $1, $2, ... where the values stand.
            values: Python values, in this order.

        Raises:
            SRecError: the server refuses it.
        """
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement, values or None)
                return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            except self._error as error:
                raise Refused(self.name, first_line_said(error)) from error

    def copy(self, table: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> int:
        """Append rows to a table; returns how many.

        Args:
            table: the table's name.
            rows: its columns by their names.
            temporary: whether the table is a temporary one.

        Raises:
            SRecError: the server refuses them.
        """
        with self._connection.cursor() as cursor:
            try:
                return int(cursor.adbc_ingest(table, rows, mode="append", temporary=temporary))
            except self._error as error:
                raise Refused(self.name, first_line_said(error)) from error

    @contextmanager
    def stream(self, query: str) -> Iterator[pa.RecordBatchReader]:
        """The rows of a result of any size, as they arrive.

        Args:
            query: a SELECT without parameters.

        Raises:
            SRecError: the server refuses it, or breaks off.
        """
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(query)
                yield cursor.fetch_record_batch()
            except self._error as error:
                raise Refused(self.name, first_line_said(error)) from error

    @contextmanager
    def transaction(self, kind: str = "") -> Iterator[None]:
        """Everything inside happens as a whole or not at all.

        Args:
            kind: what follows BEGIN, such as the isolation level.

        Raises:
            SRecError: the server refuses a statement; or the connection is lost during the commit, so that
                nobody knows whether it happened.
        """
        self.ask(f"BEGIN {kind}")
        try:
            yield
        except BaseException as error:
            # The connection may be lost already; then the server has rolled back.
            with suppress(SRecError):
                self.ask("ROLLBACK")
            if isinstance(error, Refused):
                raise SRecError(f"{self.name} is as it was; the database said: {error.said}") from error
            raise
        try:
            self.ask("COMMIT")
        except SRecError as error:
            raise SRecError(
                f"{self.name} may or may not have kept this: the connection was lost during the commit;"
                f" run the same command again: {error}"
            ) from error

    def close(self) -> None:
        """Close the connection and release its locks."""
        self._connection.close()


def _check(url: str) -> None:
    """Refuse a URL whose parts cannot be told apart, before anything quotes a part of its password."""
    _, _, rest = url.partition("://")
    login, at, _ = rest.rpartition("@")
    if at and (re.search(r"[@/?#\[\]\s]", login) or re.search(r"%(?![0-9A-Fa-f]{2})", login)):
        raise SRecError(
            "the URL of the database cannot be read: in a user's name or password write @ as %40, / as %2F,"
            " ? as %3F, # as %23 and % as %25"
        )


def first_line_said(error: Exception) -> str:
    """What the server said, in one line, without what the driver says around it."""
    text = re.sub(r"\. SQLSTATE: \w+$", "", str(error).strip())
    for mark in ("ERROR:  ", "FATAL:  ", "PANIC:  ", "Failed to connect: "):
        before, found, after = text.partition(mark)
        if found:
            head = "connection to server: " if "Failed to connect" in before else ""
            return head + first_line(error, after)
    return first_line(error, text)
