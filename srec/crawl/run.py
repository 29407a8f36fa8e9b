"""A crawl from its set-up to its end: the apps, the manners, the store."""

from collections.abc import Callable, Sequence
from pathlib import Path

from srec.crawl.apps import list_apps
from srec.crawl.client import Client, Manners, OutOfBudget
from srec.crawl.crawl import Crawl
from srec.crawl.outcome import CrawlWatch, Outcome
from srec.crawl.steam import Endpoints
from srec.errors import SRecError
from srec.store.stores import open_store


def crawl(
    store: str | Path,
    apps: Sequence[int] | None = None,
    *,
    key: str | None = None,
    refresh: bool = False,
    budget: int | None = None,
    interval: float = 1.5,
    watch: CrawlWatch = lambda _: None,
    told: Callable[[str], None] = lambda _: None,
    interrupted: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Fetch reviews, details and tags from Steam into a store; an interrupted crawl goes on.

    Args:
        store: the path of a DuckDB file, or a postgresql:// URL; a missing store is created.
        apps: the ids of the apps; None means all games of Steam, which needs a key.
        key: a Steam Web API key.
        refresh: read all reviews again, and remove those that are gone.
        budget: stop after this many requests; the next run goes on.
        interval: the fewest seconds between two requests to the same host.
        watch: called after each page and each app.
        told: called with a line whenever it waits.
        interrupted: called with the outcome so far if Ctrl-C ends it.

    Returns:
        What it did, and what stopped it.

    Raises:
        SRecError: there are neither apps nor a key, the key is refused, the budget does not reach the end of
            the list of apps, or the store refuses the rows.
    """
    if not apps and not key:
        raise SRecError(
            "name the apps to crawl, or give a Steam Web API key (key, or the environment variable STEAM_KEY)"
        )
    endpoints = Endpoints()
    with Client(Manners(interval=interval, budget=budget), tell=told) as client:
        try:
            # The list comes before the store, so that a refused key leaves no empty store.
            wanted = apps or list(list_apps(client, endpoints, key or ""))
        except OutOfBudget:
            raise SRecError("the list of apps used up the budget: allow more requests") from None
        with open_store(str(store), create=True) as opened:
            run = Crawl(opened, client, wanted, refresh=refresh, endpoints=endpoints, watch=watch)
            try:
                return run.run()
            except KeyboardInterrupt:
                interrupted(run.outcome)
                raise
