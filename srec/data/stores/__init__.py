"""The stores: one file each, and one line in each table here."""

from pathlib import Path

from srec.data.stores.base import Reader, Store
from srec.data.stores.duckdb import DuckDBReader, DuckDBStore
from srec.data.stores.parquet import ParquetReader


def open_store(
    where: str, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None
) -> Store:
    """Open a store to write it, or make an empty one.

    Args:
        where: the path of a DuckDB file.
        create: make it where there is none.
        memory_limit: DuckDB's limit, such as "4GB"; what does not fit spills to disk.
        threads: how many threads DuckDB uses; by default all cores.

    Raises:
        SRecError: it is missing, not a store, of another version, or in use by another process.
    """
    return DuckDBStore.open(Path(where), create=create, memory_limit=memory_limit, threads=threads)


def open_reader(where: str) -> Reader:
    """Open a store to read it.

    Args:
        where: the path of a DuckDB file, or of a folder of exported reviews.

    Raises:
        SRecError: as ``open_store``.
    """
    if Path(where).is_dir():
        return ParquetReader(Path(where))
    return DuckDBReader(Path(where))
