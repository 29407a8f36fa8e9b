"""What a person sees in the terminal: tables, and the progress of long work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from srec.inference.answers import Answer
    from srec.store.ingestion import Summary
    from srec.training.loop import Step, Watch

console = Console()


def ingestion_table(summary: "Summary") -> Table:
    """How many rows were read, and what became of them."""
    table = Table("table", title=f"Read from {summary.source}")
    for name in ("read", "added", "replaced", "repeated", "rejected"):
        table.add_column(name, justify="right")
    for name, counts in summary.tables.items():
        numbers = (counts.read, counts.added, counts.replaced, counts.repeated, counts.rejected)
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return table


def answer_table(answer: "Answer") -> Table:
    """The games of an answer, with names and the tags in common."""
    rows = Table("", "app id", "game", "score", "tags in common", title=f"{answer.recommender} recommender")
    for place, game in enumerate(answer.games, 1):
        tags = ", ".join(game.shared_tags)
        rows.add_row(str(place), str(game.app_id), escape(game.name), f"{game.score:.3f}", escape(tags))
    return rows


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
