"""Reviews and games exported as Parquet: what ``srec store export`` writes, and Spark reads anywhere."""

from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from srec.artifacts import read_manifest
from srec.store.connections.duckdb import quoted

KIND = "reviews"
VERSION = 1


class ParquetReader:
    """A ``Reader`` of a folder with ``reviews.parquet``, ``games.parquet`` and their manifest.

    Args:
        path: the folder.

    Raises:
        ArtifactError: the folder is incomplete, something else, or of another version.
    """

    identity, batch = None, 0

    def __init__(self, path: Path) -> None:
        manifest = read_manifest(path, KIND, VERSION)
        self.path = path
        self.simulated, self.latest = bool(manifest["simulated"]), bool(manifest["latest"])
        self.revision = str(manifest["revision"])

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As ``Reader.attach``: views of the files, which are read in place."""
        connection.execute("CREATE SCHEMA store")
        for name in ("reviews", "games"):
            file = quoted(self.path.absolute() / f"{name}.parquet")
            connection.execute(f"CREATE VIEW store.{name} AS FROM read_parquet({file})")

    def close(self) -> None:
        """As ``Reader.close``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
