"""The benchmarks: each prints a table, then one JSON line, and writes a result file where it is asked to."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from srec.cli.console import console, counting_progress
from srec.cli.options import SETS, DataOption, MemoryOption, WorkOption
from srec.cli.research import alone
from srec.errors import SRecError

ResultOption = Annotated[Path | None, typer.Option(help="A file to write the result to, as JSON.")]


def training(
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, nowplaying, or a folder of two such files.")
    ],
    data: DataOption = SETS,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a block.")] = 20,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks of the model and of the floor.")] = 9,
    result: ResultOption = None,
    work: WorkOption = Path("work/sessions"),
    threads: Annotated[int, typer.Option(min=1, help="Threads to use.")] = 1,
) -> None:
    """Time a training step of GCE-GNN, and where it goes, beside the floor of the same shapes."""
    from srec.bench.training import bench_training, table
    from srec.data.sessions import prepare_sessions
    from srec.evaluation.reproduce import located, model_settings, training_settings
    from srec.training.process import set_up_process

    alone(set_up_process(threads))
    source, name = located(dataset, data)
    prepared = prepare_sessions(source, work / name / "paper", 0.0)
    found = bench_training(prepared, model_settings(name), training_settings("paper", 0, 20), steps, blocks)
    found["dataset"] = name
    console.print(table(found))
    tell(found, result)


def exactness(
    cases: Annotated[int, typer.Option(min=1, help="Of a matrix, a query, a k and a filter.")] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds give other cases.")] = 0,
    result: ResultOption = None,
) -> None:
    """Search random and adversarial matrices with every kernel; each answer must be the reference's."""
    from srec.bench.exactness import fuzz

    with counting_progress("cases", cases) as watch:
        found = fuzz(cases, seed, watch)
    console.print(f"{found['cases']:,} cases, {found['differences']} differences from the reference")
    tell(found, result)
    if found["differences"] or found["outside_bounds"]:
        raise SRecError(
            f"{found['differences']} answers differ from the reference's; the first: {found['first']}"
        )


def inference(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory the run was trained on.")],
    run: Annotated[Path, typer.Argument(help="The trained run.")],
    contenders: Annotated[
        str | None, typer.Option(help="Only these, separated by commas; all if left out.")
    ] = None,
    inputs: Annotated[
        int, typer.Option(min=1, help="Random inputs, and at most as many real ones.")
    ] = 10_000,
    warm_up: Annotated[
        int, typer.Option(min=1, help="Inputs for each contender before the first block.")
    ] = 1_000,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks that the inputs are cut into.")] = 20,
    result: Annotated[
        Path | None, typer.Option(help="A file to write the result to, as JSON; a page beside it, as HTML.")
    ] = None,
) -> None:
    """Time every way to run a model, and compare each one's lists with the exact ones."""
    import torch

    from srec.bench.inference import bench_inference, page, table
    from srec.bench.inference.table import chosen
    from srec.data.dataset import Dataset
    from srec.training.process import set_up_process
    from srec.training.run import Run

    names = chosen(contenders)
    alone(set_up_process(1))
    torch.set_num_interop_threads(1)
    with console.status("reading") as status:
        found = bench_inference(
            Dataset(dataset), Run(run), names, count=inputs, warm=warm_up, blocks=blocks, watch=status.update
        )
    console.print(table(found))
    for one in found["skipped"]:
        console.print(f"skipped: {one['name']}: {one['reason']}", highlight=False, markup=False)
    if result:
        result.with_suffix(".html").write_text(page(found), encoding="utf-8")
    tell(found, result)


def http(
    bundle: Annotated[Path, typer.Argument(help="The bundle directory to serve.")],
    requests: Annotated[int, typer.Option(min=1, help="To the API, and as many for the constant.")] = 20_000,
    result: ResultOption = None,
) -> None:
    """Load the server, beside a constant answer of it; its latencies, cold start and memory."""
    from srec.bench.http import bench_http, table

    found = bench_http(bundle, requests)
    console.print(table(found))
    tell(found, result)


def prepare(
    reviews: Annotated[float, typer.Option(min=1000, help="Reviews to simulate, such as 118e6.")] = 1e6,
    memory: MemoryOption = "3GB",
    threads: Annotated[int, typer.Option(min=1, help="Threads of the database.")] = 2,
    result: ResultOption = None,
    work: Annotated[Path, typer.Option(help="Where the simulation is kept.")] = Path("work/bench-prepare"),
) -> None:
    """Prepare a simulation of any size, beside the one group-by that finds each latest review."""
    from srec.bench.prepare import bench_prepare, table

    with console.status("") as status:
        found = bench_prepare(round(reviews), work, memory, threads, status.update)
    console.print(table(found))
    tell(found, result)


def spark(
    reviews: Annotated[float, typer.Option(min=1000, help="Reviews to simulate, such as 1e6.")] = 1e6,
    memory: MemoryOption = "3GB",
    master: Annotated[str, typer.Option(help="Spark's master.")] = "local[2]",
    result: ResultOption = None,
    work: Annotated[Path, typer.Option(help="Where the simulation is kept.")] = Path("work/bench-prepare"),
) -> None:
    """Prepare one simulation with DuckDB and with Spark; the datasets must be the same, file for file."""
    from srec.bench.spark import bench_spark, table

    with console.status("preparing with both"):
        found = bench_spark(round(reviews), work, memory, master)
    console.print(table(found))
    tell(found, result)
    if found["differing_files"] or not found["same_manifest"]:
        raise SRecError(f"the engines differ in {', '.join(found['differing_files']) or 'the manifest'}")


def tell(found: dict[str, Any], result: Path | None) -> None:
    """Write the result where it is asked for, and print it as one line of JSON for programs."""
    from srec.artifacts import write_json

    if result:
        write_json(result, found)
    print(json.dumps(found))  # noqa: T201 -- a JSON line for programs, not wrapped to the terminal
