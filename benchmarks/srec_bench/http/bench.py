"""Measures blocks of the API's answers and of constant ones, the starts and the memory.

The server is one process. Another process on the same machine loads it over 16 connections. Blocks of the
API's answers and of constant ones take turns, so that a busy machine slows both; the ratio counts. The
result also has the server's processor time, which depends less on other work on the machine.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.environment import Environment
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.serving.gathering import MOST
from srec_bench.http.client import post, send_all
from srec_bench.http.parts import parts
from srec_bench.http.result import Answers, HttpResult, Resident
from srec_bench.http.server import CONSTANT
from srec_bench.processes import ServedProcess

API = "/api/recommend"
CONNECTIONS, BLOCK, WARM_UP, SOME = 16, 500, 1000, 2000
MOST_LIKED, TOP = 5, 10


def bench_http(bundle: Path, requests: int, starts: int = 5) -> HttpResult:
    """Measure a server's throughput, latencies, start and memory.

    Args:
        bundle: the bundle to serve.
        requests: the number of requests to the API (the top 10 for 1 to 5 random games); the constant answer
            gets the same number.
        starts: how often the server is started, to time it.

    Raises:
        SRecError: the server does not start or refuses a request, or the system is not Linux.
    """
    opened = Bundle(bundle)
    bodies = made_up(opened.app_ids, requests)
    recommender = Recommender(opened)
    split_us, size = parts(recommender, bodies[:SOME], MOST)
    seconds, cpu_seconds = [], []
    for _ in range(starts):
        with ServedProcess("srec", "serve", str(bundle), "--port") as server:
            seconds.append(server.start_seconds)
            cpu_seconds.append(server.start_cpu_seconds)
            idle_mb = server.resident_mb()
            _ask(server, API, bodies[:SOME])
            loaded_mb = server.resident_mb()
    with ServedProcess("srec_bench.http.server", str(bundle), after=(str(size),)) as server:
        for path in (API, CONSTANT):
            _ask(server, path, bodies[:WARM_UP])
        blocks = [bodies[at : at + BLOCK] for at in range(0, requests, BLOCK)]
        pairs = [(_ask(server, API, block), _ask(server, CONSTANT, block)) for block in blocks]
    api, constant = (_summary(part) for part in zip(*pairs, strict=True))
    return HttpResult(
        environment=Environment.here("fastapi", "uvicorn", "uvloop", "httptools"),
        model=opened.config["model"],
        games=len(opened.games),
        dimension=recommender.index.dimension,
        connections=CONNECTIONS,
        requests=requests,
        answer_bytes=size,
        api=api,
        constant=constant,
        ratio=statistics.median(ours.per_second / floor.per_second for ours, floor in pairs),
        cpu_ratio=constant.cpu_us / api.cpu_us,
        p99_to_p50=api.p99_ms / api.p50_ms,
        split_us=split_us,
        start_seconds=statistics.median(seconds),
        start_cpu_seconds=statistics.median(cpu_seconds),
        resident_mb=Resident(idle=idle_mb, loaded=loaded_mb),
    )


def made_up(app_ids: Ints, count: int, seed: int = 0) -> list[bytes]:
    """Requests for the top 10, as JSON, each with 1 to 5 random games, but no more than there are."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, min(MOST_LIKED, len(app_ids)) + 1, count)
    chosen = (generator.choice(app_ids, size, replace=False).tolist() for size in sizes)
    return [json.dumps({"liked": liked, "k": TOP}).encode() for liked in chosen]


@dataclass(frozen=True)
class _Block:
    """A block of requests: answers per second, and for each answer the latency and both sides' CPU time."""

    per_second: float
    latencies_N: Floats
    cpu_seconds: float
    client_seconds: float


def _ask(server: ServedProcess, path: str, bodies: Sequence[bytes]) -> _Block:
    requests = [post(path, body) for body in bodies]
    before = server.cpu_seconds()
    answered = send_all(server.port, requests, CONNECTIONS)
    spent, count = server.cpu_seconds() - before, len(bodies)
    client = answered.cpu_seconds / count
    return _Block(count / answered.seconds, answered.latencies_N, spent / count, client)


def _summary(blocks: Sequence[_Block]) -> Answers:
    latencies_N = np.concatenate([block.latencies_N for block in blocks])
    p50, p99 = (1e3 * np.percentile(latencies_N, (50, 99))).tolist()
    return Answers(
        per_second=statistics.median(block.per_second for block in blocks),
        cpu_us=1e6 * statistics.mean(block.cpu_seconds for block in blocks),
        client_cpu_us=1e6 * statistics.mean(block.client_seconds for block in blocks),
        p50_ms=p50,
        p99_ms=p99,
    )
