"""The stores: one file each, and one line in a table here."""

from importlib import import_module
from pathlib import Path
from typing import Any

from srec.errors import SRecError
from srec.store.stores.base import Reader, Store

#: By the scheme of a URL, where the store and the reader are; a path has none.
_STORES = {
    "": ("duckdb", "DuckDBStore", "DuckDBReader"),
    "postgresql": ("postgres", "PostgresStore", "PostgresReader"),
    "postgres": ("postgres", "PostgresStore", "PostgresReader"),
}


def open_store(
    where: str, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None
) -> Store:
    """Open a store to write it, or make an empty one.

    Args:
        where: the path of a DuckDB file, or postgresql://user:password@host:port/database.
        create: make it where there is none.
        memory_limit: DuckDB's limit, such as "4GB"; what does not fit spills to disk.
        threads: how many threads DuckDB uses; by default all cores.

    Raises:
        SRecError: it is missing, not a store, of another version, or in use by another process.
    """
    module, store, _ = _entry(where)
    kind: Any = getattr(import_module(f"{__name__}.{module}"), store)
    made: Store = kind.open(
        where if "://" in where else Path(where), create=create, memory_limit=memory_limit, threads=threads
    )
    return made


def open_reader(where: str, *, whole: bool = False) -> Reader:
    """Open a store to read it.

    Args:
        where: as ``open_store`` takes it, or a directory that ``srec store export`` wrote.
        whole: give every table with every column, not only what ``srec prepare`` reads of reviews and games.

    Raises:
        SRecError: as ``open_store``.
    """
    if "://" not in where and Path(where).is_dir():
        from srec.store.stores.parquet import ParquetReader

        return ParquetReader(Path(where))
    module, _, reader = _entry(where)
    kind: Any = getattr(import_module(f"{__name__}.{module}"), reader)
    made: Reader = kind(where, whole=whole) if "://" in where else kind(Path(where))
    return made


def _entry(where: str) -> tuple[str, str, str]:
    scheme = where.partition("://")[0] if "://" in where else ""
    if scheme not in _STORES:
        raise SRecError(f"a store is a path or a postgresql:// URL, and {scheme}:// is neither")
    return _STORES[scheme]
