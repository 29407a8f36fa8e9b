"""The result of ``srec bench soak``."""

from collections.abc import Iterator, Mapping
from typing import Literal

from srec.reports.markdown import markdown_table
from srec_bench.markdown import link
from srec_bench.results import BenchResult

FLAT = 0.05  # the most by which the memory may grow while nothing is replaced


class SoakResult(BenchResult):
    """A server under load, while workers are replaced and killed and visitors misbehave.

    Attributes:
        games: of the bundle.
        minutes: how long; in the first third workers are replaced and killed, then none is.
        workers: the number of processes that answer.
        capacity: answers a second before, without anything beside.
        rate: requests a second that were meant to be sent, 80 % of it.
        answered: whole answers with status 200.
        failed: requests that failed, but for those of a killed worker.
        failures: what was wrong with the first of them.
        with_killed: requests that failed within 2 seconds of a kill.
        reloads: SIGHUP to the server.
        kills: SIGKILL to a worker.
        greedy: connections that took more than they were due.
        slow: connections that sent a byte a second, at any time.
        slowest_seconds: the slowest answer.
        memory_mb: of all processes together, in the last two thirds: after their first tenth, at the most,
            and at the end.
        peak_mb: the most at any time, while workers were replaced too.
    """

    benchmark: Literal["soak"] = "soak"
    games: int
    minutes: float
    workers: int
    capacity: float
    rate: float
    answered: int
    failed: int
    failures: list[str]
    with_killed: int
    reloads: int
    kills: int
    greedy: int
    slow: int
    slowest_seconds: float
    memory_mb: tuple[float, float, float]
    peak_mb: float

    @property
    def growth(self) -> float:
        """The share by which the memory grew."""
        first, most, _ = self.memory_mb
        return most / first - 1

    @property
    def failure(self) -> str | None:
        """What did not hold."""
        if self.failed:
            return f"{self.failed} requests failed: {'; '.join(self.failures)}"
        if self.growth > FLAT:
            return f"the memory grew by {self.growth:.1%}"
        return None


ROWS = (
    "requests",
    "failed",
    "with a killed worker",
    "reloads",
    "kills",
    "greedy",
    "slowest s",
    "MB",
    "growth",
)


def cells(result: SoakResult) -> list[str]:
    """A row of figures."""
    return [
        f"{result.answered:,}",
        f"{result.failed}",
        f"{result.with_killed}",
        f"{result.reloads}",
        f"{result.kills}",
        f"{result.greedy:,}",
        f"{result.slowest_seconds:.2f}",
        f"{result.memory_mb[0]:.0f}",
        f"{result.growth:+.1%}",
    ]


def markdown(results: Mapping[str, SoakResult]) -> Iterator[str]:
    """What a server bears; results by file name."""
    if not results:
        return
    yield "### A server that is treated badly\n"
    yield "`srec bench soak` loads a server at 80 % of what it can, over keep-alive connections. In the"
    yield "first third of the time its workers are replaced and killed. Beside that, clients send requests"
    yield "and read no answer, headers and bodies without an end, or a byte a second. Failed requests do not"
    yield "include those of a killed worker. Growth: of the memory, while nothing is replaced.\n"
    rows = [
        [f"{one.minutes:g} min, {one.workers} workers, {one.games:,} games", *cells(one), link(name)]
        for name, one in results.items()
    ]
    yield markdown_table(("soak", *ROWS, "file"), rows) + "\n"
