"""A working DuckDB that spills beside nobody and vanishes, after a kill with the next one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import duckdb

from srec.artifacts import lock
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
        otherwise: what is so if it fails, for the message.

    Raises:
        SRecError: it fails at what is done with it.
    """
    with one_line(otherwise), _folder() as folder:
        config = {"preserve_insertion_order": "false", "temp_directory": str(folder)}
        with connect(memory_limit=memory_limit, threads=threads, **config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary directory that is locked while it is used: without its lock, it is what a kill left."""
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
            # Only now others may see it.
            draft.rename(Path(folder) / _LOCK)
        yield Path(folder)
