"""The result of ``srec bench answers``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.inference.result import Reading
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class Cost(Frozen):
    """What an answer costs.

    Attributes:
        plain_us: the processor time of an answer without filters, in microseconds, the median over blocks.
        filtered_us: of one with three filters.
        split_us: microseconds of each part of an answer with filters, by its name; measured apart from the
            whole, with a clock around each part.
        plain_read: what the search reads for an answer without filters, the mean.
        filtered_read: for one with three filters.
    """

    plain_us: float
    filtered_us: float
    split_us: dict[str, float]
    plain_read: Reading
    filtered_read: Reading


class AnswersResult(BenchResult):
    """What an answer of the sum costs, beside one of GCE-GNN for the same games.

    Attributes:
        games: how many there are.
        requests: how many lists of 1 to 5 random games each was asked for.
        k: the games of an answer.
        allowed: the share of the games that meet the filters.
        kernel: what searched.
        gce_gnn: its cost.
        sum: that of the sum.
        ratio: GCE-GNN's time without filters divided by the sum's with three, the median over blocks.
        ratio_filtered: the same, both with filters.
    """

    benchmark: Literal["answers"] = "answers"
    games: int
    requests: int
    k: int
    allowed: float
    kernel: str
    gce_gnn: Cost
    sum: Cost
    ratio: float
    ratio_filtered: float


def terminal_table(result: AnswersResult) -> Table:
    """Both costs and their parts."""
    made = Table("µs of processor time", title=f"{result.games:,} games, the {result.k} best of them")
    for name in ("GCE-GNN", "sum"):
        made.add_column(name, justify="right")
    both = (result.gce_gnn, result.sum)
    made.add_row("an answer", *(f"{one.plain_us:.0f}" for one in both))
    made.add_row("an answer with three filters", *(f"{one.filtered_us:.0f}" for one in both))
    made.add_section()
    for part in dict.fromkeys(part for one in both for part in one.split_us):
        shown = (one.split_us.get(part) for one in both)
        made.add_row(part, *("" if spent is None else f"{spent:.0f}" for spent in shown))
    made.add_section()
    made.add_row("rows scored", *(f"{one.filtered_read.rescored:.0f}" for one in both))
    made.add_row("blocks opened", *(f"{one.filtered_read.opened:.1%}" for one in both))
    made.add_section()
    made.add_row("GCE-GNN without filters to the sum with them", "", f"{result.ratio:.2f} (bar: ≥ 2)")
    made.add_row("both with filters", "", f"{result.ratio_filtered:.2f}")
    return made


def markdown(results: Mapping[str, AnswersResult]) -> Iterator[str]:
    """The costs side by side; results by file name."""
    if not results:
        return
    yield "### What an answer costs\n"
    yield "`srec bench answers` asks two bundles of the same made-up games, one with GCE-GNN and one with a"
    yield "sum. App ids of 1 to 5 random games go in, and the 10 best come out with their tags and parts. The"
    yield "numbers are microseconds on one core. The three filters are a tag that is wanted, one that is not,"
    yield "and a year. Times as fast: GCE-GNN without filters beside the sum with them.\n"
    rows = [
        [
            f"{name}, {result.games:,} games",
            f"{cost.plain_us:.0f}",
            f"{cost.filtered_us:.0f}",
            ", ".join(f"{part} {spent:.0f}" for part, spent in cost.split_us.items()),
            ratio,
            link(file),
        ]
        for file, result in results.items()
        for name, cost, ratio in (
            ("GCE-GNN", result.gce_gnn, ""),
            ("sum", result.sum, f"{result.ratio:.2f}"),
        )
    ]
    head = ("model", "µs", "with filters", "of which", "times as fast", "file")
    yield markdown_table(head, rows) + "\n"
