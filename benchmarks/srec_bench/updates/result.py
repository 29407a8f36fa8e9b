"""The result of ``srec bench updates``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class UpdatesResult(BenchResult):
    """Updates of a simulated shop that were killed, or met a full disk.

    Attributes:
        seed: of the reviews and of the moments.
        reviews: of the simulated shop, at the end.
        kills: how many updates were killed with SIGKILL at a random moment after their first step began.
        killed_in: by step, how many of them in it or right after it.
        full: how many updates met a full disk.
        full_in: by step, how many of them failed in it.
        finished: how many updates went through.
        published: how many versions were published.
        refused: how many updates the gate refused.
        changes: how often another version was served after an update than before.
        wrong: how often the served version was not whole, or not one that passed the gate.
        failure: the first of these; None if there was none.
    """

    benchmark: Literal["updates"] = "updates"
    seed: int
    reviews: int
    kills: int
    killed_in: dict[str, int]
    full: int
    full_in: dict[str, int]
    finished: int
    published: int
    refused: int
    changes: int
    wrong: int
    failure: str | None = None


def _rows(result: UpdatesResult) -> list[tuple[str, str]]:
    def steps(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items())

    return [
        ("killed", f"{result.kills}: {steps(result.killed_in)}"),
        ("met a full disk", f"{result.full}: {steps(result.full_in)}"),
        ("went through", f"{result.finished}"),
        ("published, refused", f"{result.published}, {result.refused}"),
        ("changes of what is served", f"{result.changes}"),
        ("served version not whole, or past the gate", f"{result.wrong}"),
    ]


def terminal_table(result: UpdatesResult) -> Table:
    """What happened."""
    made = Table("updates", "", title=f"{result.reviews:,} simulated reviews, seed {result.seed}")
    for name, value in _rows(result):
        made.add_row(name, value)
    return made


def markdown(results: Mapping[str, UpdatesResult]) -> Iterator[str]:
    """The updates; results by file name."""
    if not results:
        return
    yield "### Updates killed, and on a full disk\n"
    yield "`srec bench updates` runs `srec update` on a simulated shop to which reviews come, kills it at"
    yield "random moments, and fills the disk to a random rest. After each, the served version is opened, its"
    yield "checksums and golden requests are checked, and it must be the one from before or one that went"
    yield "through the gate.\n"
    for file, result in results.items():
        yield markdown_table((f"{result.reviews:,} simulated reviews", ""), _rows(result)) + "\n"
        yield f"File: {link(file)}.\n"
