"""The commands of the researcher: papers reproduced, models compared."""

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
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, nowplaying, or a folder of two such files.")
    ],
    data: DataOption = SETS,
    protocol: Annotated[
        str, typer.Option(help="paper (epochs chosen on the test set, as the authors do), honest or both.")
    ] = "both",
    seeds: Annotated[int, typer.Option(min=1, help="How many runs, with the seeds 0, 1, ...")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="The most epochs; all of them under paper.")] = 20,
    overrides: SetOption = None,
    work: WorkOption = Path("work/sessions"),
    threads: ThreadsOption = None,
) -> None:
    """Train a paper's model with its settings, and print what it reaches beside the paper's figures."""
    from srec.evaluation import reproduce as experiment
    from srec.training.process import set_up_process

    if model != "gce-gnn" or protocol not in ("paper", "honest", "both"):
        raise SRecError("there is the model gce-gnn, and the protocols are paper, honest and both")
    alone(set_up_process(threads))
    source, changes = data / dataset if dataset in experiment.PAPER else Path(dataset), overrides or ()
    names: tuple[experiment.Protocol, ...] = ("paper", "honest")
    for name in names:
        if protocol in (name, "both"):
            with training_progress() as watch:
                result = experiment.reproduce(source, work, name, range(seeds), epochs, changes, watch)
            console.print(experiment.table(result))
            differing = experiment.differences(epochs, changes)
            console.print(f"result: {experiment.result_file(work, source.resolve().name, name, differing)}")


def leaderboard(
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, nowplaying, a folder of two such files, or a dataset.")
    ],
    data: DataOption = SETS,
    rows: Annotated[
        str | None, typer.Option(help="Only these, separated by commas; all if left out.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each trained model.")] = 1,
    target: Annotated[
        Path | None,
        typer.Option(help="The folder of rows and tables; if left out, in --work by NAME and --set."),
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

    alone(set_up_process(threads))
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
    # Changed settings have places of their own: what was measured before stays.
    where, runs = (folder / "-".join((kind, *(overrides or ()))) for kind in ("leaderboard", "runs"))
    where = target or where
    with training_progress() as watch:
        result = board.leaderboard(
            prepared, name, every, wanted, range(seeds), runs, where, watch, console.print
        )
    console.print(board.table(result))
    console.print(f"leaderboard: {where}")


def alone(workers: "Workers") -> None:
    """Refuse to be one of several processes."""
    if workers.count > 1:
        raise SRecError("this command runs in one process: torchrun is for srec train")
