"""``srec bench http``: what a served answer costs, beside a constant answer of the same server.

The server is one process, loaded over 16 connections by another on the same machine. Blocks of the API's
answers and of constant ones take turns, so that a busy machine slows both; the ratio is what counts. The
server's processor time is told too: it depends less on who else is busy.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from srec.dataset.dataset import Floats, Ints
from srec.environment import environment
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.serving.gathering import MOST
from srec_bench.http_parts import parts
from srec_bench.http_server import CONSTANT
from srec_bench.load import load, post
from srec_bench.processes import Server

API = "/api/recommend"
CONNECTIONS, BLOCK, WARM_UP, SOME = 16, 500, 1000, 2000
MOST_LIKED, TOP = 5, 10


def bench_http(bundle: Path, requests: int, starts: int = 5) -> dict[str, Any]:
    """Measure a server's throughput, latencies, start and memory.

    Args:
        bundle: what it serves.
        requests: to the API, and as many to the constant answer: the top 10 for 1 to 5 random games.
        starts: how often the server is started to see how long that takes.

    Returns:
        Plain JSON.

    Raises:
        SRecError: the server does not start or refuses a request; this is not Linux.
    """
    opened = Bundle(bundle)
    bodies = made_up(opened.app_ids, requests)
    split_us, size = parts(Recommender(opened), bodies[:SOME], MOST)
    seconds, cpu_seconds = [], []
    for _ in range(starts):
        with Server("srec", "serve", str(bundle), "--port") as server:
            seconds.append(server.start_seconds)
            cpu_seconds.append(server.start_cpu_seconds)
            idle_mb = server.resident_mb()
            _ask(server, API, bodies[:SOME])
            loaded_mb = server.resident_mb()
    with Server("srec_bench.http_server", str(bundle), after=(str(size),)) as server:
        for path in (API, CONSTANT):
            _ask(server, path, bodies[:WARM_UP])
        blocks = [bodies[at : at + BLOCK] for at in range(0, requests, BLOCK)]
        pairs = [(_ask(server, API, block), _ask(server, CONSTANT, block)) for block in blocks]
    api, constant = (_summary(part) for part in zip(*pairs, strict=True))
    return {
        "benchmark": "http",
        "model": opened.config["model"],
        "games": len(opened.games),
        "dimension": opened.items.shape[1],
        "connections": CONNECTIONS,
        "requests": requests,
        "answer_bytes": size,
        "api": api,
        "constant": constant,
        "ratio": statistics.median(ours.per_second / floor.per_second for ours, floor in pairs),
        "cpu_ratio": constant["cpu_us"] / api["cpu_us"],
        "p99_to_p50": api["p99_ms"] / api["p50_ms"],
        "split_us": split_us,
        "start_seconds": statistics.median(seconds),
        "start_cpu_seconds": statistics.median(cpu_seconds),
        "resident_mb": {"idle": idle_mb, "loaded": loaded_mb},
        "environment": environment("fastapi", "uvicorn", "uvloop", "httptools"),
    }


def table(result: dict[str, Any]) -> Table:
    """The figures beside the bars they are to reach, for the terminal."""
    api, constant, memory = result["api"], result["constant"], result["resident_mb"]
    title = f"{result['games']:,} games, dimension {result['dimension']}, {result['connections']} connections"
    made = Table("what", title=title)
    for name in ("figure", "bar"):
        made.add_column(name, justify="right")
    made.add_row("answers/s", f"{api['per_second']:,.0f}")
    made.add_row("constant answers/s", f"{constant['per_second']:,.0f}")
    made.add_row("ratio", f"{result['ratio']:.2f}", "≥ 0.35")
    made.add_row("ratio of processor times", f"{result['cpu_ratio']:.2f}")
    made.add_section()
    made.add_row("latency p50, ms", f"{api['p50_ms']:.2f}")
    made.add_row("latency p99, ms", f"{api['p99_ms']:.2f}")
    made.add_row("p99 to p50", f"{result['p99_to_p50']:.2f}", "≤ 3")
    made.add_section()
    made.add_row("processor time of an answer, µs", f"{api['cpu_us']:.0f}")
    made.add_row("of a constant answer (HTTP)", f"{constant['cpu_us']:.0f}")
    made.add_row("of the client for either", f"{constant['client_cpu_us']:.0f}")
    for part, spent in result["split_us"].items():
        made.add_row(part, f"{spent:.0f}")
    made.add_section()
    made.add_row("cold start, s", f"{result['start_seconds']:.2f}", "≤ 2")
    made.add_row("its processor time, s", f"{result['start_cpu_seconds']:.2f}")
    made.add_row("resident at the start, MB", f"{memory['idle']:.0f}")
    made.add_row("resident after the load, MB", f"{memory['loaded']:.0f}", "≤ 300")
    return made


def made_up(app_ids: Ints, count: int, seed: int = 0) -> list[bytes]:
    """Requests for the top 10, as JSON: 1 to 5 random games each, or as many as there are."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, min(MOST_LIKED, len(app_ids)) + 1, count)
    chosen = (generator.choice(app_ids, size, replace=False).tolist() for size in sizes)
    return [json.dumps({"liked": liked, "k": TOP}).encode() for liked in chosen]


@dataclass(frozen=True)
class _Block:
    """A block of requests: answers a second, seconds of each, processor time of both sides for each."""

    per_second: float
    latencies_N: Floats
    cpu_seconds: float
    client_seconds: float


def _ask(server: Server, path: str, bodies: Sequence[bytes]) -> _Block:
    requests = [post(path, body) for body in bodies]
    before = server.cpu_seconds()
    answered = load(server.port, requests, CONNECTIONS)
    spent, count = server.cpu_seconds() - before, len(bodies)
    client = answered.cpu_seconds / count
    return _Block(count / answered.seconds, answered.latencies_N, spent / count, client)


def _summary(blocks: Sequence[_Block]) -> dict[str, float]:
    latencies_N = np.concatenate([block.latencies_N for block in blocks])
    p50, p99 = (1e3 * np.percentile(latencies_N, (50, 99))).tolist()
    return {
        "per_second": statistics.median(block.per_second for block in blocks),
        "cpu_us": 1e6 * statistics.mean(block.cpu_seconds for block in blocks),
        "client_cpu_us": 1e6 * statistics.mean(block.client_seconds for block in blocks),
        "p50_ms": p50,
        "p99_ms": p99,
    }
