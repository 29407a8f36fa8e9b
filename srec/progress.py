"""The progress of long work, in a terminal or a notebook."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rich.console import Console

from srec.terminal import PlainConsole

if TYPE_CHECKING:
    from srec.training.loop import Step


def console_for(progress: bool | None) -> Console:
    """The console that shows progress.

    Args:
        progress: whether to show progress; None shows it in a terminal and in a notebook.
    """
    console = PlainConsole()
    if progress is None:
        progress = console.is_terminal or console.is_jupyter
    if console.is_jupyter and find_spec("ipywidgets") is None:
        # Bars in a notebook need that library; lines do not.
        console = PlainConsole(force_jupyter=False, force_terminal=False)
    console.quiet = not progress
    return console


@contextmanager
def training_progress(console: Console) -> "Iterator[Callable[[Step], None]]":
    """A bar for each epoch of a training; if bars cannot move, a line after each epoch."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} steps, loss {task.fields[loss]:.3f},"),
        TextColumn("{task.fields[speed]:,.0f} examples/s,"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        tasks: dict[tuple[str, int], Any] = {}

        def watch(step: "Step") -> None:
            key = (step.stage, step.epoch)
            if key not in tasks:
                name = f"{step.stage}: epoch {step.epoch} of at most {step.epochs}"
                tasks[key] = bar.add_task(name, total=step.steps, loss=0.0, speed=0.0)
            bar.update(tasks[key], completed=step.step, loss=step.loss, speed=step.examples_per_second)
            if step.step == step.steps and not console.is_terminal:
                console.print(
                    f"{step.stage}: epoch {step.epoch} done, {step.examples_per_second:,.0f} examples/s"
                )

        yield watch


@contextmanager
def counting_progress(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar for work that is counted, with the remaining time."""
    from rich.progress import Progress

    with Progress(console=console) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
