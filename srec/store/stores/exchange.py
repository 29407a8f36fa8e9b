"""How rows look on their way between DuckDB and PostgreSQL: the same columns, lists as JSON texts."""

from collections.abc import Sequence

from srec.store.schema import GAMES, TABLES

#: The columns of the tables that have rows to exchange.
COLUMNS = {table.name: [name for name, _ in table.kept] for table in TABLES.values()}
#: The game first, as the migrations have it.
KEYS = {table.name: tuple(sorted(table.key)) for table in TABLES.values()}
_NESTED = {column.name: column.type for column in GAMES.columns if column.type.endswith("[]")}


def sent_by_duckdb(columns: Sequence[str]) -> str:
    """What DuckDB selects to send: lists as texts."""
    return _each(columns, "CAST(to_json({name}) AS VARCHAR)")


def received_by_duckdb(columns: Sequence[str]) -> str:
    """What DuckDB selects of rows that have come: texts as lists."""
    return _each(columns, "CAST(CAST({name} AS JSON) AS {type})")


def as_texts(columns: Sequence[str]) -> str:
    """What PostgreSQL selects to send, and the columns of a table that receives: jsonb as text."""
    return _each(columns, "CAST({name} AS text)")


def upsert(table: str, source: str) -> str:
    """The statement that puts received rows into their table, in place of those with the same keys.

    Args:
        table: its name, a key of TABLES.
        source: the table that holds the received rows.
    """
    columns = COLUMNS[table]
    stored = _each(columns, "CAST({name} AS jsonb)")
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name not in KEYS[table])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {stored} FROM {source}"
        f" ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET {changes}"
    )


def _each(columns: Sequence[str], nested: str) -> str:
    return ", ".join(
        f"{nested.format(name=name, type=_NESTED[name])} AS {name}" if name in _NESTED else name
        for name in columns
    )
