"""The result of ``srec bench training``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec_bench.markdown import link
from srec_bench.results import BenchResult, Setting


class TrainingResult(BenchResult):
    """The time of a step of GCE-GNN; times are medians over blocks.

    Attributes:
        dataset: the dataset's name.
        items: the number of its items.
        threads: the number of the process's threads.
        hops: the hops of the model's global graph.
        batch_size: the number of examples in a step.
        step_ms: milliseconds of a step.
        floor_ms: milliseconds of the floor of the same shapes.
        ratio: the step's time divided by the floor's.
        split_ms: milliseconds of each part of a step, by its name.
        evaluation_examples_per_second: test examples ranked among all items; None in files that predate it.
        peak_memory_mb: the process's peak memory; None in files that predate it.
        steps: the number of steps in a block.
        blocks: the number of blocks of the model, and of the floor.
        model_settings: all settings of the model.
        training_settings: all settings of the training.
    """

    benchmark: Literal["training"] = "training"
    dataset: str
    items: int
    threads: int
    hops: int
    batch_size: int
    step_ms: float
    floor_ms: float
    ratio: float
    split_ms: dict[str, float]
    evaluation_examples_per_second: float | None
    peak_memory_mb: int | None
    steps: int
    blocks: int
    model_settings: dict[str, Setting]
    training_settings: dict[str, Setting]


def terminal_table(result: TrainingResult) -> Table:
    """The times of a step's parts."""
    title = f"{result.dataset}, {result.threads} thread(s), median of {result.blocks} blocks"
    made = Table("part", title=title)
    made.add_column("ms a step", justify="right")
    for name, spent in result.split_ms.items():
        made.add_row(name, f"{spent:.1f}")
    made.add_section()
    made.add_row("a whole step", f"{result.step_ms:.1f}")
    made.add_row("the floor", f"{result.floor_ms:.1f}")
    made.add_row("ratio", f"{result.ratio:.2f}")
    made.add_section()
    made.add_row("examples/s in evaluation", _speed(result))
    return made


def markdown(results: Mapping[str, TrainingResult]) -> Iterator[str]:
    """A training step beside the floor; results by file name."""
    if not results:
        return
    yield "### A training step of GCE-GNN\n"
    yield "`srec bench training` measures the milliseconds of a step (batch 100, dimension 100, full"
    yield "softmax). The floor is the least that these shapes need, in the same process: scoring,"
    yield "cross-entropy, one fused Adam step. Evaluation is test examples ranked among all items in a"
    yield "second.\n"
    rows = [
        [
            f"{result.dataset}, {result.hops} hop(s), {result.threads} thread(s)",
            f"{result.step_ms:.1f}",
            f"{result.floor_ms:.1f}",
            f"{result.ratio:.2f}",
            _speed(result),
            link(name),
        ]
        for name, result in results.items()
    ]
    yield markdown_table(("what", "step", "floor", "ratio", "evaluation", "file"), rows) + "\n"


def _speed(result: TrainingResult) -> str:
    speed = result.evaluation_examples_per_second
    return "-" if speed is None else f"{speed:,.0f}"
