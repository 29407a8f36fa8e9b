"""The commands of the researcher: papers reproduced, models compared."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srec.cli.console import console, training_progress
from srec.cli.options import (
    SETS,
    DataOption,
    RecipeOption,
    SetOption,
    ThreadsOption,
    WorkOption,
)
from srec.errors import SRecError
from srec.recipes import read_recipe

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
    from srec.experiments import reproduce as experiment
    from srec.training.process import set_up_process

    if model != "gce-gnn" or protocol not in ("paper", "honest", "both"):
        raise SRecError("there is the model gce-gnn, and the protocols are paper, honest and both")
    alone(set_up_process(threads))
    (source, called), changes = experiment.located(dataset, data), overrides or ()
    names: tuple[experiment.Protocol, ...] = ("paper", "honest")
    for name in names:
        if protocol in (name, "both"):
            with training_progress() as watch:
                result = experiment.reproduce(
                    source, called, work, name, range(seeds), epochs, changes, watch
                )
            console.print(experiment.table(result))
            differing = experiment.differences(epochs, changes)
            console.print(f"result: {experiment.result_file(work, called, name, differing)}")


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
        typer.Option(help="The folder of rows and tables; if left out, in --work by name and settings."),
    ] = None,
    work: WorkOption = Path("work/sessions"),
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train or count every model that fits a dataset, and print one table; known rows are not made again."""
    from srec.artifacts import MANIFEST
    from srec.dataset.dataset import Dataset
    from srec.dataset.sessions import prepare_sessions
    from srec.evaluation.settings import EvaluationSettings
    from srec.experiments import leaderboard as board
    from srec.experiments.reproduce import HELD_OUT, PAPER, located
    from srec.experiments.rows import changed
    from srec.models import MODELS
    from srec.training.process import set_up_process

    alone(set_up_process(threads))
    if dataset not in PAPER and (Path(dataset) / MANIFEST).is_file():
        prepared, name = Dataset(Path(dataset)), Path(dataset).resolve().name
        folder = work / f"{name}-{prepared.fingerprint[:8]}"
    else:
        source, name = located(dataset, data)
        folder = work / name
        prepared = prepare_sessions(source, folder / "honest", HELD_OUT)
    # A recipe is shared by commands, and has what others read; what is set for this one must be read here.
    changed(overrides or (), (model for model, entry in MODELS.items() if entry.fits(prepared)))
    read = read_recipe(recipe, overrides or ())
    every, usual = (board.rows(prepared, name, one) for one in (read, read_recipe()))
    wanted = board.chosen(every, rows)
    # Other settings have places of their own: what was measured before stays.
    settings, usually = (board.digest(one, prepared) for one in (every, usual))
    where, runs = (
        folder / (kind if settings == usually else f"{kind}-{settings}") for kind in ("leaderboard", "runs")
    )
    where = target or where
    batch_size = read.get(EvaluationSettings).batch_size
    with training_progress() as watch:
        result = board.leaderboard(
            prepared, name, every, wanted, range(seeds), runs, where, watch, console.print, batch_size
        )
    console.print(board.table(result))
    console.print(f"leaderboard: {where}")


def alone(workers: "Workers") -> None:
    """Refuse to be one of several processes."""
    if workers.count > 1:
        raise SRecError("this command runs in one process: torchrun is for srec train")
