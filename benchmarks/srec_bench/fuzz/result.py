"""The result of ``srec bench fuzz``."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec_bench.markdown import link
from srec_bench.results import BenchResult

OUTCOMES = ("identical", "refused", "accepted", "traceback", "hang", "crash", "wrong")


class FuzzResult(BenchResult):
    """Files that were changed at random, and what their readers made of them.

    Attributes:
        seed: of the changes.
        cases: how many files were changed and read.
        outcomes: by kind of file, how many were read as if nothing had changed ("identical"), refused in one
            line, accepted with another content that nothing vouches for, refused in an unclear way, ended in
            a traceback, in too much memory, in a hang or a crash, or were read wrongly although a checksum
            vouches for the content.
        failed: how many ended badly.
        failures: the first of them.
    """

    benchmark: Literal["fuzz"] = "fuzz"
    seed: int
    cases: int
    outcomes: dict[str, dict[str, int]]
    failed: int
    failures: list[str]

    @property
    def failure(self) -> str | None:
        """What did not hold."""
        return f"{self.failed} of {self.cases} cases ended badly: {self.failures[0]}" if self.failed else None


def rows(result: FuzzResult) -> list[list[str]]:
    """A row of counts for each kind of file."""
    return [
        [name, f"{sum(found.values()):,}", *(f"{found.get(what, 0):,}" for what in OUTCOMES)]
        for name, found in result.outcomes.items()
    ]


def terminal_table(result: FuzzResult) -> Table:
    """The counts as a table."""
    made = Table("what", "cases", *OUTCOMES)
    for row in rows(result):
        made.add_row(*row)
    return made


def markdown(results: Mapping[str, FuzzResult]) -> Iterator[str]:
    """What readers make of changed files; results by file name."""
    for name, result in results.items():
        yield "### Files that were changed at random\n"
        yield f"`srec bench fuzz` changed {result.cases:,} files, and most checksums so that they fit"
        yield "again. Accepted: another content that nothing vouches for, such as another cell of a table."
        yield "Wrong: content that a checksum vouches for, read otherwise."
        yield f"Seed {result.seed}; {link(name)}.\n"
        yield markdown_table(("what", "cases", *OUTCOMES), rows(result)) + "\n"
