"""Reviews and games on their way into a dataset."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srec.errors import naming_the_extra
from srec.progress import console_for
from srec.settings import settings_of

if TYPE_CHECKING:
    from srec.dataset.dataset import Dataset
    from srec.prepare.context import ContextSettings
    from srec.prepare.interactions import PrepareSettings
    from srec.prepare.tags import TagSettings
    from srec.simulate.world import SimulateSettings
    from srec.store.ingestion import Summary
    from srec.store.sources.memory import ArrowTable
    from srec.store.stores.base import Store

Given = Mapping[str, Any]


@naming_the_extra()
def simulate(
    target: str | Path,
    settings: "SimulateSettings | Given | None" = None,
    *,
    progress: bool | None = None,
) -> Path:
    """Write a Steam-like world from a seed: games, users and reviews as Parquet.

    Args:
        target: the directory to write; an existing world with the same settings is kept.
        settings: its size, seed and noise, such as ``{"reviews": 50_000}``.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Returns:
        The directory.

    Raises:
        ArtifactError: ``target`` exists and is not a world.
    """
    from srec.simulate.world import SimulateSettings
    from srec.simulate.world import simulate as write

    with console_for(progress).status("simulating") as status:
        write(
            Path(target),
            settings_of(SimulateSettings, settings),
            lambda done, all_: status.update(f"simulated {done:,} of {all_:,} reviews"),
        )
    return Path(target)


@naming_the_extra()
def open_store(
    where: str | Path,
    *,
    create: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> "Store":
    """Open a store for writing, or create an empty one; returns a context manager.

    Args:
        where: the path of a DuckDB file, or postgresql://user:password@host:port/database.
        create: create the store if it is missing.
        memory_limit: DuckDB's limit, such as "4GB"; beyond it DuckDB spills to disk.
        threads: how many threads DuckDB uses; by default all cores.

    Raises:
        SRecError: it is missing, not a store, of another version, or in use by another process.
    """
    from srec.store.stores import open_store as open_it

    return open_it(str(where), create=create, memory_limit=memory_limit, threads=threads)


@naming_the_extra()
def ingest(
    store: str | Path,
    data: "str | Path | ArrowTable",
    *,
    source: str | None = None,
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    positive: str | None = None,
    query: str | None = None,
    label: str | None = None,
    simulated: bool = False,
    memory_limit: str | None = "2GB",
    threads: int | None = None,
    progress: bool | None = None,
) -> "Summary":
    """Read reviews, games, sequences or libraries into a store; rows that it already has change nothing.

    Args:
        store: the path of a DuckDB file, or a postgresql:// URL; a missing store is created.
        data: a file, a folder, a postgresql:// URL, or a table in memory with Arrow's PyCapsule interface,
            such as those of pandas, polars, DuckDB and PyArrow.
        source: the kind of a file or folder: ucsd, steam-api, table or simulated; None looks at it.
        table: for a table, "reviews", "games", "sequences" or "libraries"; None means reviews.
        columns: for a table, its names by canonical name, such as ``{"user_id": "author"}``; an empty one
            leaves a column out.
        positive: for reviews in a table without such a flag, "all" or a rule such as "rating >= 4".
        query: for a database, the SELECT that returns the rows.
        label: for a table in memory, its name in messages and rejects. A store keeps the rejects of a label's
            last ingestion, so give each table its own label; tables without one share one.
        simulated: for a table in memory, whether its rows come from a simulation such as ``srec.simulate``;
            reports and pages made from them then say so.
        memory_limit: DuckDB's limit; beyond it DuckDB spills to disk.
        threads: DuckDB's threads; None means all cores.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Returns:
        How many rows were read, added, replaced and rejected, and why.

    Raises:
        SettingsError: there is no such source, or it has no use for an argument.
        SourceError: the data is not of the claimed kind; the store is unchanged.
        SRecError: the store cannot be opened, or it would mix simulated and real data.
    """
    from srec.store.ingest import choose_source
    from srec.store.ingest import ingest as read

    chosen = choose_source(
        data,
        source,
        table=table,
        columns=columns,
        positive=positive,
        query=query,
        label=label,
        simulated=simulated,
    )
    with console_for(progress).status(f"reading {chosen.path}") as status:
        return read(
            store,
            chosen,
            memory_limit=memory_limit,
            threads=threads,
            progress=lambda rows: status.update(f"reading {chosen.path}: {rows:,} rows"),
        )


@naming_the_extra()
def prepare(
    store: str | Path,
    target: str | Path,
    settings: "PrepareSettings | Given | None" = None,
    *,
    tags: "TagSettings | Given | None" = None,
    context: "ContextSettings | Given | None" = None,
    memory_limit: str | None = None,
    threads: int | None = None,
    update: bool = False,
    engine: str = "duckdb",
    master: str | None = None,
    scratch: str | None = None,
    progress: bool | None = None,
) -> "Dataset":
    """Filter, split and number the reviews of a store; factorise the tags; write a dataset.

    Args:
        store: the store, or a folder that ``srec store export`` wrote.
        target: the dataset directory; an existing one of the same store and settings is kept.
        settings: filters and windows, such as ``{"test_days": 30}`` or ``{"split": "last"}``.
        tags: the settings of the tags' factorisation.
        context: the settings of the metadata's pooling.
        memory_limit: for DuckDB, how much memory it may use before it spills to disk; None means "2GB".
        threads: for DuckDB, its threads; None means all cores.
        update: for DuckDB, count only the changes since the last time; the counts are kept beside the
            dataset.
        engine: the engine that runs the SQL, "duckdb" or "spark"; both write the same dataset.
        master: for Spark, its master or the URL of a Spark Connect server; None means local[*].
        scratch: for Spark, a folder or URL for intermediate tables that all workers see.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Returns:
        The dataset.

    Raises:
        SettingsError: a setting does not fit, or the engine has no use for an argument.
        MissingLibrary: the extra of the engine is not installed.
        SRecError: the store is empty or damaged, or nothing is left after the filters.
    """
    from srec.prepare.context import ContextSettings
    from srec.prepare.engines import preparing
    from srec.prepare.interactions import PrepareSettings
    from srec.prepare.tags import TagSettings

    build = preparing(
        engine,
        memory_limit=memory_limit,
        threads=threads,
        update=update or None,
        master=master,
        scratch=scratch,
    )
    console = console_for(progress)
    with console.status(f"preparing {target}"):
        return build(
            str(store),
            Path(target),
            settings_of(PrepareSettings, settings),
            tags=settings_of(TagSettings, tags),
            context=settings_of(ContextSettings, context),
            note=lambda line: console.print(line, highlight=False),
        )
