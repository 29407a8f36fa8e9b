"""What an engine does for the preparation: it runs the SQL files and hands over their rows."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb
import pyarrow as pa


class Engine(Protocol):
    """Runs SQL over ``store.reviews``; a context manager. The files are written in DuckDB's dialect."""

    @property
    def catalogue(self) -> duckdb.DuckDBPyConnection:
        """Where ``store.games`` and ``vocabulary`` can be joined: the games are few, whatever the engine."""
        ...

    def run(self, name: str, **values: Any) -> None:
        """Run the statements of ``name``.sql, each with the named values that it uses.

        Raises:
            SRecError: the database fails.
        """
        ...

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query with a small result."""
        ...

    def stream(self, name: str, **values: Any) -> Iterator[pa.RecordBatch]:
        """The rows of the one query of ``name``.sql, in its order."""
        ...

    def drop(self, *tables: str) -> None:
        """Drop tables or views, to free the memory that they hold."""
        ...

    def rename(self, table: str, new: str) -> None:
        """Give a table another name; a table that has this name is dropped.

        Args:
            table: the table's name so far.
            new: its new name.
        """
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
