"""Runs ``srec update`` again and again, kills it at random moments, and fills the disk under it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from srec.cli.updating import REFUSED
from srec.environment import Environment
from srec.errors import SRecError
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.publishing.folder import SERVED, Models
from srec.simulate.world import SimulateSettings, simulate
from srec_bench.updates.result import UpdatesResult

REVIEWS = 8_000
BEGIN = 0.5  # the share of the reviews that the shop has at first
MORE = 0.004  # that comes after each update that went through; enough for 125 of them
MOST_FREE = 3 << 19  # bytes that a filled disk may leave
RECIPE = """
[update]
reviews = "reviews.csv"
games = "games.csv"
threads = 1
least_kept = 0.05
[prepare]
popular_games = 0
test_days = 200
valid_days = 200
[tags]
dimension = 8
[evaluation]
resamples = 100
[visitors]
players = 100
"""


@dataclass
class _Seen:
    killed_in: Counter[str] = field(default_factory=Counter)
    full_in: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    refused: int = 0
    changes: int = 0
    wrong: list[str] = field(default_factory=list)


def bench_updates(
    folder: Path, *, kills: int, full: int, seed: int, say: Callable[[str], None] = lambda line: None
) -> UpdatesResult:
    """Update a simulated shop, and disturb it.

    Args:
        folder: an empty or missing folder; for full disks, on a small file system, which is filled.
        kills: how many updates are killed.
        full: how many meet a full disk.
        seed: of the reviews and of the moments.
        say: called with a line about the current work.

    Raises:
        SRecError: the folder is not empty, or an undisturbed update fails.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SRecError(f"{folder} is not empty: name another folder")
    shop = _Shop(folder, seed)
    for _ in range(2):  # the second one is as long as those that follow
        usual = shop.update().seconds
        if shop.last.code:
            raise SRecError(f"an undisturbed update fails: {shop.last.error}")
        shop.more_reviews()
    seen, generator = _Seen(finished=2), np.random.default_rng(seed)
    disturbances = generator.permutation(["kill"] * kills + ["full"] * full).tolist()
    while disturbances:
        say(f"{len(disturbances)} disturbances to go")
        kind = disturbances[0]
        before = shop.served()
        if kind == "kill":
            done = shop.update(killed_after=float(generator.uniform(0.0, 1.0)) * usual)
        else:
            done = shop.update(free=int(generator.integers(MOST_FREE)))
        seen.changes += shop.served() != before
        if wrong := shop.wrong(before):
            seen.wrong.append(wrong)
        if done.code == -9:
            seen.killed_in[done.step] += 1
            disturbances.pop(0)
        elif kind == "full" and done.code == 1:
            seen.full_in[done.step] += 1
            disturbances.pop(0)
        elif done.code in (0, REFUSED):
            seen.finished += 1
            seen.refused += done.code == REFUSED
            usual = done.seconds  # others may be at work on the machine
            shop.more_reviews()
        else:
            raise SRecError(f"an update ended with {done.code}: {done.error}")
    return UpdatesResult(
        environment=Environment.here("duckdb"),
        seed=seed,
        reviews=shop.reviews,
        kills=seen.killed_in.total(),
        killed_in=dict(sorted(seen.killed_in.items())),
        full=seen.full_in.total(),
        full_in=dict(sorted(seen.full_in.items())),
        finished=seen.finished,
        published=len(
            [line for line in shop.log() if line.get("step") == "publish" and line["event"] == "done"]
        ),
        refused=seen.refused,
        changes=seen.changes,
        wrong=len(seen.wrong),
        failure=seen.wrong[0] if seen.wrong else None,
    )


@dataclass(frozen=True)
class _Done:
    """How an update ended: its status, its last step, the seconds since its first, and its error output."""

    code: int
    step: str
    seconds: float
    error: str


class _Shop:
    """A shop of simulated reviews, to which reviews come."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.share = folder, BEGIN
        folder.mkdir(parents=True, exist_ok=True)
        simulate(folder / "world", SimulateSettings(reviews=REVIEWS, games=150, seed=seed))
        reviews = pq.read_table(folder / "world" / "reviews.parquet").sort_by("created_at")
        games = pq.read_table(folder / "world" / "games.parquet", columns=["app_id", "name"])
        shutil.rmtree(folder / "world")
        self._reviews = reviews.select(["user_id", "app_id", "positive", "created_at"])
        pv.write_csv(games, folder / "games.csv")
        (folder / "srec.toml").write_text(RECIPE, encoding="utf-8")
        self.models = Models(folder / "models")
        self.last = _Done(0, "", 0.0, "")
        self._write()

    @property
    def reviews(self) -> int:
        """How many reviews the shop has."""
        return min(int(len(self._reviews) * self.share), len(self._reviews))

    def more_reviews(self) -> None:
        """Others come in."""
        self.share += MORE
        self._write()

    def served(self) -> int | None:
        """The number of the served version."""
        return self.models.served()[-1] if (self.models.path / SERVED).exists() else None

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log; a full disk may have cut some."""
        found = []
        for line in (self.folder / "work" / "log.jsonl").read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def _lines(self) -> list[dict[str, Any]]:
        return self.log() if (self.folder / "work" / "log.jsonl").exists() else []

    def wrong(self, before: int | None) -> str | None:
        """What is wrong with what is served; None if nothing is."""
        now = self.served()
        if now is None:
            return None if before is None else f"version {before} is served no more"
        try:
            Recommender(Bundle(self.models.folder(now)))
        except SRecError as error:
            return f"version {now} is served and is not whole: {error}"
        if now != before and not any(
            line["event"] == "done" and line.get("step") == "measure" for line in self.log()
        ):
            return f"version {now} is served and was not measured"
        if before is not None and now < before:
            return f"version {now} is served after version {before}"
        return None

    def update(self, *, killed_after: float | None = None, free: int | None = None) -> _Done:
        """Run an update; kill it some seconds after its first step, or leave it only some bytes of disk."""
        ballast = self.folder / "ballast"
        if free is not None:
            _fill(ballast, free)
        line = [sys.executable, "-m", "srec", "update", str(self.folder / "srec.toml")]
        logged = len(self._lines())
        with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            # What Python imports before the first step takes most of the time and can break nothing.
            while process.poll() is None and len(self._lines()) == logged:
                time.sleep(0.02)
            begun = time.perf_counter()
            try:
                _, error = process.communicate(timeout=killed_after)
            except subprocess.TimeoutExpired:
                process.kill()
                _, error = process.communicate()
        ballast.unlink(missing_ok=True)
        lines = self._lines()[logged:]
        begun_steps = [one["step"] for one in lines if one["event"] == "begun"]
        step = begun_steps[-1] if begun_steps else "start"
        self.last = _Done(process.returncode, step, time.perf_counter() - begun, error[-300:])
        return self.last

    def _write(self) -> None:
        kept = self._reviews.slice(0, self.reviews)
        draft = self.folder / "reviews.draft"
        pv.write_csv(kept.set_column(3, "created_at", pc.cast(kept["created_at"], pa.string())), draft)
        draft.replace(self.folder / "reviews.csv")


def _fill(ballast: Path, free: int) -> None:
    """Fill the file system up to some free bytes."""
    there = os.statvfs(ballast.parent)
    size = there.f_bavail * there.f_frsize - free
    if size > 2 << 30:
        raise SRecError(
            f"{ballast.parent} has {size / 1e9:.0f} GB free: name a folder on a small file system"
        )
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))
