"""The result of ``srec bench http``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class Answers(Frozen):
    """Answers of one kind.

    Attributes:
        per_second: answers per second, the median over blocks.
        cpu_us: the server's processor time for an answer, in microseconds.
        client_cpu_us: the client's processor time for an answer, in microseconds.
        p50_ms: the median latency.
        p99_ms: the latency that one answer in a hundred exceeds.
    """

    per_second: float
    cpu_us: float
    client_cpu_us: float
    p50_ms: float
    p99_ms: float


class Resident(Frozen):
    """The server's memory, in MB of 2^20 bytes."""

    idle: float
    loaded: float


class HttpResult(BenchResult):
    """The performance of a server.

    Attributes:
        model: the bundle's model.
        games: the number of games in the bundle.
        dimension: the dimension of the games' vectors.
        connections: the number of keep-alive connections, each with one request under way.
        requests: the number of requests to the API; the constant got the same number.
        answer_bytes: the median size of an answer; the constant has the same.
        api: the API's answers.
        constant: the constant answers.
        ratio: the API's answers per second divided by the constant's, the median over blocks.
        cpu_ratio: the processor time of a constant answer divided by that of the API's.
        p99_to_p50: the ratio of the API's latencies.
        split_us: microseconds of each part of an answer, by its name.
        start_seconds: the median time from the start of the process until it is ready.
        start_cpu_seconds: the processor time of a start.
        resident_mb: the memory after the start and after the load.
    """

    benchmark: Literal["http"] = "http"
    model: str
    games: int
    dimension: int
    connections: int
    requests: int
    answer_bytes: int
    api: Answers
    constant: Answers
    ratio: float
    cpu_ratio: float
    p99_to_p50: float
    split_us: dict[str, float]
    start_seconds: float
    start_cpu_seconds: float
    resident_mb: Resident


def terminal_table(result: HttpResult) -> Table:
    """The figures beside the bars that they must reach."""
    api, constant, memory = result.api, result.constant, result.resident_mb
    title = f"{result.games:,} games, dimension {result.dimension}, {result.connections} connections"
    made = Table("what", title=title)
    for name in ("figure", "bar"):
        made.add_column(name, justify="right")
    made.add_row("answers/s", f"{api.per_second:,.0f}")
    made.add_row("constant answers/s", f"{constant.per_second:,.0f}")
    made.add_row("ratio", f"{result.ratio:.2f}", "≥ 0.35")
    made.add_row("ratio of processor times", f"{result.cpu_ratio:.2f}")
    made.add_section()
    made.add_row("latency p50, ms", f"{api.p50_ms:.2f}")
    made.add_row("latency p99, ms", f"{api.p99_ms:.2f}")
    made.add_row("p99 to p50", f"{result.p99_to_p50:.2f}", "≤ 3")
    made.add_section()
    made.add_row("processor time of an answer, µs", f"{api.cpu_us:.0f}")
    made.add_row("of a constant answer (HTTP)", f"{constant.cpu_us:.0f}")
    made.add_row("of the client for either", f"{constant.client_cpu_us:.0f}")
    for part, spent in result.split_us.items():
        made.add_row(part, f"{spent:.0f}")
    made.add_section()
    made.add_row("cold start, s", f"{result.start_seconds:.2f}", "≤ 2")
    made.add_row("its processor time, s", f"{result.start_cpu_seconds:.2f}")
    made.add_row("resident at the start, MB", f"{memory.idle:.0f}")
    made.add_row("resident after the load, MB", f"{memory.loaded:.0f}", "≤ 300")
    return made


def markdown(results: Mapping[str, HttpResult]) -> Iterator[str]:
    """The server beside its constant answer; results by file name."""
    if not results:
        return
    yield "### Answers over HTTP\n"
    yield "`srec bench http` asks one process for the top 10 as JSON, over 16 connections. The ratio compares"
    yield "it with a constant answer of the same server in the same run. Brackets: the ratio of CPU times.\n"
    rows = [
        [
            f"{result.games:,} games, dimension {result.dimension}",
            f"{result.api.per_second:,.0f}",
            f"{result.ratio:.2f} ({result.cpu_ratio:.2f})",
            f"{result.api.p50_ms:.1f}",
            f"{result.api.p99_ms:.1f}",
            f"{result.start_seconds:.1f}",
            f"{result.resident_mb.loaded:.0f}",
            link(name),
        ]
        for name, result in results.items()
    ]
    head = ("bundle", "answers/s", "ratio", "p50 ms", "p99 ms", "start s", "MB", "file")
    yield markdown_table(head, rows) + "\n"
