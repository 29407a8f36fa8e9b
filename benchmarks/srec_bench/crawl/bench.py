"""Runs the crawl in processes of its own, kills it again and again, and checks the store.

The server and the checker are fakes of the tests: a checkout has them, a wheel does not.

The world changes during the first crawl and a second one. Then no review may be missing; this is checked
before a refresh, which would hide it. The world goes on changing in a refresh. Then it stands still while
faults go on, and after a last crawl and a last refresh the store must equal the world.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fakes.crawl_check import differences, leaks, missing
from fakes.hurried_crawl import COMMIT_REVIEWS, TIMEOUT
from fakes.steam import FAULTS, KEY, Steam
from fakes.steam_world import World

from srec.environment import Environment
from srec.errors import SRecError
from srec.store.stores import open_store
from srec_bench.crawl.result import CrawlResult, CrawlSettings

_RATE, _CHANGES, _PAGE, _REVIEWS = 0.3, 0.25, 10, 60
_ROUNDS = 40  # at most this many runs until no doubt is left


def bench_crawl(
    seed: int, *, faults: int, kills: int, store: str | None = None, games: int | None = None
) -> CrawlResult:
    """Crawl under faults and kills, and compare the store with the truth.

    Args:
        seed: seeds the world, the faults and the kills.
        faults: how many faults must happen; the world is made large enough for them.
        kills: how often the crawl is killed.
        store: the file or the database for the store, which is kept; by default a temporary file.
        games: the number of games; by default the faults decide it.

    Raises:
        SRecError: ``store`` is not empty, or the crawl itself failed.
    """
    if store is not None:
        with open_store(store, create=True) as opened:
            if any(opened.counts().values()) or opened.notes():
                raise SRecError("that store has data already: the benchmark needs an empty one")
    games = games or max(8, faults // 12)
    world = World(seed, games, _REVIEWS)
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        Steam(
            world,
            faults=FAULTS,
            rate=_RATE,
            changes=_CHANGES,
            vanishing=max(1, games // 10),
            page=_PAGE,
            slow=2 * TIMEOUT,
            seed=seed,
        ) as steam,
    ):
        said = Path(folder) / "said.txt"
        runs = _Runs(steam, store or str(Path(folder) / "store.duckdb"), said, kills=kills, seed=seed)
        first = runs.until_done("crawl", kills // 2)
        runs.until_done("crawl", kills // 10)
        with steam.standing_still():
            runs.until_whole("crawl")
            lost = missing(runs.store, world)
        runs.until_done("refresh", kills // 4)
        steam.freeze()
        vanished = {game.app_id for game in world.games.values() if game.gone}
        while runs.kills_left:
            runs.until_done("refresh", runs.kills_left)
        runs.until_done("crawl")
        runs.until_whole("refresh")
        before = differences(runs.store, world, vanished)
        last_vanished = world.vanish()
        asked = len(steam.requests)
        runs.until_done("crawl")
        asked = sum(request[0] == "reviews" for request in steam.requests[asked:])
        runs.until_whole("refresh")
        differing = [*lost, *before, *differences(runs.store, world, vanished)]
        files = [said, *([] if "://" in runs.store else [Path(runs.store), Path(runs.store + ".wal")])]
        return CrawlResult(
            environment=Environment.here("httpx2"),
            seed=seed,
            settings=CrawlSettings(
                games=games,
                page=_PAGE,
                fault_rate=_RATE,
                change_rate=_CHANGES,
                timeout_seconds=TIMEOUT,
                commit_reviews=COMMIT_REVIEWS,
            ),
            faults_wanted=faults,
            faults=steam.counts.total(),
            faults_by_kind={kind: steam.counts[kind] for kind in FAULTS},
            changes=dict(sorted(world.changes.items())),
            vanished_at_rest=last_vanished,
            kills=runs.killed,
            runs=runs.finished,
            first_crawl_runs=first,
            requests=len(steam.requests),
            requests_where_nothing_is_new=asked,
            reviews=sum(len(game.reviews) for game in world.games.values() if not game.gone),
            malformed_reviews=sum(r.bad != "" for g in world.games.values() for r in g.reviews),
            differences=tuple(differing),
            leaks=tuple(leaks(files, world, KEY)),
            problems=tuple(steam.problems[:20]),
            seconds=round(time.perf_counter() - begun, 1),
        )


class _Runs:
    """Runs of the crawl, each in a process of its own; some are killed."""

    def __init__(self, steam: Steam, store: str, said: Path, *, kills: int, seed: int) -> None:
        self.store, self.said, self.kills_left = store, said, kills
        self.killed = self.finished = 0
        self._steam, self._seed = steam, seed
        self._random = random.Random(seed)  # noqa: S311 -- a test, no secret
        # A run is killed within so few requests that a crawl takes several runs.
        self._span = max(8, len(steam.world.games))

    def until_done(self, mode: str, kills: int = 0) -> int:
        """Run until a run ends by itself, with at most this many kills; returns the number of runs."""
        number = 1
        while self._run(mode, kill=number <= kills) is None:
            number += 1
        return number

    def until_whole(self, mode: str) -> None:
        """Run until no doubt is left."""
        for _ in range(_ROUNDS):
            if self._run(mode, kill=False):
                return
        raise SRecError("the crawl never got rid of its doubts")

    def _run(self, mode: str, *, kill: bool) -> bool | None:
        """Do one run; returns whether it left no doubt, or None if it was killed."""
        self._steam.new_client()
        number = self.killed + self.finished
        command = [sys.executable, "-m", "fakes.hurried_crawl", self.store, self._steam.base, mode]
        with self.said.open("ab") as said:
            process = subprocess.Popen(  # noqa: S603 -- our own module
                [*command, str(1000 * self._seed + number)],
                stdout=subprocess.PIPE,
                stderr=said,
                env=os.environ | {"STEAM_KEY": KEY},
            )
            if kill:
                self._kill_soon(process)
            output, _ = process.communicate()
            said.write(output)
        if process.returncode == -9:
            self.killed += 1
            self.kills_left -= 1
            return None
        if process.returncode:
            raise SRecError(f"the crawl failed: {self.said.read_text(encoding='utf-8')[-2000:]}")
        self.finished += 1
        return bool(json.loads(output.splitlines()[-1])["whole"])

    def _kill_soon(self, process: subprocess.Popen[bytes]) -> None:
        end = len(self._steam.requests) + self._random.randrange(1, self._span)
        while len(self._steam.requests) < end and process.poll() is None:
            time.sleep(0.001)
        time.sleep(self._random.uniform(0, 0.03))
        process.kill()
