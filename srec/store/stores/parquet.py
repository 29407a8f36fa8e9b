"""A store's rows exported as Parquet: what ``srec store export`` writes, and Spark reads anywhere."""

import glob
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from srec.artifacts import verify
from srec.store.connections.duckdb import quoted
from srec.store.schema import LIBRARIES, SEQUENCES, TABLES, Table

KIND = "reviews"
VERSION = 1


def unexported(manifest: Mapping[str, Any]) -> set[str]:
    """The names of the tables that had no rows to export."""
    files = manifest.get("files", ())
    return {table.name for table in (SEQUENCES, LIBRARIES) if f"{table.name}.parquet" not in files}


def no_rows(table: Table) -> str:
    """A query without rows that has the columns of a table."""
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in table.kept)
    return f"SELECT {columns} WHERE false"


class ParquetReader:
    """A ``Reader`` of a folder with ``reviews.parquet``, ``games.parquet`` and their manifest.

    ``sequences.parquet`` and ``libraries.parquet`` are there only where the store had any.

    Args:
        path: the folder.

    Raises:
        ArtifactError: the folder is incomplete, something else, or of another version.
    """

    identity, batch = None, 0

    def __init__(self, path: Path) -> None:
        manifest = verify(path, KIND, VERSION)
        self.path = path
        self.simulated, self.latest = bool(manifest["simulated"]), bool(manifest["latest"])
        self.revision = str(manifest["revision"])
        self._absent = unexported(manifest)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As ``Reader.attach``: views of the files, which are read in place."""
        connection.execute("CREATE SCHEMA store")
        for name, table in TABLES.items():
            file = quoted(Path(glob.escape(str(self.path.absolute() / f"{name}.parquet"))))
            rows = no_rows(table) if name in self._absent else f"FROM read_parquet({file})"
            connection.execute(f"CREATE VIEW store.{name} AS {rows}")

    def close(self) -> None:
        """As ``Reader.close``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
