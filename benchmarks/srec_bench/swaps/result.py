"""The result of ``srec bench swaps``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class SwapsResult(BenchResult):
    """Versions that came on the air while visitors asked.

    Attributes:
        games: of the bundle.
        visitors: how many connections asked, without a pause.
        swaps: new versions that were published and answered.
        returns: rollbacks that were answered.
        broken: published versions that were damaged, or answered their golden requests differently.
        refused: how many of these were refused.
        requests: answered requests.
        lost: requests without a right answer.
        swap_seconds: from publishing to the first answer, the median; the server looks once a second.
        swap_seconds_most: the longest.
        return_seconds: from a rollback to the first answer, the median.
        quiet_ms: the median latency while nothing was published.
        quiet_p99_ms: its 99th percentile.
        swapping_p99_ms: that while versions were published and loaded.
        slowest_ms: the slowest request.
        memory_mb: the server's memory with one version.
        memory_most_mb: the most that was seen.
        memory_end_mb: that at the end.
        failure: what went wrong; None if nothing did.
    """

    benchmark: Literal["swaps"] = "swaps"
    games: int
    visitors: int
    swaps: int
    returns: int
    broken: int
    refused: int
    requests: int
    lost: int
    swap_seconds: float
    swap_seconds_most: float
    return_seconds: float
    quiet_ms: float
    quiet_p99_ms: float
    swapping_p99_ms: float
    slowest_ms: float
    memory_mb: float
    memory_most_mb: float
    memory_end_mb: float
    failure: str | None = None


def _rows(result: SwapsResult) -> list[tuple[str, str]]:
    return [
        ("requests, lost", f"{result.requests:,}, {result.lost}"),
        ("swaps, returns", f"{result.swaps}, {result.returns}"),
        ("broken versions, refused", f"{result.broken}, {result.refused}"),
        ("seconds to a swap, median and most", f"{result.swap_seconds:.1f}, {result.swap_seconds_most:.1f}"),
        ("seconds to a return, median", f"{result.return_seconds:.1f}"),
        ("ms, 99 %: quiet, swapping", f"{result.quiet_p99_ms:.1f}, {result.swapping_p99_ms:.1f}"),
        (
            "MB: one version, most, end",
            f"{result.memory_mb:.0f}, {result.memory_most_mb:.0f}, {result.memory_end_mb:.0f}",
        ),
    ]


def terminal_table(result: SwapsResult) -> Table:
    """What was measured."""
    made = Table("swaps under load", "", title=f"{result.games:,} games, {result.visitors} connections")
    for name, value in _rows(result):
        made.add_row(name, value)
    return made


def markdown(results: Mapping[str, SwapsResult]) -> Iterator[str]:
    """The swaps; results by file name."""
    if not results:
        return
    yield "### Versions swapped in under load\n"
    yield "`srec bench swaps` publishes one version after the other while visitors ask without a pause; some"
    yield "versions are broken, and some are rolled back. The server looks once a second.\n"
    for file, result in results.items():
        yield (
            markdown_table((f"{result.games:,} games, {result.visitors} connections", ""), _rows(result))
            + "\n"
        )
        yield f"File: {link(file)}.\n"
