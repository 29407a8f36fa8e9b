"""The command line: it composes the parts, and imports what is heavy inside the command that needs it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from srec import __version__
from srec.console import answer_table, console, ingestion_table, training_progress
from srec.errors import SRecError
from srec.settings import Recipe

if TYPE_CHECKING:
    from srec.settings import Settings

SECTIONS = (
    "simulate",
    "prepare",
    "tags",
    "context",
    "training",
    "evaluation",
    "popularity",
    "popularity-recent",
    "tag-scorer",
    "gce-gnn",
)

app = typer.Typer(
    help="Recommend Steam games to anonymous visitors: from reviews to a served page.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", help="TOML file of settings that differ from the defaults.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="One setting, as section.key=value; may be repeated.")
]
MemoryOption = Annotated[str, typer.Option(help="What the database may use before it spills to disk.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Threads to use; all cores if left out.")]


def main() -> None:
    """Run the command line; an error that a person can act on is one line and exit status 1."""
    try:
        app()
    except SRecError as error:
        Console(stderr=True).print(
            f"[bold red]srec:[/] {escape(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("srec"):
            raise
        message = f"this command needs {error.name}: install the extra, pip install 'srec[train]'"
        Console(stderr=True).print(f"[bold red]srec:[/] {escape(message)}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("[bold]srec:[/] interrupted; the same command goes on from here")
        sys.exit(130)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Options of every command."""
    if show:
        console.print(__version__)
        raise typer.Exit


@app.command()
def simulate(
    target: Annotated[Path, typer.Argument(help="The folder to write the simulated reviews and games to.")],
    recipe: RecipeOption = None,
    overrides: SetOption = None,
) -> None:
    """Write a Steam-like world from a seed: games, users and reviews as Parquet."""
    from srec.data.simulate import SimulateSettings
    from srec.data.simulate import simulate as write

    settings = Recipe(SECTIONS, recipe, overrides or ()).get(SimulateSettings)
    with console.status("simulating") as status:
        write(target, settings, lambda done, all_: status.update(f"simulated {done:,} of {all_:,} reviews"))
    console.print(f"simulated world: {target}")


@app.command()
def ingest(
    store: Annotated[Path, typer.Argument(help="The store, a DuckDB file; it is made if it is not there.")],
    path: Annotated[Path, typer.Argument(help="The folder or file to read.")],
    source: Annotated[str, typer.Option(help="What it is: ucsd, steam-api, table or simulated.")],
    table: Annotated[str, typer.Option(help="For a table: whether it has reviews or games.")] = "reviews",
    column: Annotated[
        list[str] | None, typer.Option(help="For a table: ours=theirs, a column's name; may be repeated.")
    ] = None,
    memory: MemoryOption = "2GB",
    threads: ThreadsOption = None,
) -> None:
    """Read reviews and games into the store; what is already there changes nothing."""
    from srec.data.sources import SOURCES
    from srec.data.store import Store

    if source not in SOURCES:
        raise SRecError(f"there is no source {source!r}; the sources are {', '.join(SOURCES)}")
    if source == "table":
        made = SOURCES[source](path, table, _columns(column or ()))
    else:
        made = SOURCES[source](path)
    with Store.open(store, create=True, memory_limit=memory, threads=threads) as opened:
        with console.status(f"reading {path}") as status:
            summary = opened.ingest(made, lambda rows: status.update(f"reading {path}: {rows:,} rows"))
        console.print(ingestion_table(summary))
        for reason, count in summary.reasons.items():
            console.print(f"rejected: {count:,} rows, {reason}", highlight=False)
        console.print(f"store: {store}, {opened.counts()['reviews']:,} reviews")


@app.command()
def prepare(
    store: Annotated[Path, typer.Argument(help="The store to read.")],
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to write.")],
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    memory: MemoryOption = "2GB",
    threads: ThreadsOption = None,
) -> None:
    """Filter, split by time and number the reviews; factorise the tags; write a dataset directory."""
    from srec.data.prepare import PrepareSettings
    from srec.data.statistics import statistics_table, steps_table
    from srec.features.build import prepare as build
    from srec.features.context import ContextSettings
    from srec.features.tags import TagSettings

    read = Recipe(SECTIONS, recipe, overrides or ())
    with console.status(f"preparing {dataset}"):
        made = build(
            store,
            dataset,
            read.get(PrepareSettings),
            read.get(TagSettings),
            read.get(ContextSettings),
            memory_limit=memory,
            threads=threads,
            note=lambda line: console.print(line, highlight=False),
        )
    console.print(steps_table(made.manifest))
    console.print(statistics_table(made.manifest))
    console.print(f"dataset: {dataset}")


