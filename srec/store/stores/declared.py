"""A DuckDB file holds what a store declares, and nothing that would run: no view, macro or computed column.

A file from elsewhere could otherwise read local files in the name of whoever counts its reviews.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from srec.errors import SRecError

#: What a store has none of, and DuckDB's function that lists it. The schema before each function, and only
#: operators that are no functions: a macro of the file may have the name of anything else.
_PROGRAMS = {
    "view": "SELECT view_name FROM system.main.duckdb_views() WHERE NOT internal AND database_name = $1",
    "macro": "SELECT function_name FROM system.main.duckdb_functions()"
    " WHERE NOT internal AND database_name = $1",
    "type": "SELECT type_name FROM system.main.duckdb_types() WHERE NOT internal AND database_name = $1",
    "schema": "SELECT schema_name FROM system.main.duckdb_schemas()"
    " WHERE NOT internal AND database_name = $1",
    "sequence": "SELECT sequence_name FROM system.main.duckdb_sequences() WHERE database_name = $1",
    "index": "SELECT index_name FROM system.main.duckdb_indexes() WHERE database_name = $1",
}
_TABLES = "SELECT table_name, sql FROM system.main.duckdb_tables() WHERE NOT internal AND database_name = $1"


def refuse_programs(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file that has anything but tables.

    Args:
        connection: its main database is the file.
        path: the file.

    Raises:
        SRecError: it has something else; nothing of it has run.
    """
    database = _database(connection)
    for kind, listing in _PROGRAMS.items():
        for (name,) in connection.execute(listing, [database]).fetchall():
            raise SRecError(f"{path} is not a store that SRec wrote: it has a {kind} {name}")


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The tables of a connection's main database: the statement that makes each, by its name."""
    return dict(connection.execute(_TABLES, [_database(connection)]).fetchall())


def refuse_undeclared(found: Mapping[str, str], declared: Mapping[str, str], path: Path) -> None:
    """Refuse tables whose columns, types or conditions are not the declared ones, and further tables.

    Args:
        found: the tables of a file, as ``tables`` gives them.
        declared: those that it must have.
        path: the file.

    Raises:
        SRecError: a table is missing, differs, or is one too many.
    """
    for name in sorted({*found, *declared}):
        if name not in found:
            raise SRecError(f"{path} is no whole store: it lacks the table {name}")
        if name not in declared:
            raise SRecError(
                f"{path} is not a store that SRec wrote: it has a table {name}; move that elsewhere"
            )
        if found[name] != declared[name]:
            raise SRecError(f"{path} is not a store that SRec wrote: its table {name} has other columns")


def _database(connection: duckdb.DuckDBPyConnection) -> str:
    # The first one that is not DuckDB's own: another may not be attached yet.
    listing = "SELECT database_name FROM system.main.duckdb_databases() WHERE NOT internal"
    (name,) = connection.execute(listing).fetchall()[0]
    return str(name)
