"""The command that crawls Steam: its progress and its summary."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from srec.cli.console import console
from srec.errors import SRecError

if TYPE_CHECKING:
    from srec.crawl.outcome import CrawlProgress, CrawlWatch, Outcome

#: A message lists at most this many ids and counts the rest.
_SHOWN = 10
#: Seconds between two lines if there is no terminal for a bar.
_LOGGED = 60.0


def crawl(
    store: Annotated[
        str, typer.Argument(help="The store, a DuckDB file or postgresql:// URL; created if missing.")
    ],
    apps: Annotated[
        list[int] | None,
        typer.Argument(
            min=1,
            max=2**31 - 1,
            help="Steam app ids; all games of Steam if left out, which needs a Web API key in STEAM_KEY.",
        ),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read all reviews again, and remove deleted ones.")
    ] = False,
    budget: Annotated[
        int | None, typer.Option(min=1, help="Stop after this many requests; the next run goes on.")
    ] = None,
    interval: Annotated[
        float, typer.Option(min=0.0, help="Seconds between two requests to the same host.")
    ] = 1.5,
) -> None:
    """Fetch reviews, details and tags from Steam; after an interrupt, the same command goes on."""
    from srec.crawl.run import crawl as fetch

    with _progress() as (watch, say):
        outcome = fetch(
            store,
            apps,
            key=os.environ.get("STEAM_KEY", "").strip(),
            refresh=refresh,
            budget=budget,
            interval=interval,
            watch=watch,
            told=say,
            interrupted=lambda done: console.print(outcome_table(done)),
        )
    console.print(outcome_table(outcome))
    for line in _remarks(outcome):
        console.print(line, highlight=False, markup=False)
    if outcome.stopped and outcome.unanswered:
        raise SRecError(f"{outcome.stopped}; fetched reviews are kept, and the same command goes on")


def outcome_table(outcome: "Outcome") -> Table:
    """The counts of a crawl."""
    made = Table("what", title="Crawled")
    made.add_column("count", justify="right")
    made.add_row("apps", f"{outcome.done:,} of {outcome.apps:,}")
    for name, count in (
        ("pages", outcome.pages),
        ("reviews read", outcome.reviews),
        ("added", outcome.added),
        ("replaced", outcome.replaced),
        ("removed", outcome.removed),
        ("rejected", outcome.rejected),
        ("requests", outcome.requests),
        ("sent again", outcome.retries),
        ("odd answers asked again", outcome.hiccups),
    ):
        made.add_row(name, f"{count:,}")
    return made


def _remarks(outcome: "Outcome") -> Iterator[str]:
    if outcome.stopped:
        yield f"stopped: {outcome.stopped}; the same command goes on"
    for what, apps in (
        ("no longer on Steam, their reviews are kept", outcome.gone),
        ("not read completely, none of their reviews was removed", outcome.doubtful),
        ("gave no answer, the next run asks again", outcome.unanswered),
    ):
        if apps:
            more = f" and {len(apps) - _SHOWN} more" if len(apps) > _SHOWN else ""
            yield f"{what}: {', '.join(map(str, apps[:_SHOWN]))}{more}"


@contextmanager
def _progress() -> "Iterator[tuple[CrawlWatch, Callable[[str], None]]]":
    """A bar of apps with the reviews, the remaining time and, if the crawl waits, the reason."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("apps"),
        BarColumn(),
        TextColumn("{task.fields[apps]}, {task.fields[reviews]:,} reviews,"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}", markup=False),
    )
    # The speed is an average over half an hour: some apps have a thousand times more reviews than others.
    with Progress(*columns, console=console, speed_estimate_period=1800) as bar:
        task = bar.add_task("apps", total=None, apps="the list of apps", reviews=0, said="")
        told = time.monotonic()

        def watch(now: "CrawlProgress") -> None:
            nonlocal told
            shown = f"{int(now.done):,} of {now.apps:,}"
            bar.update(task, total=now.apps, completed=now.done, apps=shown, reviews=now.reviews, said="")

            if not console.is_terminal and time.monotonic() - told > _LOGGED:
                told = time.monotonic()
                console.print(f"apps: {shown}, {now.reviews:,} reviews", highlight=False)

        yield watch, lambda said: bar.update(task, said=said)
