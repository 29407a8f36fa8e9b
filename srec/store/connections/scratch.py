"""A working DuckDB with a folder of its own to spill into; after a kill, the next one clears up."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import duckdb

from srec.locks import lock
from srec.store.connections.duckdb import connect, one_line

_PREFIX, _LOCK = "srec-work-", "lock"


@contextmanager
def scratch(
    memory_limit: str | None, threads: int | None, *, otherwise: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory; what does not fit spills into a temporary directory.

    Args:
        memory_limit: DuckDB's limit, such as "4GB"; its own where None.
        threads: how many threads DuckDB uses; by default all cores.
        otherwise: what the message says of the state that is left, if the database fails.

    Yields:
        The connection, in UTC.

    Raises:
        SRecError: the database fails.
    """
    with one_line(otherwise), _folder() as folder:
        config = {"preserve_insertion_order": "false", "temp_directory": str(folder)}
        with connect(memory_limit=memory_limit, threads=threads, **config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary directory that is locked while it is used; one without a lock was left by a kill."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError), ExitStack() as stack:
            if lock(left, stack):
                shutil.rmtree(left.parent)
    with (
        ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder,
    ):
        draft = Path(folder) / f"{_LOCK}.draft"
        draft.touch()
        if lock(draft, stack):
            # Others look for this name: they must find it locked.
            draft.rename(Path(folder) / _LOCK)
        yield Path(folder)
