"""The result of ``srec bench prepare``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult, DatasetSize


class PrepareStep(Frozen):
    """A step of the preparation: its seconds, its peak memory, and the bytes it spilled to disk."""

    step: str
    seconds: float
    peak_bytes: int
    spilled_bytes: int


class Rows(Frozen):
    """The rows that a step of the preparation left."""

    step: str
    interactions: int
    users: int
    items: int


class Prepared(Frozen):
    """The preparation itself, from Parquet to the dataset and the global graph, in a process of its own.

    Attributes:
        seconds: the total time.
        peak_bytes: the process's peak memory.
        spilled_bytes: the most bytes on disk at a time.
        steps: the steps, in order.
        rows: the rows that the filters left.
        dataset: the dataset's size.
        average_length: the average length of its sessions.
    """

    seconds: float
    peak_bytes: int
    spilled_bytes: int
    steps: tuple[PrepareStep, ...]
    rows: tuple[Rows, ...]
    dataset: DatasetSize
    average_length: float


class Opening(Frozen):
    """The cost of opening the dataset in a process that does nothing else, and some of its contents.

    Attributes:
        seconds: the time until a session was read.
        peak_bytes: the process's peak memory.
        interactions: the number of interactions in the dataset.
        items: the number of items in the dataset.
        last: the items of its last session.
        tags: the number of tags.
        kinds: the kinds of metadata.
    """

    seconds: float
    peak_bytes: int
    interactions: int
    items: int
    last: tuple[int, ...]
    tags: int
    kinds: int


class PrepareResult(BenchResult):
    """A preparation beside the group-by.

    Attributes:
        reviews: the number of simulated reviews, not counting edits.
        memory_limit: the database's memory limit.
        threads: the database's threads.
        source_bytes: the size of the reviews as Parquet.
        group_by_seconds: the time of the group-by alone, before and after.
        prepared: the preparation.
        times_the_group_by: its seconds divided by the mean of the group-bys.
        opening: the opening of the dataset.
        dataset_bytes: the dataset's size on disk.
    """

    benchmark: Literal["prepare"] = "prepare"
    reviews: int
    memory_limit: str
    threads: int
    source_bytes: int
    group_by_seconds: tuple[float, float]
    prepared: Prepared
    times_the_group_by: float
    opening: Opening
    dataset_bytes: int


def terminal_table(result: PrepareResult) -> Table:
    """The steps, and the figures to compare."""
    made, prepared = (
        Table("step", title=f"{result.reviews:,} reviews, {result.memory_limit}"),
        result.prepared,
    )
    for name in ("seconds", "peak GB", "spilled GB"):
        made.add_column(name, justify="right")
    for step in prepared.steps:
        numbers = (step.seconds, step.peak_bytes / 1e9, step.spilled_bytes / 1e9)
        made.add_row(step.step, *(f"{number:,.2f}" for number in numbers))
    made.add_section()
    peak, spilled = prepared.peak_bytes / 1e9, prepared.spilled_bytes / 1e9
    made.add_row("in all", f"{prepared.seconds:,.1f}", f"{peak:.2f}", f"{spilled:.2f}")
    before, after = result.group_by_seconds
    made.add_row("the group-by alone, before and after", f"{before:.1f}, {after:.1f}", "", "")
    made.add_row("times the group-by", f"{result.times_the_group_by:.2f}", "", "")
    opened = result.opening
    made.add_row("opening the dataset", f"{opened.seconds:.3f}", f"{opened.peak_bytes / 1e9:.2f}", "")
    return made


def markdown(results: Mapping[str, PrepareResult]) -> Iterator[str]:
    """Preparation at several sizes, and with little memory; results by file name."""
    if not results:
        return
    yield "### Preparing reviews\n"
    yield "`srec bench prepare` takes simulated reviews from Parquet to the finished dataset and the global"
    yield "graph. The group-by, which finds the latest reviews, runs alone in DuckDB, before and after.\n"
    rows = [
        [
            f"{result.reviews:,} reviews, {result.memory_limit}",
            f"{prepared.seconds:,.1f}",
            ", ".join(f"{seconds:,.1f}" for seconds in result.group_by_seconds),
            f"{result.times_the_group_by:.2f}",
            f"{1e6 * prepared.seconds / prepared.rows[0].interactions:.2f}",
            f"{prepared.peak_bytes / 1e9:.2f}",
            f"{prepared.spilled_bytes / 1e9:.1f}",
            f"{result.opening.seconds:.3f}",
            link(name),
        ]
        for name, result in sorted(results.items(), key=lambda one: (one[1].reviews, one[1].prepared.seconds))
        for prepared in [result.prepared]
    ]
    costs = ("seconds", "group-by", "ratio", "s a million", "peak GB", "spilled GB", "opening, s")
    yield markdown_table(("what", *costs, "file"), rows) + "\n"
