"""A writer to kill: it does a fixed series of writes, starting from the state of the store.

As a program it waits, with everything imported, for lines "WHERE FILE", and forks a writer for each: it
answers with the writer's process id, and once more when that process is gone.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
from worlds import Records, review

from srec.errors import SRecError
from srec.store.stores import open_store
from srec.store.stores.base import Store

LAST = 12
_REVIEWS = 150


def _read(number: int) -> Callable[[Store], object]:
    """Read made-up reviews, new ones, newer ones and the same again, as a crawl does."""
    draw = np.random.default_rng(number)
    users, apps = draw.integers(0, 100, _REVIEWS), draw.integers(1, 9, _REVIEWS)
    given = [
        review(
            f"user {user}",
            app=int(app),
            positive=bool(draw.random() < 0.8),
            updated_at=f"2016-01-{number + 1:02}",
            review_id=int(1000 * app + user),
        )
        for user, app in zip(users, apps, strict=True)
    ]
    games: list[dict[str, Any]] = [{"app_id": int(app), "name": f"{app} at {number}"} for app in set(apps)]
    given.append(review(app=-number))
    return lambda store: store.ingest(Records(given, games), notes={"step": str(number)}, seen=True)


def _forget(number: int) -> Callable[[Store], object]:
    return lambda store: store.forget_unseen(number % 8 + 1, {"step": str(number)})


def steps() -> list[Callable[[Store], object]]:
    """The writes; each happens completely or not at all."""
    return [_forget(number) if number % 3 == 2 else _read(number) for number in range(1, LAST + 1)]


def state(seen: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The content of a store's tables that does not depend on its secret or the clock."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        return seen.execute(query).fetchall()

    return {
        "reviews": ask("SELECT * EXCLUDE (user_key) FROM reviews ORDER BY ALL"),
        "users": ask("SELECT count(DISTINCT user_key) FROM reviews"),
        "games": ask("FROM games ORDER BY ALL"),
        "rejects": ask("FROM rejects ORDER BY ALL"),
        "notes": ask("FROM notes ORDER BY ALL"),
        "seen": ask("SELECT app_id, count(*) FROM seen GROUP BY ALL ORDER BY ALL"),
        "removed": ask("SELECT app_id, batch, count(*) FROM removed GROUP BY ALL ORDER BY ALL"),
        "batch": ask("SELECT value FROM meta WHERE key = 'batch'"),
        "ingestions": ask(
            "SELECT kind, read, added, replaced, repeated, rejected FROM ingestions ORDER BY ALL"
        ),
    }


def write(where: str, told: str) -> None:
    """Do the remaining steps, and record each one that the store has confirmed."""
    with open(told, "w", buffering=1) as file, open_store(where, create=True, threads=1) as store:
        print("open", file=file)
        for number, step in enumerate(steps(), 1):
            if number > int(store.notes().get("step", "0")):
                step(store)
                print(number, file=file)


def _serve() -> None:
    for line in sys.stdin:
        where, told = line.split()
        child = os.fork()
        if not child:
            try:
                write(where, told)
            except SRecError as error:
                with open(told, "a") as file:
                    print(f"error: {error}", file=file)
            finally:
                os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    _serve()
