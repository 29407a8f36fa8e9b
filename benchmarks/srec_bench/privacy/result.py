"""The result of ``srec bench privacy``."""

from collections.abc import Iterator, Mapping
from typing import Literal

from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class WatchedCommand(Frozen):
    """A command that was watched.

    Attributes:
        name: as the command line lists it.
        home: "empty" or "read-only".
        seen: how many writes and addresses were seen, its own files included.
        foreign: what it did outside of what it was told to write and to speak to.
    """

    name: str
    home: str
    seen: int
    foreign: list[str]


class PrivacyResult(BenchResult):
    """Every command under a watch.

    Attributes:
        means: what watched: Python's audit events, and strace, which sees native libraries too.
        commands: what was watched.
        apart: the commands that were not, and why.
    """

    benchmark: Literal["privacy"] = "privacy"
    means: list[str]
    commands: list[WatchedCommand]
    apart: dict[str, str]

    @property
    def failure(self) -> str | None:
        """What did not hold."""
        wrong = [one for one in self.commands if one.foreign]
        if not wrong:
            return None
        first = wrong[0]
        return f"{len(wrong)} commands do more than they were told: {first.name}: {first.foreign[0]}"


def markdown(results: Mapping[str, PrivacyResult]) -> Iterator[str]:
    """What the commands leave and whom they call; results by file name."""
    if not results:
        return
    yield "### Who is called, and what is left\n"
    yield "`srec bench privacy` runs every command with an empty home folder, then with one that cannot be"
    yield "written, and sees each file that is opened to write and each address. Foreign is a file outside of"
    yield "what the command was told to write, a file left in the temporary folder, and an address other than"
    yield "the server's own.\n"
    rows = [
        [
            f"{len({one.name for one in found.commands})}",
            " and ".join(found.means),
            f"{sum(one.seen for one in found.commands):,}",
            f"{sum(len(one.foreign) for one in found.commands)}",
            f"{', '.join(found.apart)}",
            link(name),
        ]
        for name, found in results.items()
    ]
    yield markdown_table(("commands", "watched by", "seen", "foreign", "not watched", "file"), rows) + "\n"
