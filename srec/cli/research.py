"""The commands for researchers: reproduce papers, compare models."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from srec.cli.console import console
from srec.cli.options import DataOption, PlayersOption, RecipeOption, SetOption, ThreadsOption, WorkOption
from srec.cli.tables import leaderboard_table, reproduction_table
from srec.errors import SRecError
from srec.progress import training_progress

if TYPE_CHECKING:
    from srec.training.settings import Metric
    from srec.training.workers import Workers


def reproduce(
    model: Annotated[str, typer.Argument(help="The paper's model: gce-gnn.")],
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, nowplaying, or a folder with the same files.")
    ],
    data: DataOption = None,
    protocol: Annotated[
        str, typer.Option(help="paper (chooses epochs on the test set, as the authors do), honest or both.")
    ] = "both",
    seeds: Annotated[int, typer.Option(min=1, help="How many runs, with the seeds 0, 1, ...")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="The most epochs; paper trains all of them.")] = 20,
    overrides: SetOption = None,
    work: WorkOption = Path("work/sessions"),
    threads: ThreadsOption = None,
) -> None:
    """Train a paper's model with its settings, and print its results beside the paper's figures."""
    from srec.experiments.reproduce import reproduce as train
    from srec.training.process import set_up_process

    names: tuple[Literal["paper", "honest"], ...] = ("paper", "honest")
    if protocol not in (*names, "both"):
        raise SRecError("there is the model gce-gnn, and the protocols are paper, honest and both")
    alone(set_up_process())
    for name in names:
        if protocol in (name, "both"):
            with training_progress(console) as watch:
                result = train(
                    model,
                    dataset,
                    protocol=name,
                    data=data,
                    seeds=seeds,
                    epochs=epochs,
                    overrides=overrides or (),
                    work=work,
                    threads=threads,
                    watch=watch,
                    told=console.print,
                )
            console.print(reproduction_table(result))
            console.print(f"result: {result.path}")


def leaderboard(
    dataset: Annotated[
        str, typer.Option(help="diginetica, tmall, nowplaying, a folder with the same files, or a dataset.")
    ],
    data: DataOption = None,
    players: PlayersOption = None,
    rows: Annotated[
        str | None, typer.Option(help="Only these rows, separated by commas; all if left out.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each trained model.")] = 1,
    target: Annotated[
        Path | None,
        typer.Option(help="The folder of rows and tables; if left out, one in --work, by name and settings."),
    ] = None,
    work: WorkOption = Path("work/sessions"),
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train or count every model that fits a dataset, and print one table; existing rows are kept."""
    from srec.api.models import leaderboard as fill
    from srec.training.process import set_up_process

    alone(set_up_process())
    result = fill(
        dataset,
        rows=None if rows is None else [name.strip() for name in rows.split(",")],
        seeds=seeds,
        players=players,
        data=data,
        work=work,
        target=target,
        recipe=recipe,
        overrides=overrides or (),
        threads=threads,
        progress=True,
    )
    console.print(leaderboard_table(result))
    assert result.path is not None
    console.print(f"leaderboard: {result.path.parent}")


def tune(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory.")],
    target: Annotated[Path, typer.Argument(help="The folder of the trials; another call goes on with them.")],
    model: Annotated[str, typer.Option(help="The model whose settings are searched.")],
    minutes: Annotated[float, typer.Option(min=0, help="No trial begins after this many minutes.")] = 30.0,
    metric: Annotated[str, typer.Option(help="What to maximise on the validation window.")] = "MRR@20",
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Search a model's settings on the validation window; the best are written as a recipe."""
    from typing import get_args

    from srec.experiments.tuning import BEST
    from srec.experiments.tuning import tune as search
    from srec.training.process import set_up_process
    from srec.training.settings import Metric

    if metric not in get_args(Metric):
        raise SRecError(f"there is no metric {metric}; there are {', '.join(get_args(Metric))}")
    alone(set_up_process())
    with training_progress(console) as watch:
        found = search(
            dataset,
            model,
            target,
            minutes=minutes,
            metric=cast("Metric", metric),
            recipe=recipe,
            overrides=overrides or (),
            threads=threads,
            watch=watch,
            told=lambda line: console.print(line, highlight=False, markup=False),
        )
    console.print(f"trials: {len(found.trials)}, the best in {target / BEST}")


def alone(workers: "Workers") -> None:
    """Refuse to run as one of several processes."""
    if workers.count > 1:
        raise SRecError("this command runs in one process: only srec train works with torchrun")
