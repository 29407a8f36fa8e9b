"""The commands from reviews to a served page; each imports its heavy libraries when it runs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from srec.cli.console import console
from srec.cli.options import (
    MemoryOption,
    PlayersOption,
    RecipeOption,
    SetOption,
    ThreadsOption,
    named_columns,
)
from srec.cli.tables import ingestion_table, report_table, statistics_table, steps_table
from srec.errors import SRecError
from srec.recipes import read_recipe
from srec.store.connections import shown


def simulate(
    target: Annotated[Path, typer.Argument(help="The folder to write simulated reviews and games to.")],
    recipe: RecipeOption = None,
    overrides: SetOption = None,
) -> None:
    """Write a Steam-like world from a seed: games, users and reviews as Parquet."""
    from srec.api.data import simulate as write
    from srec.simulate.world import SimulateSettings

    write(target, read_recipe(recipe, overrides or ()).get(SimulateSettings), progress=True)
    console.print(f"simulated world: {target}")


def ingest(
    store: Annotated[
        str, typer.Argument(help="The store, a DuckDB file or postgresql:// URL; created if missing.")
    ],
    path: Annotated[
        str, typer.Argument(help="The folder or file to read; for a table, also a postgresql:// URL.")
    ],
    source: Annotated[
        str | None,
        typer.Option(help="ucsd, steam-api, table or simulated; if left out, the file is looked at."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(help="For a table: reviews, games, sequences or libraries; reviews if left out."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="For a table: a column's name, as ours=theirs; ours= leaves it out."),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="For reviews without such a flag: all, or a rule such as 'rating >= 4'."),
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="For a table in PostgreSQL: the SELECT that returns its rows.")
    ] = None,
    memory: MemoryOption = "2GB",
    threads: ThreadsOption = None,
) -> None:
    """Read reviews and games into the store; rows that it already has change nothing."""
    from srec.api.data import ingest as read

    summary = read(
        store,
        path,
        source=source,
        table=table,
        columns=named_columns(column or ()),
        positive=positive,
        query=query,
        memory_limit=memory,
        threads=threads,
        progress=True,
    )
    if source is None:
        console.print(f"taken for: {summary.taken_for}", highlight=False, markup=False)
    console.print(ingestion_table(summary))
    for reason, count in summary.reasons.items():
        console.print(f"rejected: {count:,} rows, {reason}", highlight=False)
    for reason, count in summary.left_out.items():
        console.print(f"left out: {count:,} values, {reason}; their rows are kept", highlight=False)
    held = {name: count for name, count in summary.stored.items() if name in ("sequences", "libraries")}
    undated = "".join(f", {count:,} rows of {name}" for name, count in held.items() if count)
    console.print(f"store: {shown(store)}, {summary.stored['reviews']:,} reviews{undated}")


def prepare(
    store: Annotated[
        str, typer.Argument(help="The store to read, or a folder that srec store export wrote.")
    ],
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to write.")],
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    memory: Annotated[
        str | None,
        typer.Option(help="For DuckDB: what it may use before it spills; 2GB if left out."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="For DuckDB: threads to use; all cores if left out.")
    ] = None,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="For DuckDB: count only what changed; the counts are kept beside the dataset."
        ),
    ] = False,
    engine: Annotated[str, typer.Option(help="The engine that runs the SQL: duckdb or spark.")] = "duckdb",
    master: Annotated[
        str | None,
        typer.Option(help="For Spark: spark://host:7077, yarn, sc://host, ...; local[*] if left out."),
    ] = None,
    scratch: Annotated[
        str | None,
        typer.Option(help="For Spark: a folder or URL for intermediate tables that all workers see."),
    ] = None,
) -> None:
    """Filter, split and number the reviews; factorise the tags; write a dataset directory."""
    from srec.api.data import prepare as build
    from srec.prepare.context import ContextSettings
    from srec.prepare.doubts import doubts, size_of
    from srec.prepare.interactions import PrepareSettings
    from srec.prepare.tags import TagSettings

    read = read_recipe(recipe, overrides or ())
    made = build(
        store,
        dataset,
        read.get(PrepareSettings),
        tags=read.get(TagSettings),
        context=read.get(ContextSettings),
        memory_limit=memory,
        threads=threads,
        update=update,
        engine=engine,
        master=master,
        scratch=scratch,
        progress=True,
    )
    console.print(steps_table(made.manifest))
    console.print(statistics_table(made.manifest))
    for line in doubts(size_of(made)):
        console.print(f"[bold]doubtful:[/] {escape(line)}", highlight=False)
    console.print(f"dataset: {dataset}")


def train(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to learn from.")],
    run: Annotated[Path, typer.Argument(help="The run directory to write.")],
    model: Annotated[str, typer.Option(help="The model to train.")] = "smart",
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train a model, or go on where an interrupted training stopped; works with torchrun -m srec train."""
    from srec.api.models import train as fit
    from srec.models import model_entry
    from srec.training.process import set_up_process
    from srec.training.settings import training_of

    console.quiet = not set_up_process().first
    read = read_recipe(recipe, overrides or ())
    kind = model_entry(model).load()
    learnt = model_entry(model).learnt
    done = fit(
        dataset,
        run,
        model,
        settings=read.get(kind.settings_type),
        training=training_of(kind, read) if learnt else None,
        threads=threads,
        progress=not console.quiet,
    )
    reached = "".join(f", {name} {value:.4f}" for name, value in done.valid.items())
    if done.summed:
        chosen = f"popularity weight {done.popularity_weight}" + ", on the validation window" * bool(reached)
    elif done.counted:
        chosen = "counted"
    else:
        chosen = f"epoch {done.chosen_epoch} chosen on the validation window"
    console.print(f"{model}: {chosen}{reached}", highlight=False)
    console.print(f"run: {run}")


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to test on.")],
    report: Annotated[Path, typer.Argument(help="The report directory to write.")],
    run: Annotated[
        list[Path] | None, typer.Option(help="A trained run to measure beside the counted models.")
    ] = None,
    players: PlayersOption = None,
    fail_below: Annotated[
        list[str] | None,
        typer.Option(
            help="Exit with 1 if a figure is lower, as figure=limit or model:figure=limit; may be repeated."
        ),
    ] = None,
    fail_above: Annotated[
        list[str] | None, typer.Option(help="The same if a figure is higher, such as overlap=5.")
    ] = None,
    recipe: RecipeOption = None,
    overrides: SetOption = None,
) -> None:
    """Measure what visitors get of each model, and the next game, with intervals; write the report."""
    from srec.api.models import evaluate as measure
    from srec.evaluation.gate import failures, thresholds

    below, above = thresholds(fail_below or ()), thresholds(fail_above or ())
    result = measure(
        dataset,
        report,
        runs=run or (),
        players=players,
        recipe=recipe,
        overrides=overrides or (),
        progress=True,
    )
    console.print(report_table(result))
    for line in result.verdict or ():
        console.print(line, highlight=False)
    console.print(f"report: {report / 'index.html'}")
    failed = failures(result, below=below, above=above)
    for line in failed:
        console.print(line, highlight=False)
    if failed:
        raise typer.Exit(1)


def export(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory that the run was trained on.")],
    run: Annotated[Path, typer.Argument(help="The run to export.")],
    target: Annotated[Path, typer.Argument(help="The directory to write.")],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="onnx (the bundle, which SRec serves), torchscript, torchserve, openvino or aotinductor.",
        ),
    ] = "onnx",
    report: Annotated[
        Path | None, typer.Option(help="A report that measured the run; the bundle keeps its figures.")
    ] = None,
) -> None:
    """Write all that serving needs into one directory, without torch or pickle; or another format."""
    from srec.api.models import export as write
    from srec.dataset.dataset import Dataset
    from srec.inference.formats import format_module
    from srec.training.runs import Run

    if format_name == "onnx":
        write(dataset, run, target, report=report, progress=True)
    elif report is not None:
        raise SRecError(f"the format {format_name} keeps no figures: leave --report out")
    else:
        module = format_module(format_name)
        with console.status(f"exporting {run}"):
            module.write(Dataset(dataset), Run(run), target)
    console.print(f"{'bundle' if format_name == 'onnx' else format_name}: {target}")
