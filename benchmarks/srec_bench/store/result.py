"""The result of ``srec bench store``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class StoreStep(Frozen):
    """A step: how many reviews, how fast, and the peak memory of the process in MB of 10^6 bytes."""

    seconds: float
    rows: int
    rows_per_second: float
    peak_mb: float


class StoreCost(Frozen):
    """The figures of a store.

    Attributes:
        steps: the steps by name, in order.
        bytes: its size on disk at the end.
    """

    steps: dict[str, StoreStep]
    bytes: int


class StoreResult(BenchResult):
    """A store beside a DuckDB file.

    Attributes:
        reviews: the number of simulated reviews, not counting edits.
        memory_limit: DuckDB's memory limit in each step.
        kind: the kind of store: postgresql or duckdb.
        store: the figures of the store.
        beside: the figures of the DuckDB file.
        ratios: by step, the store's seconds divided by the file's.
    """

    benchmark: Literal["store"] = "store"
    reviews: int
    memory_limit: str
    kind: str
    store: StoreCost
    beside: StoreCost
    ratios: dict[str, float]


def terminal_table(result: StoreResult) -> Table:
    """The steps of both stores."""
    made = Table("store", "step", title=f"{result.reviews:,} simulated reviews")
    for name in ("s", "rows/s", "peak MB", "ratio"):
        made.add_column(name, justify="right")
    for name, measured, ratios in (
        (result.kind, result.store, result.ratios),
        ("beside", result.beside, dict[str, float]()),
    ):
        for step, one in measured.steps.items():
            ratio = f"{ratios[step]:.2f}" if step in ratios else ""
            numbers = (f"{one.seconds:.1f}", f"{one.rows_per_second:,.0f}", f"{one.peak_mb:,.0f}")
            made.add_row(name, step, *numbers, ratio)
        made.add_row(name, "MB on disk", f"{measured.bytes / 1e6:,.0f}")
        made.add_section()
    return made


def markdown(results: Mapping[str, StoreResult]) -> Iterator[str]:
    """PostgreSQL as a store, beside a DuckDB file; results by file name."""
    for name, result in results.items():
        yield "### A store in PostgreSQL\n"
        yield f"`srec bench store` moves {result.reviews:,} simulated reviews, beside a DuckDB file in the"
        yield "same run. Every step is a process of its own, and its memory does not include the server's.\n"
        rows = [
            [
                step,
                f"{one.seconds:,.1f}",
                f"{beside.seconds:,.1f}",
                f"{one.rows_per_second:,.0f}",
                f"{one.peak_mb:,.0f}",
                f"{beside.peak_mb:,.0f}",
            ]
            for step, one in result.store.steps.items()
            for beside in [result.beside.steps[step]]
        ]
        head = ("step", "seconds", "DuckDB", "rows a second", "peak MB", "DuckDB")
        yield markdown_table(head, rows) + "\n"
        sizes = " and ".join(f"{one.bytes / 1e6:,.0f} MB" for one in (result.store, result.beside))
        yield f"They take {sizes} on disk. File: {link(name)}.\n"
