"""The SQL files, as DuckDB runs them."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb


def read_sql(name: str) -> str:
    """The text of ``name``.sql."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def run_sql(connection: duckdb.DuckDBPyConnection, name: str, **values: Any) -> duckdb.DuckDBPyConnection:
    """Run the statements of ``name``.sql in order, each with the named values that it speaks of.

    Returns:
        the connection, with the last statement's result to fetch.
    """
    for statement in duckdb.extract_statements(read_sql(name)):
        used = {key: values[key] for key in statement.named_parameters}
        connection.execute(statement, used)
    return connection


def quoted(path: Path) -> str:
    """A path as SQL writes it, where no value can be bound."""
    return "'" + str(path).replace("'", "''") + "'"
