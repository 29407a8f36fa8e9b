"""The functions of the front door: paths or objects in, objects out, progress where somebody can see it.

Each does what the command of its name does. What it needs is imported when it is called.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srec.progress import console_for, training_progress
from srec.settings import settings_of

if TYPE_CHECKING:
    from srec.dataset.dataset import Dataset
    from srec.evaluation.results import Leaderboard, Report
    from srec.inference.bundle import Bundle
    from srec.prepare.context import ContextSettings
    from srec.prepare.interactions import PrepareSettings
    from srec.prepare.tags import TagSettings
    from srec.settings import Settings
    from srec.simulate.world import SimulateSettings
    from srec.store.ingestion import Summary
    from srec.store.sources.memory import ArrowTable
    from srec.store.stores.base import Store
    from srec.training.run import Run
    from srec.training.settings import TrainingSettings

Given = Mapping[str, Any]


def simulate(
    target: str | Path,
    settings: "SimulateSettings | Given | None" = None,
    *,
    progress: bool | None = None,
) -> Path:
    """Write a Steam-like world from a seed: games, users and reviews as Parquet.

    Args:
        target: the directory to write; a world of the same settings stays.
        settings: its size, seed and noise, such as ``{"reviews": 50_000}``.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The directory.

    Raises:
        ArtifactError: ``target`` exists and is no world.
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


