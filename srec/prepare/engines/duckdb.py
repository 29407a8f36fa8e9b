"""DuckDB on one machine: what does not fit in memory spills to disk."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from srec.dataset.dataset import Dataset
from srec.prepare.build import build
from srec.prepare.context import ContextSettings
from srec.prepare.interactions import Note, PrepareSettings, tally
from srec.prepare.tags import TagSettings
from srec.prepare.update import tally_changes
from srec.store.connections.duckdb import connect, one_line, read_sql, run_sql
from srec.store.stores import open_reader
from srec.store.stores.base import Reader

_BATCH = 1 << 20
_FAILED = "the preparation stopped, and what was there before is as it was"


def prepare(
    store: str,
    target: Path,
    settings: PrepareSettings,
    *,
    tags: TagSettings,
    context: ContextSettings,
    memory_limit: str = "2GB",
    threads: int | None = None,
    update: bool = False,
    note: Note = lambda line: None,
) -> Dataset:
    """Make the dataset directory of a store, or find that it is up to date.

    Args:
        store: the store, as ``open_reader`` takes it.
        target: where the dataset directory shall appear.
        settings: filters and windows.
        tags: the factorisation of the tags.
        context: the pooling of metadata.
        memory_limit: what DuckDB may use before it spills to disk, such as "2GB".
        threads: DuckDB's threads; None means all cores.
        update: keep the counts beside the dataset, and count only what changed since the last time.
        note: called with a line after each step.

    Raises:
        ArtifactError: ``target`` exists and is not a dataset.
        SRecError: the store is empty or damaged, or nothing is left after the filters.
    """
    with open_reader(store) as reader:

        def engine(scratch: Path) -> DuckDBEngine:
            return DuckDBEngine(reader, scratch, memory_limit=memory_limit, threads=threads)

        count: Callable[..., None] = partial(tally, latest=reader.latest, settings=settings)
        if update:
            state = target.with_name(f"{target.name}.state.duckdb")
            count = partial(tally_changes, reader=reader, settings=settings, state=state)
        return build(
            reader,
            engine,
            count,
            target=target,
            settings=settings,
            tags=tags,
            context=context,
            note=note,
        )


class DuckDBEngine:
    """An ``Engine`` in a scratch database.

    Args:
        reader: the reviews and games.
        scratch: a folder for the database and what spills; it is made anew and removed in the end.
        memory_limit: what DuckDB may use before it spills, such as "2GB".
        threads: DuckDB's threads; None means all cores.

    Raises:
        SRecError: DuckDB refuses a setting or the reader. Every method raises it where the database fails.
    """

    def __init__(
        self, reader: Reader, scratch: Path, *, memory_limit: str, threads: int | None = None
    ) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self.scratch = scratch
        self.catalogue = connect(scratch / "work.duckdb")
        try:
            with one_line(_FAILED):
                self.catalogue.execute("SET memory_limit = $limit", {"limit": memory_limit})
                self.catalogue.execute("SET temp_directory = $path", {"path": str(scratch / "spill")})
                self.catalogue.execute("SET preserve_insertion_order = false")
                self.catalogue.execute("SET enable_progress_bar = false")
                if threads:
                    self.catalogue.execute("SET threads = $threads", {"threads": threads})
                reader.attach(self.catalogue)
        except BaseException:
            self.close()
            raise

    def run(self, name: str, **values: Any) -> None:
        """As ``Engine.run``."""
        with one_line(_FAILED):
            run_sql(self.catalogue, "srec.prepare", name, **values)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """As ``Engine.rows``."""
        with one_line(_FAILED):
            return self.catalogue.execute(query).fetchall()

    def stream(self, name: str, **values: Any) -> Iterator[pa.RecordBatch]:
        """As ``Engine.stream``."""
        query = read_sql("srec.prepare", name)
        with one_line(_FAILED):
            yield from self.catalogue.sql(query, params=values).to_arrow_reader(_BATCH)

    def drop(self, *tables: str) -> None:
        """As ``Engine.drop``."""
        for table in tables:
            views = self.rows(f"SELECT 1 FROM duckdb_views() WHERE view_name = '{table}'")
            self.catalogue.execute(f"DROP {'VIEW' if views else 'TABLE'} {table}")

    def rename(self, table: str, new: str) -> None:
        """As ``Engine.rename``."""
        self.drop(new)
        self.catalogue.execute(f"ALTER TABLE {table} RENAME TO {new}")

    def close(self) -> None:
        """As ``Engine.close``."""
        self.catalogue.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
