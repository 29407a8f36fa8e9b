"""Loads a server for a while, replaces and kills its workers, and lets clients misbehave beside."""

import os
import random
import signal
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from srec.environment import Environment
from srec.inference.bundle import Bundle
from srec_bench.http.bench import made_up
from srec_bench.http.client import post, send_all
from srec_bench.processes import ServedProcess
from srec_bench.soak.greedy import Crowd
from srec_bench.soak.load import Load
from srec_bench.soak.result import SoakResult

SHARE, CONNECTIONS, WARM_UP, DIFFERENT = 0.8, 16, 2000, 5000
AFTER_A_KILL = 2.0  # seconds in which a failed request counts as the killed worker's
SLOW, PAUSE = 20, 1.0


def bench_soak(
    bundle: Path,
    *,
    minutes: float = 30,
    reloads: int = 20,
    kills: int = 5,
    workers: int = 2,
    share: float = SHARE,
    say: Callable[[str], None] = lambda line: None,
) -> SoakResult:
    """Load a server, and count what fails.

    Args:
        bundle: the bundle to serve.
        minutes: how long; workers are replaced and killed in the first third.
        reloads: how often all workers are replaced.
        kills: how often one is killed.
        workers: how many there are, at least 2.
        share: of what the server can; so many requests are sent.
        say: called with what is happening.

    Raises:
        SRecError: the server does not start or refuses a request, or the system is not Linux.
    """
    opened = Bundle(bundle)
    requests = [post("/api/recommend", body) for body in made_up(opened.app_ids, DIFFERENT)]
    after = ("--workers", str(workers))
    with ServedProcess("srec", "serve", str(bundle), "--port", after=after) as server:
        send_all(server.port, requests[:WARM_UP], CONNECTIONS)
        capacity = WARM_UP / send_all(server.port, requests[-WARM_UP:], CONNECTIONS).seconds
        load = Load(server.port, requests, CONNECTIONS, share * capacity)
        with Crowd(server.port, SLOW, PAUSE) as crowd:
            load.start()
            killed, peak = _rough(server.pid, 20 * minutes, reloads, kills, workers, say)
            memory = _calm(server.pid, 40 * minutes, say)
            tally = load.stop()
    alone = [said for at, said in tally.failed if not any(0 <= at - one <= AFTER_A_KILL for one in killed)]
    settled = memory[len(memory) // 10 :]
    return SoakResult(
        environment=Environment.here("fastapi", "uvicorn", "uvloop", "httptools"),
        games=len(opened.games),
        minutes=minutes,
        workers=workers,
        capacity=capacity,
        rate=share * capacity,
        answered=tally.answered,
        failed=len(alone),
        failures=alone[:5],
        with_killed=len(tally.failed) - len(alone),
        reloads=reloads,
        kills=len(killed),
        greedy=crowd.count,
        slow=SLOW,
        slowest_seconds=tally.slowest,
        memory_mb=(statistics.median(settled[:5]), max(settled), statistics.median(settled[-5:])),
        peak_mb=max(peak, *memory),
    )


def _rough(
    pid: int, seconds: float, reloads: int, kills: int, workers: int, say: Callable[[str], None]
) -> tuple[list[float], float]:
    """Replace all workers, and kill one now and then; when each was killed, and the most memory in MB."""
    chance = random.Random(0)  # noqa: S311 -- which one is no secret
    events = ["reload"] * reloads + ["kill"] * kills
    chance.shuffle(events)
    killed, peak, begun = list[float](), 0.0, time.monotonic()
    for number, event in enumerate(events, 1):
        say(f"{event} {number} of {len(events)}")
        if event == "reload":
            os.kill(pid, signal.SIGHUP)
        else:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(_workers(pid)), signal.SIGKILL)
                killed.append(time.monotonic())
        while time.monotonic() - begun < seconds * number / len(events):
            peak = max(peak, _memory_mb(pid))
            time.sleep(0.2)
    return killed, peak


def _calm(pid: int, seconds: float, say: Callable[[str], None]) -> list[float]:
    """The memory in MB, a hundred times."""
    memory = []
    for number in range(100):
        time.sleep(seconds / 100)
        memory.append(_memory_mb(pid))
        say(f"{memory[-1]:.0f} MB, {number} % of the calm part")
    return memory


def _workers(pid: int) -> list[int]:
    """The processes that answer, among the server's children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(one) for one in children if b"spawn_main" in _read(int(one), "cmdline")]


def _memory_mb(pid: int) -> float:
    """What the server's processes hold beside mapped files, in MB of 2^20 bytes."""
    status = [_read(one, "status") for one in (pid, *_workers(pid))]
    return sum(int(one.partition(b"RssAnon:")[2].split()[0]) for one in status if b"RssAnon:" in one) / 1024


def _read(pid: int, name: str) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""
