"""The benchmarks: each prints a table, then one JSON line, and can write a result file."""

from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.cli.options import DataOption, MemoryOption, WorkOption
from srec.cli.research import alone
from srec.errors import SRecError
from srec.progress import counting_progress
from srec_bench import asking, operating
from srec_bench.told import ResultOption, tell

app = typer.Typer(help="Benchmarks: contenders interleaved in one process, a table, then one JSON line.")
app.command()(asking.visitors)
app.command()(asking.dislikes)
app.command()(asking.window)
app.command()(asking.newcomers)
app.command()(asking.again)
app.command()(operating.privacy)
app.command()(operating.soak)
app.command()(operating.swaps)
app.command()(operating.updates)
app.command()(operating.warm)


@app.command()
def training(
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, nowplaying, or a folder with the same files.")
    ],
    data: DataOption = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps in each block.")] = 20,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks of the model and of the floor.")] = 9,
    result: ResultOption = None,
    work: WorkOption = Path("work/sessions"),
    threads: Annotated[int, typer.Option(min=1, help="Threads to use.")] = 1,
) -> None:
    """Time a training step of GCE-GNN and its parts, beside the floor of the same shapes."""
    from srec.dataset.sessions import prepare_sessions
    from srec.experiments.reproduce import training_settings
    from srec.experiments.sets import located, model_settings
    from srec.training.process import computing, set_up_process
    from srec_bench.training.bench import bench_training
    from srec_bench.training.result import terminal_table

    alone(set_up_process())
    source, name = located(dataset, data)
    prepared = prepare_sessions(source, work / name / "paper", 0.0)
    with computing(threads):
        found = bench_training(
            prepared,
            model_settings(name),
            training_settings("paper", 0, 20),
            name=name,
            steps=steps,
            blocks=blocks,
        )
    console.print(terminal_table(found))
    tell(found, result)


@app.command()
def exactness(
    cases: Annotated[int, typer.Option(min=1, help="Searches to compare.")] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds give other cases.")] = 0,
    result: ResultOption = None,
) -> None:
    """Search random and adversarial matrices with every kernel; each answer must be the reference's."""
    from srec_bench.exactness.bench import bench_exactness
    from srec_bench.exactness.result import terminal_line

    with counting_progress(console, "cases", cases) as counted:
        found = bench_exactness(cases, seed, counted)
    console.print(terminal_line(found))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


@app.command()
def fuzz(
    cases: Annotated[int, typer.Option(min=1, help="Changed files to read.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds make other changes.")] = 0,
    work: WorkOption = Path("work/fuzz"),
    result: ResultOption = None,
) -> None:
    """Read whatever SRec reads, changed at random; each must be refused in one line, or read well.

    The same command goes on where it was stopped. Files that end badly are kept in WORK/failed.
    """
    from srec_bench.fuzz.bench import bench_fuzz
    from srec_bench.fuzz.result import terminal_table

    with counting_progress(console, "cases", cases) as counted:
        found = bench_fuzz(work, cases=cases, seed=seed, counted=counted)
    console.print(terminal_table(found))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


@app.command()
def making(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to make a bundle of.")],
    result: ResultOption = None,
) -> None:
    """Time the way from a dataset to a verified bundle of the default recommender, and its memory."""
    from srec.dataset.dataset import Dataset
    from srec_bench.making import HEADINGS, bench_making, cells

    found = bench_making(Dataset(dataset))
    console.print(", ".join(f"{name} {cell}" for name, cell in zip(HEADINGS, cells(found), strict=False)))
    tell(found, result)


@app.command()
def inference(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory that the run was trained on.")],
    run: Annotated[Path, typer.Argument(help="The trained run.")],
    contenders: Annotated[
        str | None, typer.Option(help="Only these contenders, separated by commas; all if left out.")
    ] = None,
    inputs: Annotated[
        int, typer.Option(min=1, help="Random inputs; real inputs are at most the same number.")
    ] = 10_000,
    warm_up: Annotated[
        int, typer.Option(min=1, help="Warm-up inputs for each contender before the first block.")
    ] = 1_000,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks that the inputs are cut into.")] = 20,
    result: Annotated[
        Path | None, typer.Option(help="A JSON file for the result; an HTML page is written beside it.")
    ] = None,
) -> None:
    """Time every way to run a model, and compare each one's lists with the exact ones."""
    import torch

    from srec.dataset.dataset import Dataset
    from srec.training.process import computing, set_up_process
    from srec.training.runs import Run
    from srec_bench.inference.bench import bench_inference
    from srec_bench.inference.contenders import chosen
    from srec_bench.inference.page import page
    from srec_bench.inference.shown import terminal_table

    names = chosen(contenders)
    alone(set_up_process())
    torch.set_num_interop_threads(1)
    with console.status("reading") as status, computing(1):
        found = bench_inference(
            Dataset(dataset), Run(run), names, count=inputs, warm=warm_up, blocks=blocks, say=status.update
        )
    console.print(terminal_table(found))
    for one in found.skipped:
        console.print(f"skipped: {one.name}: {one.reason}", highlight=False, markup=False)
    if result:
        result.with_suffix(".html").write_text(page(found), encoding="utf-8")
    tell(found, result)


