"""The terminal, and the progress of long work in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from srec.training.loop import Step, Watch

console = Console()


@contextmanager
def training_progress() -> "Iterator[Watch]":
    """A progress bar for training: one line an epoch."""
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
def counting_progress(what: str, total: int) -> "Iterator[Callable[[int], None]]":
    """A progress bar for work that is counted, with the time that is left."""
    from rich.progress import Progress

    with Progress(console=console) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
