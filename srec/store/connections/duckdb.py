"""Connections to DuckDB, and the SQL files as it runs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from srec.errors import SRecError, first_line


def connect(
    path: str | Path = ":memory:",
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    **config: str,
) -> duckdb.DuckDBPyConnection:
    """A connection that downloads nothing: what a query needs is built in.

    Args:
        path: of the database file; in memory where it is left out.
        memory_limit: DuckDB's limit, such as "4GB"; its own where None.
        threads: how many threads DuckDB uses; all cores where None.
        config: more of DuckDB's settings.

    Raises:
        duckdb.Error: the file cannot be opened.
    """
    chosen: dict[str, str | bool | int | float | list[str]] = {**config}
    chosen["autoinstall_known_extensions"] = chosen["autoload_known_extensions"] = "false"
    if memory_limit:
        chosen["memory_limit"] = memory_limit
    if threads:
        chosen["threads"] = str(threads)
    return duckdb.connect(str(path), config=chosen)


def read_sql(room: str, name: str) -> str:
    """The text of ``sql/name.sql`` in a room.

    Args:
        room: the package whose file it is, such as ``srec.store``.
        name: of the file, without ``.sql``.
    """
    return files(room).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def run_sql(
    connection: duckdb.DuckDBPyConnection, room: str, name: str, **values: Any
) -> duckdb.DuckDBPyConnection:
    """Run the statements of ``sql/name.sql`` in order, each with the named values that it uses.

    Args:
        connection: where to run them.
        room: the package whose file it is, such as ``srec.store``.
        name: of the file, without ``.sql``.
        values: for the placeholders; each statement takes those that it names.

    Returns:
        The connection, with the last statement's result to fetch.

    Raises:
        duckdb.Error: a statement fails.
    """
    for statement in connection.extract_statements(read_sql(room, name)):
        used = {key: values[key] for key in statement.named_parameters}
        connection.execute(statement, used)
    return connection


def quoted(path: Path) -> str:
    """A path as SQL writes it, where no value can be bound."""
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def one_line(otherwise: str) -> Iterator[None]:
    """Turn an error of the database into one line.

    Args:
        otherwise: what the message says of the state that is left, such as "nothing is written".

    Raises:
        SRecError: the database fails.
    """
    try:
        yield
    except duckdb.Error as error:
        raise SRecError(f"{otherwise}; the database said: {first_line(error)}") from error
