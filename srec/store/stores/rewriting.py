"""A DuckDB file written anew: what was deleted stays in a file's free blocks until they are used again."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from srec.locks import new_folder, remove, sync
from srec.store.connections.duckdb import quoted
from srec.store.connections.scratch import scratch


def rewrite(path: Path, statement: str, *, memory_limit: str | None, threads: int | None) -> None:
    """Put a copy that holds only what the tables hold in place of a store's file.

    Nobody else may have the file open to write; a kill at any moment leaves the one file or the other.

    Args:
        path: the file, closed, whose log is written into it.
        statement: what is done to the copy, in its tables.
        memory_limit: what DuckDB may use before it spills, such as "2GB".
        threads: how many threads it uses; by default all cores.

    Raises:
        SRecError: there is no room for it, or somebody writes to the file.
    """
    real = path.resolve()
    with ExitStack() as held:
        folder = new_folder(real, held)
        held.callback(remove, folder)
        draft = folder / real.name
        with scratch(memory_limit, threads, otherwise=f"{path} is as it was") as work:
            # Reading holds a lock until the new file has its name: nobody can write to the old one meanwhile.
            work.execute(f"ATTACH {quoted(real)} AS old (READ_ONLY)")
            work.execute(f"ATTACH {quoted(draft)} AS new")
            work.execute("COPY FROM DATABASE old TO new")
            work.execute("USE new")
            work.execute(statement)
            work.execute("USE memory")
            work.execute("CHECKPOINT new")
            work.execute("DETACH new")
            shutil.copymode(real, draft)
            sync(draft)
            os.replace(draft, real)
            sync(real.parent)