@app.command()
def answers(
    games: Annotated[int, typer.Option(min=10, help="Games to make up.")] = 42_429,
    requests: Annotated[int, typer.Option(min=1, help="Lists of games to ask each model for.")] = 10_000,
    result: ResultOption = None,
) -> None:
    """Time answers of GCE-GNN and of a sum for the same games, without and with filters, on one core."""
    from srec_bench.answers.bench import bench_answers
    from srec_bench.answers.result import terminal_table

    with console.status("") as status:
        found = bench_answers(games, requests, status.update)
    console.print(terminal_table(found))
    tell(found, result)


@app.command()
def http(
    bundle: Annotated[Path, typer.Argument(help="The bundle directory to serve.")],
    requests: Annotated[int, typer.Option(min=1, help="Requests to each, API and constant.")] = 20_000,
    result: ResultOption = None,
) -> None:
    """Load the server and compare it with a constant answer; also its latencies, cold start and memory."""
    from srec_bench.http.bench import bench_http
    from srec_bench.http.result import terminal_table

    found = bench_http(bundle, requests)
    console.print(terminal_table(found))
    tell(found, result)


@app.command()
def prepare(
    reviews: Annotated[float, typer.Option(min=1000, help="Reviews to simulate, such as 118e6.")] = 1e6,
    memory: MemoryOption = "3GB",
    threads: Annotated[int, typer.Option(min=1, help="The database's threads.")] = 2,
    result: ResultOption = None,
    work: Annotated[Path, typer.Option(help="Where the simulation is kept.")] = Path("work/bench-prepare"),
) -> None:
    """Prepare a simulation of any size, beside the group-by that finds the latest reviews."""
    from srec_bench.prepare.bench import bench_prepare
    from srec_bench.prepare.result import terminal_table

    with console.status("") as status:
        found = bench_prepare(round(reviews), work, memory_limit=memory, threads=threads, say=status.update)
    console.print(terminal_table(found))
    tell(found, result)


@app.command()
def spark(
    reviews: Annotated[float, typer.Option(min=1000, help="Reviews to simulate, such as 1e6.")] = 1e6,
    memory: MemoryOption = "3GB",
    master: Annotated[str, typer.Option(help="Spark's master.")] = "local[2]",
    result: ResultOption = None,
    work: Annotated[Path, typer.Option(help="Where the simulation is kept.")] = Path("work/bench-prepare"),
) -> None:
    """Prepare one simulation with DuckDB and with Spark; the datasets must be the same, file for file."""
    from srec_bench.spark.bench import bench_spark
    from srec_bench.spark.result import terminal_table

    with console.status("preparing with both"):
        found = bench_spark(round(reviews), work, memory_limit=memory, master=master)
    console.print(terminal_table(found))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


@app.command()
def crawl(
    seed: Annotated[int, typer.Option(min=0, help="Seeds the games, the faults and the kills.")] = 0,
    faults: Annotated[int, typer.Option(min=1, help="The least number of faults.")] = 200,
    kills: Annotated[int, typer.Option(min=0, help="How often the crawl is killed.")] = 20,
    store: Annotated[
        str | None, typer.Option(help="Where to create the store; a temporary file if left out.")
    ] = None,
    result: ResultOption = None,
) -> None:
    """Crawl a fake Steam that fails in every known way, with many kills, and compare with the truth."""
    try:
        from srec_bench.crawl.bench import bench_crawl
    except ModuleNotFoundError as error:
        if error.name != "fakes":
            raise
        raise SRecError(
            "srec bench crawl needs a checkout of SRec, because the fake Steam is part of its tests"
        ) from error
    from srec_bench.crawl.result import terminal_table

    with console.status("crawling, and being killed"):
        found = bench_crawl(seed, faults=faults, kills=kills, store=store)
    console.print(terminal_table(found))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


@app.command()
def store(
    store: Annotated[str, typer.Argument(help="An empty store: a path, or a postgresql:// URL.")],
    reviews: Annotated[int, typer.Option(min=1, help="Reviews to simulate.")] = 1_000_000,
    result: ResultOption = None,
    work: WorkOption = Path("work/stores"),
    memory: MemoryOption = "2GB",
) -> None:
    """Time moving reviews into a store, out of it and to Parquet, beside a DuckDB file."""
    from srec_bench.store.bench import bench_store
    from srec_bench.store.result import terminal_table

    with console.status("measuring") as status:
        found = bench_store(store, reviews, work, memory_limit=memory, say=status.update)
    console.print(terminal_table(found))
    tell(found, result)
