"""What ``srec bench prepare`` found, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.results import Part
from srec_bench.markdown import link, markdown_table
from srec_bench.results import BenchResult, DatasetSize


class Step(Part):
    """A step of the preparation: its seconds, the peak of memory in it, and what was spilled to disk."""

    step: str
    seconds: float
    peak_bytes: int
    spilled_bytes: int


class Rows(Part):
    """What a step of the preparation left."""

    step: str
    interactions: int
    users: int
    items: int


class Prepared(Part):
    """The preparation itself, from Parquet to the dataset and the global graph, in a process of its own.

    Attributes:
        seconds: in all.
        peak_bytes: of the process's memory.
        spilled_bytes: on disk, at most at a time.
        steps: as they were done.
        rows: what the filters left.
        dataset: its size.
        average_length: of its sessions.
    """

    seconds: float
    peak_bytes: int
    spilled_bytes: int
    steps: tuple[Step, ...]
    rows: tuple[Rows, ...]
    dataset: DatasetSize
    average_length: float


class Opening(Part):
    """What it costs to open the dataset in a process that does nothing else, and what was seen in it.

    Attributes:
        seconds: until a session was read.
        peak_bytes: of the process's memory.
        interactions: in the dataset.
        items: in the dataset.
        last: the items of its last session.
        tags: how many there are.
        kinds: of metadata.
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
        reviews: that were simulated, not counting edits.
        memory_limit: of the database.
        threads: of the database.
        source_bytes: of the reviews as Parquet.
        group_by_seconds: of the group-by alone, before and after.
        prepared: the preparation.
        times_the_group_by: its seconds to the mean of the group-bys.
        opening: of the dataset.
        dataset_bytes: on disk.
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
    """The steps, and what is to be compared."""
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
    yield "graph. The group-by is DuckDB's, alone, before and after: the one that finds each latest review.\n"
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
