"""A working DuckDB that spills beside nobody and vanishes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from srec.errors import SRecError


@contextmanager
def scratch(
    memory_limit: str | None, threads: int | None, *, otherwise: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory; what does not fit spills into a temporary directory.

    Args:
        memory_limit: DuckDB's limit, such as "4GB"; its own where None.
        threads: how many threads DuckDB uses; by default all cores.
        otherwise: what is so if it fails, for the message.

    Raises:
        SRecError: it fails at what is done with it.
    """
    with (
        _one_line(otherwise),
        tempfile.TemporaryDirectory(prefix="srec-", ignore_cleanup_errors=True) as folder,
    ):
        config: dict[str, Any] = {
            "autoinstall_known_extensions": "false",
            "preserve_insertion_order": "false",
            "temp_directory": folder,
        }
        config |= {"memory_limit": memory_limit} if memory_limit else {}
        config |= {"threads": str(threads)} if threads else {}
        with duckdb.connect(":memory:", config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection


@contextmanager
def _one_line(otherwise: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise SRecError(f"{otherwise}; the database said: {line}") from error
