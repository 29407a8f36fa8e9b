"""The benchmarks of what visitors get."""

from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.cli.options import RecipeOption, WorkOption
from srec_bench.told import ResultOption, show, tell


def visitors(
    dataset: Annotated[Path, typer.Argument(help="The dataset directory to count the models from.")],
    players: Annotated[Path, typer.Option(help="Parquet of players: user_id, app_id, hours.")],
    draws: Annotated[int, typer.Option(min=1, help="How often each player names games.")] = 4,
    result: ResultOption = None,
) -> None:
    """Measure what players of real libraries and fifteen tastes get from the default recommender."""
    from srec.dataset.dataset import Dataset
    from srec_bench.visitors.bench import bench_visitors
    from srec_bench.visitors.result import terminal_lines

    found = bench_visitors(Dataset(dataset), players, draws=draws)
    show(terminal_lines(found))
    tell(found, result)


def dislikes(
    dataset: Annotated[Path, typer.Argument(help="A dataset directory; its users are divided anew.")],
    result: ResultOption = None,
) -> None:
    """Measure how many disliked games an answer has, with and without what dislikes teach."""
    from srec.dataset.dataset import Dataset
    from srec_bench.visitors.dislikes import bench_dislikes, markdown

    found = bench_dislikes(Dataset(dataset))
    show(markdown({"": found}))
    tell(found, result)


def window(
    dataset: Annotated[Path, typer.Argument(help="A dataset directory whose split is by time.")],
    run: Annotated[Path, typer.Argument(help="A run of GCE-GNN on it.")],
    result: ResultOption = None,
) -> None:
    """Measure which next games are found on and off the popular list, in a window of time."""
    from srec.dataset.dataset import Dataset
    from srec.training.runs import Run
    from srec_bench.visitors.window import bench_window, markdown

    found = bench_window(Dataset(dataset), Run(run))
    show(markdown({"": found}))
    tell(found, result)


def newcomers(
    bundle: Annotated[Path, typer.Argument(help="The bundle that answers.")],
    dataset: Annotated[Path, typer.Argument(help="The dataset directory that it was made of.")],
    result: ResultOption = None,
) -> None:
    """Show what ten people who name few games get from the page, with the reasons that it gives."""
    from srec.dataset.dataset import Dataset
    from srec.inference.bundle import Bundle
    from srec_bench.visitors.newcomers import bench_newcomers, markdown

    found = bench_newcomers(Bundle(bundle), Dataset(dataset))
    show(markdown(found))
    tell(found, result)


def again(
    dataset: Annotated[
        Path, typer.Argument(help="A dataset directory; its validation window is what is added.")
    ],
    model: Annotated[
        list[str] | None, typer.Option(help="A learnt model to train again too; may be repeated.")
    ] = None,
    recipe: RecipeOption = None,
    work: WorkOption = Path("work/again"),
    result: ResultOption = None,
) -> None:
    """Measure how much of an answer stays with another seed, and when the last days' reviews are added."""
    from srec.dataset.dataset import Dataset
    from srec.recipes import read_recipe
    from srec_bench.visitors.again import bench_again, markdown

    with console.status("") as status:
        found = bench_again(
            Dataset(dataset), tuple(model or ()), work, recipe=read_recipe(recipe), say=status.update
        )
    show(markdown({"": found}))
    tell(found, result)
