"""``srec ingest``: reviews and games from a file, a folder, a database or a table in memory into a store."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from srec.errors import SettingsError
from srec.store.ingestion import RowsRead, Summary
from srec.store.sources import SOURCES
from srec.store.sources.base import Source
from srec.store.sources.memory import UNNAMED, ArrowTable, MemorySource
from srec.store.sources.recognise import recognise
from srec.store.sources.tabular import TableSource
from srec.store.stores import open_store
from srec.store.stores.keys import beside


def choose_source(
    data: str | Path | ArrowTable,
    source: str | None = None,
    *,
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    positive: str | None = None,
    query: str | None = None,
    label: str | None = None,
    simulated: bool = False,
) -> Source:
    """Choose the source that reads the data.

    Args:
        data: a file or folder, a postgresql:// URL, or a table in memory.
        source: a key of SOURCES; None looks at the data. A URL and a table in memory need none.
        table: for a table, "reviews", "games", "sequences" or "libraries"; None means reviews.
        columns: for a table, its names by canonical name.
        positive: for reviews in a table without such a flag, "all" or a rule such as "rating >= 4".
        query: for a database, the SELECT that returns the rows.
        label: for a table in memory, its name in messages and rejects.
        simulated: for a table in memory, whether its rows are simulated.

    Raises:
        SettingsError: there is no such source, or it has no use for an argument.
    """
    if not isinstance(data, str | Path):
        if not isinstance(data, ArrowTable):
            raise SettingsError(
                f"a {type(data).__name__} cannot be read: give a path, a postgresql:// URL, or a table that"
                " speaks Arrow's PyCapsule interface, such as a data frame"
            )
        if source not in (None, "table") or query:
            raise SettingsError("a table in memory is read as it is: leave out the source and the query")
        return MemorySource(
            data, table or "reviews", dict(columns or {}), label or UNNAMED, simulated, positive or ""
        )
    if label or simulated:
        raise SettingsError("a label and simulated are for a table in memory: leave them out")
    remote = "://" in str(data)
    source = source or ("table" if remote else None)
    if source is None:
        seen = recognise(Path(data).absolute(), table, columns, positive=positive or "")
        source, table, columns, positive = seen.source, seen.table, seen.columns, seen.positive
    if source not in SOURCES:
        raise SettingsError(f"there is no source {source!r}; the sources are {', '.join(SOURCES)}")
    if source != "table":
        if table or columns or query or positive:
            raise SettingsError(
                "a table (--table), columns (--column), a rule (--positive) and a query (--query) are for the"
                " source table"
            )
        # Rejects are kept by file, and two files of one name are two.
        return SOURCES[source](Path(data).absolute())
    if remote:
        from srec.store.sources.query import QuerySource

        if not query:
            raise SettingsError("the query is missing (--query): the SELECT that gives the rows")
        return QuerySource(str(data), query, table or "reviews", dict(columns or {}), positive or "")
    if query:
        raise SettingsError("a query (--query) is for a table in PostgreSQL: a file is read as it is")
    return SOURCES[source](Path(data).absolute(), table or "reviews", dict(columns or {}), positive or "")


def taken_for(source: Source) -> str:
    """What a source is read as, in words: its name, or a table with the names of its columns."""
    if not isinstance(source, TableSource):
        return source.name
    renamed = "".join(f", {ours}={theirs}" for ours, theirs in source.columns.items())
    positive = f", positive: {source.positive}" if source.positive else ""
    return f"a table of {source.table}{renamed}{positive}"


def ingest(
    store: str | Path,
    source: Source,
    *,
    memory_limit: str | None = "2GB",
    threads: int | None = None,
    progress: RowsRead | None = None,
) -> Summary:
    """Read a source into a store; a missing store is created, and rows that it already has change nothing.

    Args:
        store: the path of a DuckDB file, or a postgresql:// URL.
        source: what to read.
        memory_limit: DuckDB's limit; beyond it DuckDB spills to disk.
        threads: DuckDB's threads; None means all cores.
        progress: called after each batch of rows.

    Raises:
        SourceError: the source is not what it claims to be; the store is unchanged.
        SRecError: the store cannot be opened, or it would mix simulated and real data.
    """
    where = str(store)
    new = "://" not in where and not Path(where).exists()
    with_key = not new or beside(Path(where)).exists()
    with open_store(where, create=True, memory_limit=memory_limit, threads=threads) as opened:
        try:
            summary = opened.ingest(source, progress)
        except BaseException:
            # While it is open no other process can have put anything into it.
            if new:
                with suppress(OSError):
                    if not with_key:
                        beside(Path(where)).unlink(missing_ok=True)
                    Path(where).unlink()
            raise
        summary.stored = opened.counts()
        summary.taken_for = taken_for(source)
        return summary
