"""A fast crawl that commits often, in a process of its own, which ``srec bench crawl`` kills.

``python -m fakes.hurried_crawl STORE BASE MODE SEED``; MODE is ``crawl`` or ``refresh``. The last line
is the outcome as JSON.
"""

import json
import os
import sys
from dataclasses import asdict

from srec.crawl.apps import list_apps
from srec.crawl.client import Client, Manners
from srec.crawl.crawl import Crawl
from srec.crawl.steam import Endpoints
from srec.store.stores import open_store

#: The server is on the same machine, so nobody is bothered. An answer slower than TIMEOUT does not count.
TIMEOUT = 0.4
COMMIT_REVIEWS = 25


def hurried(seed: int) -> Manners:
    """Make the crawl as impatient as a test needs it."""
    return Manners(interval=0, first_wait=0.002, longest_wait=0.02, timeout=TIMEOUT, seed=seed)


def main(store: str, base: str, mode: str, seed: str) -> None:
    """Crawl all apps that the server lists."""
    endpoints = Endpoints.at(base)
    with open_store(store, create=True) as opened, Client(hurried(int(seed))) as client:
        apps = list(list_apps(client, endpoints, os.environ["STEAM_KEY"]))
        crawl = Crawl(
            opened,
            client,
            apps,
            refresh=mode == "refresh",
            endpoints=endpoints,
            commit_reviews=COMMIT_REVIEWS,
        )
        print(json.dumps(asdict(crawl.run()) | {"whole": crawl.outcome.whole}))


if __name__ == "__main__":
    main(*sys.argv[1:])