@app.command()
def train(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to learn from.")],
    run: Annotated[Path, typer.Argument(help="The run directory to write.")],
    model: Annotated[str, typer.Option(help="The model to train.")] = "gce-gnn",
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train a model, or go on where an interrupted training stopped."""
    from srec.data.dataset import Dataset
    from srec.evaluation.validation import validator
    from srec.models import model_entry
    from srec.training.process import set_up_process
    from srec.training.run import train as fit
    from srec.training.settings import TrainingSettings

    set_up_process(threads)
    read = Recipe(SECTIONS, recipe, overrides or ())
    training = read.get(TrainingSettings)
    data = Dataset(dataset)
    settings = read.get(model_entry(model).load().settings_type)
    with training_progress() as watch:
        done = fit(data, run, model, settings, training, validator(data, training.max_length), watch)
    best = done.manifest["valid"]
    console.print(
        f"{model}: epoch {done.manifest['chosen_epoch']} chosen on the validation window, "
        + ", ".join(f"{name} {value:.4f}" for name, value in best.items()),
        highlight=False,
    )
    console.print(f"run: {run}")


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to test on.")],
    report: Annotated[Path, typer.Argument(help="The report directory to write.")],
    run: Annotated[
        list[Path] | None, typer.Option(help="A trained run to measure beside the counted models.")
    ] = None,
    recipe: RecipeOption = None,
    overrides: SetOption = None,
) -> None:
    """Measure models on the test window, with intervals, and write the report."""
    from srec.data.dataset import Dataset
    from srec.evaluation.report import table, write_report
    from srec.evaluation.settings import EvaluationSettings
    from srec.models import MODELS

    read = Recipe(SECTIONS, recipe, overrides or ())
    counted = {
        name: read.get(entry.load().settings_type) for name, entry in MODELS.items() if not entry.learnt
    }
    runs = {path.name: path for path in run or ()}
    if len(runs) < len(run or ()):
        raise SRecError("two runs have the same name: rename one of their folders")
    with console.status("measuring"):
        result = write_report(report, Dataset(dataset), counted, runs, read.get(EvaluationSettings))
    console.print(table(result))
    for line in result["verdicts"]:
        console.print(line, highlight=False)
    console.print(f"report: {report / 'index.html'}")


@app.command()
def export(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory the run was trained on.")],
    run: Annotated[Path, typer.Argument(help="The run to export.")],
    bundle: Annotated[Path, typer.Argument(help="The bundle directory to write.")],
) -> None:
    """Write all that serving needs into one directory: no torch, no pickle, checksummed."""
    from srec.data.dataset import Dataset
    from srec.inference.export import export as write
    from srec.training.run import Run

    with console.status(f"exporting {run}"):
        write(Dataset(dataset), Run(run), bundle)
    console.print(f"bundle: {bundle}")


@app.command()
def recommend(
    bundle: Annotated[Path, typer.Argument(help="The bundle directory.")],
    liked: Annotated[list[int] | None, typer.Argument(help="Steam app ids, oldest liked first.")] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help="How many games to answer.")] = 10,
    by: Annotated[str, typer.Option(help="The recommender: smart or tags.")] = "smart",
) -> None:
    """Answer one request on the command line."""
    from srec.inference.bundle import Bundle
    from srec.inference.recommender import Recommender

    answer = Recommender(Bundle(bundle)).recommend(liked or [], k=top, recommender=by)
    console.print(answer_table(answer))
    if answer.unknown:
        console.print(f"not known to this bundle: {', '.join(map(str, answer.unknown))}")


@app.command()
def serve(
    bundle: Annotated[Path, typer.Argument(help="The bundle directory.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve the page and the API."""
    import uvicorn

    from srec.serving.app import create_app

    made = create_app(bundle)
    console.print(f"SRec on http://{host}:{port} (API documentation: /docs)")
    uvicorn.run(made, host=host, port=port, log_level="warning", access_log=False)


@app.command()
def reproduce(
    model: Annotated[str, typer.Argument(help="The paper's model: gce-gnn.")],
    dataset: Annotated[str, typer.Option(help="diginetica, tmall, or a folder of the same two files.")],
    data: Annotated[Path, typer.Option(help="Where the named sets are.")] = Path("../shared/data/gce-gnn"),
    protocol: Annotated[
        str, typer.Option(help="paper (epochs chosen on the test set, as the authors do), honest or both.")
    ] = "both",
    seeds: Annotated[int, typer.Option(min=1, help="How many runs, with the seeds 0, 1, ...")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="The most epochs.")] = 20,
    work: Annotated[Path, typer.Option(help="Where runs and results are kept.")] = Path("work/reproduce"),
    threads: ThreadsOption = None,
) -> None:
    """Train a paper's model with its settings, and print what it reaches beside the paper's figures."""
    from srec.evaluation import reproduce as experiment
    from srec.training.process import set_up_process

    if model != "gce-gnn" or protocol not in ("paper", "honest", "both"):
        raise SRecError("there is the model gce-gnn, and the protocols are paper, honest and both")
    set_up_process(threads)
    source = data / dataset if dataset in experiment.PAPER else Path(dataset)
    names: tuple[experiment.Protocol, ...] = ("paper", "honest")
    for name in names:
        if protocol in (name, "both"):
            with training_progress() as watch:
                result = experiment.reproduce(source, work, name, range(seeds), epochs, watch)
            console.print(experiment.table(result))
            console.print(f"result: {work / source.resolve().name / name}.json")


def settings_kinds() -> "list[type[Settings]]":
    """The settings class of every section, in the order of SECTIONS."""
    from srec.data.prepare import PrepareSettings
    from srec.data.simulate import SimulateSettings
    from srec.evaluation.settings import EvaluationSettings
    from srec.features.context import ContextSettings
    from srec.features.tags import TagSettings
    from srec.models import MODELS
    from srec.training.settings import TrainingSettings

    kinds: list[type[Settings]] = [
        SimulateSettings,
        PrepareSettings,
        TagSettings,
        ContextSettings,
        TrainingSettings,
        EvaluationSettings,
    ]
    return kinds + [entry.load().settings_type for entry in MODELS.values()]


def _columns(texts: Sequence[str]) -> dict[str, str]:
    """The mapping of ``ours=theirs`` texts."""
    pairs = [text.partition("=") for text in texts]
    if not all(ours and equals and theirs for ours, equals, theirs in pairs):
        raise SRecError("--column takes ours=theirs, such as user_id=author")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