def open_store(
    where: str | Path,
    *,
    create: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> "Store":
    """Open a store to write it, or make an empty one; a context manager.

    Args:
        where: the path of a DuckDB file, or postgresql://user:password@host:port/database.
        create: make it where there is none.
        memory_limit: DuckDB's limit, such as "4GB"; what does not fit spills to disk.
        threads: how many threads DuckDB uses; by default all cores.

    Raises:
        SRecError: it is missing, not a store, of another version, or in use by another process.
    """
    from srec.store.stores import open_store as open_it

    return open_it(str(where), create=create, memory_limit=memory_limit, threads=threads)


def ingest(
    store: str | Path,
    data: "str | Path | ArrowTable",
    *,
    source: str | None = None,
    table: str = "reviews",
    columns: Mapping[str, str] | None = None,
    query: str | None = None,
    memory_limit: str | None = "2GB",
    threads: int | None = None,
    progress: bool | None = None,
) -> "Summary":
    """Read reviews or games into a store; what is already there changes nothing.

    Args:
        store: the store, made if it is not there: the path of a DuckDB file, or a postgresql:// URL.
        data: a file, a folder, a postgresql:// URL, or a table in memory that speaks Arrow's PyCapsule
            interface, as those of pandas, polars, DuckDB and PyArrow do.
        source: of a file or folder: ucsd, steam-api, table or simulated.
        table: of a table: whether it has reviews or games.
        columns: of a table: canonical name to its own, such as ``{"user_id": "author"}``.
        query: of a database: the SELECT that gives the rows.
        memory_limit: DuckDB's limit; what does not fit spills to disk.
        threads: DuckDB's threads; all cores where None.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        How many rows were read, added, replaced and rejected, and why.

    Raises:
        SourceError: the data is not what it claims; the store is as it was.
        SRecError: the store cannot be opened, or it would mix simulated and real data.
    """
    from srec.store.ingest import choose_source
    from srec.store.ingest import ingest as read

    chosen = choose_source(data, source, table=table, columns=columns, query=query)
    with console_for(progress).status(f"reading {chosen.path}") as status:
        return read(
            store,
            chosen,
            memory_limit=memory_limit,
            threads=threads,
            progress=lambda rows: status.update(f"reading {chosen.path}: {rows:,} rows"),
        )


def prepare(
    store: str | Path,
    target: str | Path,
    settings: "PrepareSettings | Given | None" = None,
    *,
    tags: "TagSettings | Given | None" = None,
    context: "ContextSettings | Given | None" = None,
    memory_limit: str = "2GB",
    threads: int | None = None,
    update: bool = False,
    progress: bool | None = None,
) -> "Dataset":
    """Filter, split by time and number the reviews of a store; factorise the tags; write a dataset.

    Args:
        store: the store, or a folder that ``srec store export`` wrote.
        target: the dataset directory; one that was made from the same stays.
        settings: filters and windows, such as ``{"test_days": 30}``.
        tags: the factorisation of the tags.
        context: the pooling of metadata.
        memory_limit: what DuckDB may use before it spills to disk.
        threads: DuckDB's threads; all cores where None.
        update: count only what changed since the last time; what was counted is kept beside the dataset.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Raises:
        SRecError: the store is empty or damaged, or nothing is left after the filters.
    """
    from srec.prepare.build import prepare as build
    from srec.prepare.context import ContextSettings
    from srec.prepare.interactions import PrepareSettings
    from srec.prepare.tags import TagSettings

    console = console_for(progress)
    with console.status(f"preparing {target}"):
        return build(
            str(store),
            Path(target),
            settings_of(PrepareSettings, settings),
            tags=settings_of(TagSettings, tags),
            context=settings_of(ContextSettings, context),
            memory_limit=memory_limit,
            threads=threads,
            update=update,
            note=lambda line: console.print(line, highlight=False),
        )


def train(
    dataset: "Dataset | str | Path",
    target: str | Path,
    model: str = "gce-gnn",
    *,
    settings: "Settings | Given | None" = None,
    training: "TrainingSettings | Given | None" = None,
    progress: bool | None = None,
) -> "Run":
    """Train a model, or go on where an interrupted training stopped.

    The epoch is chosen on the validation window; then the model is trained anew on all before the test.

    Args:
        dataset: what to learn from.
        target: the run directory to write.
        model: a learnt model of ``srec.MODELS``.
        settings: the model's own, where they differ from its defaults, such as ``{"dimension": 32}``.
        training: the loop's, where they differ from those of the model's paper, such as ``{"epochs": 5}``.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The run: its weights, settings, and the log of its epochs.

    Raises:
        SettingsError: there is no such model, or it is counted and not trained.
        TrainingError: there is nothing to learn from, the loss is not finite, or another process trains this.
    """
    from srec.training.run import train as fit

    with training_progress(console_for(progress)) as watch:
        return fit(dataset, target, model, settings=settings, training=training, watch=watch)


def evaluate(
    dataset: "Dataset | str | Path",
    target: str | Path,
    *,
    runs: "Sequence[Run | str | Path]" = (),
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
) -> "Report":
    """Measure all counted models that fit a dataset, and trained runs, on its test window, with intervals.

    Args:
        dataset: what to test on.
        target: the report directory to write: report.json (the result) and index.html (the page).
        runs: trained runs to measure beside the counted models; a run's name is that of its directory.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The result, as it stands in report.json.

    Raises:
        SRecError: the test window is empty, or a run belongs to another dataset.
    """
    from srec.experiments.report import evaluate as measure

    with console_for(progress).status("measuring"):
        return measure(dataset, target, runs=runs, recipe=recipe, overrides=overrides)


def leaderboard(
    dataset: "Dataset | str | Path",
    *,
    rows: Sequence[str] | None = None,
    models: Mapping[str, Any] | None = None,
    seeds: int = 1,
    data: str | Path | None = None,
    work: str | Path = "work/sessions",
    target: str | Path | None = None,
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
) -> "Leaderboard":
    """Train or count every model that fits a dataset, and measure each; known rows are not made again.

    Args:
        dataset: a dataset or where it is; "diginetica", "tmall" or "nowplaying"; or a folder of sessions.
        rows: only these, by their names in the table; all where None.
        models: classes of counted models that are not in ``srec.MODELS``, by name.
        seeds: how many runs of each trained model, with the seeds 0, 1, ...
        data: the folder that has the named sets.
        work: where datasets, runs and results are kept.
        target: the folder of rows and tables; where None, in ``work`` by the dataset's name and settings.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The table: a row for each model that is measured.

    Raises:
        SettingsError: there is no such row, or something is set that the protocol fixes or that is not read.
        SourceError: the dataset is neither a dataset nor a folder of sessions.
    """
    from srec.experiments.leaderboard import leaderboard as measure

    console = console_for(progress)
    with training_progress(console) as watch:
        return measure(
            dataset,
            rows=rows,
            models=models,
            seeds=seeds,
            data=data,
            work=work,
            target=target,
            recipe=recipe,
            overrides=overrides,
            watch=watch,
            told=console.print,
        )


def export(
    dataset: "Dataset | str | Path",
    run: "Run | str | Path",
    target: str | Path,
    *,
    progress: bool | None = None,
) -> "Bundle":
    """Write all that serving needs into one directory: no torch, no pickle, checksummed.

    Args:
        dataset: what the run was trained on.
        run: the trained run.
        target: the bundle directory; one of the same dataset and run stays.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Raises:
        ArtifactError: the run is of another dataset, or the exported model scores differently.
    """
    from srec.dataset.dataset import opened
    from srec.inference.export import export as write
    from srec.training.run import Run

    with console_for(progress).status(f"exporting {target}"):
        return write(opened(dataset), run if isinstance(run, Run) else Run(Path(run)), Path(target))
