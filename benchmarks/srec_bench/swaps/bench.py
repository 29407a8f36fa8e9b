"""Publishes versions, some of them broken, while visitors ask a server without a pause."""

import json
import shutil
import statistics
import tempfile
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from srec.artifacts import MANIFEST, write_directory
from srec.environment import Environment
from srec.inference.bundle import KIND, Bundle
from srec.publishing.folder import SERVED, Models
from srec_bench.processes import ServedProcess
from srec_bench.swaps.result import SwapsResult

BROKEN_EVERY, RETURN_EVERY = 10, 7
QUIET = 5.0  # seconds without a swap, for comparison
REFUSING = 3.0  # seconds that a broken version is left there: the server looks once a second
PATIENCE = 60.0


class Visitors:
    """Threads that ask without a pause, each over one connection."""

    def __init__(self, port: int, liked: list[int], count: int) -> None:
        self.port, self.liked = port, liked
        self.latencies: list[tuple[float, float]] = []  # when it was answered, and how long it took
        self.lost: list[str] = []
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=[at]) for at in range(count)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def between(self, start: float, end: float) -> list[float]:
        """The latencies, in ms, of answers in a span of time."""
        return [1000 * took for at, took in self.latencies if start <= at < end]

    def _visit(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        while not self._over.is_set():
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
                try:
                    while not self._over.is_set():
                        self._ask(connection, generator)
                except Exception as error:  # noqa: BLE001 -- whatever it is, a request is lost
                    self.lost.append(repr(error))

    def _ask(self, connection: HTTPConnection, generator: np.random.Generator) -> None:
        liked = generator.choice(self.liked, 3).tolist()
        begun = time.perf_counter()
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/recommend", json.dumps({"liked": liked, "k": 10}), headers)
        answer = connection.getresponse()
        games = json.loads(answer.read())["games"]
        now = time.perf_counter()
        self.latencies.append((now, now - begun))
        if answer.status != 200 or len(games) != 10 or {one["app_id"] for one in games} & set(liked):
            self.lost.append(f"status {answer.status}, {len(games)} games")


def bench_swaps(bundle: Path, swaps: int, visitors: int) -> SwapsResult:
    """Publish versions of a bundle while a server of one process answers.

    Args:
        bundle: the bundle; each version is a copy of it that says its number.
        swaps: how many sound versions are published.
        visitors: connections that ask without a pause.
    """
    with tempfile.TemporaryDirectory(prefix="srec-bench-") as folder:
        models = Models(Path(folder) / "models")
        models.publish(_variant(bundle, Path(folder) / "bundle", 0))
        opened = Bundle(bundle)
        liked = [int(app_id) for app_id in opened.app_ids[:1000]]
        took: list[float] = []
        back: list[float] = []
        broken = refused = 0
        failure = None
        command = ("srec", "serve", "--models", str(models.path), "--port")
        with ServedProcess(*command) as server, Visitors(server.port, liked, visitors) as there:
            begun = time.perf_counter()
            time.sleep(QUIET)
            swapping, first = time.perf_counter(), server.resident_mb()
            memory = [first]
            for number in range(1, swaps + 1):
                if number % BROKEN_EVERY == 0:
                    before = _answering(server.port)
                    _break(models, whole=number % (2 * BROKEN_EVERY) == 0)
                    broken += 1
                    time.sleep(REFUSING)
                    refused += _answering(server.port) == before
                made = models.publish(_variant(bundle, Path(folder) / "bundle", number))
                took.append(_until(server.port, made.bundle))
                memory.append(server.resident_mb())
                if number % RETURN_EVERY == 0:
                    back.append(_until(server.port, models.rollback().bundle))
                    memory.append(server.resident_mb())
                models.prune(2)
            ended = time.perf_counter()
        if there.lost:
            failure = f"{len(there.lost)} requests were lost; the first: {there.lost[0]}"
        elif refused < broken:
            failure = f"{broken - refused} broken versions came on the air"
        quiet, loaded = there.between(begun, swapping), there.between(swapping, ended)
        return SwapsResult(
            environment=Environment.here("uvicorn"),
            games=len(opened.games),
            visitors=visitors,
            swaps=len(took),
            returns=len(back),
            broken=broken,
            refused=refused,
            requests=len(there.latencies),
            lost=len(there.lost),
            swap_seconds=statistics.median(took),
            swap_seconds_most=max(took),
            return_seconds=statistics.median(back) if back else 0.0,
            quiet_ms=statistics.median(quiet),
            quiet_p99_ms=float(np.percentile(quiet, 99)),
            swapping_p99_ms=float(np.percentile(loaded, 99)),
            slowest_ms=max(quiet + loaded),
            memory_mb=first,
            memory_most_mb=max(memory),
            memory_end_mb=memory[-1],
            failure=failure,
        )


def _variant(bundle: Path, target: Path, number: int) -> Path:
    """A copy of a bundle that says its number, so that its content is another."""
    manifest = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
    with write_directory(target, KIND, manifest["version"]) as draft:
        shutil.copytree(bundle, draft.path, dirs_exist_ok=True)
        (draft.path / MANIFEST).unlink()
        config = draft.path / "config.json"
        said = json.loads(config.read_text(encoding="utf-8")) | {"variant": number}
        config.write_text(json.dumps(said), encoding="utf-8")
    return target


def _break(models: Models, *, whole: bool) -> None:
    """Put a broken version on the air by hand, because publishing refuses one.

    Args:
        models: the folder.
        whole: whether its checksums are right, so that only its golden answers differ.
    """
    number = models.numbers()[-1] + 1
    broken = shutil.copytree(models.folder(number - 1), models.folder(number))
    golden = json.loads((broken / "golden.json").read_text(encoding="utf-8"))
    golden[0]["scores"] = [score + 1 for score in golden[0]["scores"]]
    (broken / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    if whole:
        manifest = json.loads((broken / MANIFEST).read_text(encoding="utf-8"))
        (broken / MANIFEST).unlink()
        with write_directory(broken.with_name("made"), KIND, manifest["version"]) as draft:
            shutil.copytree(broken, draft.path, dirs_exist_ok=True)
        shutil.rmtree(broken)
        broken.with_name("made").rename(broken)
    pointer = models.path / SERVED
    said = json.loads(pointer.read_text(encoding="utf-8"))
    said["served"].append(number)
    draft_file = pointer.with_name("by-hand")
    draft_file.write_text(json.dumps(said), encoding="utf-8")
    draft_file.replace(pointer)


def _answering(port: int) -> str:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/version")
        return str(json.loads(connection.getresponse().read())["bundle"])


def _until(port: int, bundle: str) -> float:
    """The seconds until a bundle answers."""
    begun = time.perf_counter()
    while _answering(port) != bundle:
        if time.perf_counter() > begun + PATIENCE:
            raise TimeoutError(f"the bundle {bundle} is not answering after {PATIENCE:.0f} s")
        time.sleep(0.05)
    return time.perf_counter() - begun
