"""The commands of the researcher: papers reproduced, steps timed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srec.cli.console import console, training_progress
from srec.cli.options import (
    SECTIONS,
    SETS,
    DataOption,
    RecipeOption,
    SetOption,
    ThreadsOption,
    WorkOption,
)
from srec.errors import SRecError
from srec.settings import Recipe

if TYPE_CHECKING:
    from srec.training.workers import Workers


def reproduce(
    model: Annotated[str, typer.Argument(help="The paper's model: gce-gnn.")],
    dataset: Annotated[str, typer.Option(help="diginetica, tmall, or a folder of the same two files.")],
    data: DataOption = SETS,
    protocol: Annotated[
        str, typer.Option(help="paper (epochs chosen on the test set, as the authors do), honest or both.")
    ] = "both",
    seeds: Annotated[int, typer.Option(min=1, help="How many runs, with the seeds 0, 1, ...")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="The most epochs.")] = 20,
    overrides: SetOption = None,
    work: WorkOption = Path("work/sessions"),
    threads: ThreadsOption = None,
) -> None:
    """Train a paper's model with its settings, and print what it reaches beside the paper's figures."""
    from srec.evaluation import reproduce as experiment
    from srec.training.process import set_up_process

    if model != "gce-gnn" or protocol not in ("paper", "honest", "both"):
        raise SRecError("there is the model gce-gnn, and the protocols are paper, honest and both")
    _alone(set_up_process(threads))
    source, changes = data / dataset if dataset in experiment.PAPER else Path(dataset), overrides or ()
    names: tuple[experiment.Protocol, ...] = ("paper", "honest")
    for name in names:
        if protocol in (name, "both"):
            with training_progress() as watch:
                result = experiment.reproduce(source, work, name, range(seeds), epochs, changes, watch)
            console.print(experiment.table(result))
            console.print(f"result: {experiment.result_file(work, source.resolve().name, name, changes)}")


def leaderboard(
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, a folder of the same two files, or a dataset directory.")
    ],
    data: DataOption = SETS,
    rows: Annotated[
        str | None, typer.Option(help="Only these, separated by commas; all if left out.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each trained model.")] = 1,
    target: Annotated[
        Path | None,
        typer.Option(help="The folder of rows and tables; NAME/leaderboard in --work if left out."),
    ] = None,
    work: WorkOption = Path("work/sessions"),
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train or count every model that fits a dataset, and print one table; known rows are not made again."""
    from srec.artifacts import MANIFEST
    from srec.data.dataset import Dataset
    from srec.data.sessions import prepare_sessions
    from srec.evaluation import leaderboard as board
    from srec.evaluation.reproduce import HELD_OUT, PAPER
    from srec.training.process import set_up_process

    _alone(set_up_process(threads))
    source = data / dataset if dataset in PAPER else Path(dataset)
    name = source.resolve().name
    if (source / MANIFEST).is_file():
        prepared = Dataset(source)
        folder = work / f"{name}-{prepared.fingerprint[:8]}"
    else:
        folder = work / name
        prepared = prepare_sessions(source, folder / "honest", HELD_OUT)
    every = board.rows(prepared, name, Recipe(SECTIONS, recipe, overrides or ()))
    wanted = board.chosen(every, rows)
    where = target or folder / "leaderboard"
    with training_progress() as watch:
        result = board.leaderboard(
            prepared, name, every, wanted, range(seeds), folder / "runs", where, watch, console.print
        )
    console.print(board.table(result))
    console.print(f"leaderboard: {where}")


def bench_training(
    dataset: Annotated[str, typer.Option(help="diginetica, tmall, or a folder of the same two files.")],
    data: DataOption = SETS,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a block.")] = 20,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks of the model and of the floor.")] = 9,
    result: Annotated[Path | None, typer.Option(help="A file to write the result to, as JSON.")] = None,
    work: WorkOption = Path("work/sessions"),
    threads: Annotated[int, typer.Option(min=1, help="Threads to use.")] = 1,
) -> None:
    """Time a training step of GCE-GNN, and where it goes, beside the floor of the same shapes."""
    from srec.artifacts import write_json
    from srec.bench import training
    from srec.data.sessions import prepare_sessions
    from srec.evaluation.reproduce import PAPER, model_settings, training_settings
    from srec.training.process import set_up_process

    _alone(set_up_process(threads))
    source = data / dataset if dataset in PAPER else Path(dataset)
    name = source.resolve().name
    prepared = prepare_sessions(source, work / name / "paper", 0.0)
    found = training.bench_training(
        prepared, model_settings(name), training_settings("paper", 0, 20), steps, blocks
    )
    found["dataset"] = name
    console.print(training.table(found))
    if result:
        write_json(result, found)
    print(json.dumps(found))  # noqa: T201 -- a JSON line for programs, not wrapped to the terminal


def _alone(workers: "Workers") -> None:
    if workers.count > 1:
        raise SRecError("this command runs in one process: torchrun is for srec train")
