"""The result of ``srec bench crawl``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult


class CrawlSettings(Frozen):
    """How the server misbehaves and how the crawl is sped up.

    Attributes:
        games: the number of the server's games.
        page: the most reviews of a page.
        fault_rate: the share of requests with a fault.
        change_rate: the share of requests after which the world changes.
        timeout_seconds: how long the crawl waits for an answer.
        commit_reviews: the number of reviews in a commit.
    """

    games: int
    page: int
    fault_rate: float
    change_rate: float
    timeout_seconds: float
    commit_reviews: int


class CrawlResult(BenchResult):
    """A crawl under faults and kills.

    Attributes:
        seed: the seed of the games, the faults and the kills.
        settings: the settings of server and crawl.
        faults_wanted: the least number of faults.
        faults: the number of faults that happened.
        faults_by_kind: the same, by kind.
        changes: the changes of the world during the crawl, by kind.
        vanished_at_rest: the app id of a game that vanished when all else stood still, if one was left.
        kills: the number of kills.
        runs: the number of runs that ended by themselves.
        first_crawl_runs: the number of runs of the first crawl.
        requests: the number of all requests.
        requests_where_nothing_is_new: the requests of a run that found nothing new.
        reviews: the number of reviews on the server at the end.
        malformed_reviews: the malformed ones among them.
        differences: the differences between the store and the truth, in words.
        leaks: the leaks of raw user ids or the key, in words.
        problems: the requests that Steam would not accept, in words.
        seconds: the time of the whole benchmark.
    """

    benchmark: Literal["crawl"] = "crawl"
    seed: int
    settings: CrawlSettings
    faults_wanted: int
    faults: int
    faults_by_kind: dict[str, int]
    changes: dict[str, int]
    vanished_at_rest: int | None
    kills: int
    runs: int
    first_crawl_runs: int
    requests: int
    requests_where_nothing_is_new: int
    reviews: int
    malformed_reviews: int
    differences: tuple[str, ...]
    leaks: tuple[str, ...]
    problems: tuple[str, ...]
    seconds: float

    @property
    def failure(self) -> str | None:
        """Why the crawl or this result cannot be trusted; None if all is well."""
        wrong = [*self.differences, *self.leaks, *self.problems]
        if self.faults < self.faults_wanted:
            wrong.insert(0, f"only {self.faults} of {self.faults_wanted} faults happened")
        return f"{len(wrong)} things are wrong; the first: {wrong[0]}" if wrong else None


def terminal_table(result: CrawlResult) -> Table:
    """The faults by kind, the changes, and the state of the store."""
    made = Table("what", title=f"{result.reviews:,} reviews, seed {result.seed}")
    made.add_column("count", justify="right")
    for kind, count in (result.faults_by_kind | {"faults": result.faults}).items():
        made.add_row(kind, f"{count:,}")
    made.add_section()
    for kind, count in result.changes.items():
        made.add_row(f"{kind} meanwhile", f"{count:,}")
    made.add_row("malformed reviews", f"{result.malformed_reviews:,}")
    made.add_section()
    made.add_row("kills", f"{result.kills:,}")
    made.add_row("runs", f"{result.runs:,}")
    made.add_row("requests", f"{result.requests:,}")
    made.add_row("of a run that finds nothing new", f"{result.requests_where_nothing_is_new:,}")
    made.add_section()
    made.add_row("differences", f"{len(result.differences):,}")
    made.add_row("leaks", f"{len(result.leaks):,}")
    made.add_row("problems", f"{len(result.problems):,}")
    return made


def markdown(results: Mapping[str, CrawlResult]) -> Iterator[str]:
    """The crawl under faults and kills; results by file name."""
    for name, result in results.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in result.faults_by_kind.items())
        wrong = len(result.differences) + len(result.leaks) + len(result.problems)
        yield "### A crawl under faults\n"
        yield f"`srec bench crawl --seed {result.seed}`: {result.faults:,} faults ({kinds}),"
        yield f"{result.kills} kills, and a world that changes between pages. Of {result.reviews:,} reviews,"
        yield f"{result.malformed_reviews} were malformed. Differences from the server's data, leaked raw ids"
        yield f"and other problems: {wrong}. File: {link(name)}.\n"
