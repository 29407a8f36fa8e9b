import json
from pathlib import Path

import numpy as np
import pytest
from bundles import GAMES, write_toy_bundle
from srec_bench.http.bench import bench_http, made_up
from srec_bench.http.client import post, send_all
from srec_bench.http.parts import PARTS
from srec_bench.http.result import HttpResult, terminal_table
from srec_bench.processes import ServedProcess

from srec.errors import SRecError
from srec.serving.app import create_app

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks into /proc")


@linux
def test_a_server_is_measured_beside_its_constant_answer(tmp_path: Path) -> None:
    result = bench_http(write_toy_bundle(tmp_path / "bundle"), requests=600, starts=1)
    assert result.games == GAMES
    assert list(result.split_us) == list(PARTS)
    assert all(spent > 0 for spent in result.split_us.values())
    for answers in (result.api, result.constant):
        assert answers.per_second > 0
        assert 0 < answers.p50_ms <= answers.p99_ms
    assert 0 < result.ratio < 2
    assert 0.1 < result.start_seconds < 60
    assert 20 < result.resident_mb.idle < 1000
    assert "uvicorn" in result.environment.versions
    assert terminal_table(result).row_count > len(PARTS)
    assert result.write(tmp_path / "http.json") == HttpResult.read(tmp_path / "http.json")


@linux
def test_the_client_hands_every_request_over_and_reads_every_answer(tmp_path: Path) -> None:
    bodies = made_up(np.array([900_000_010, 900_000_020]), 40)
    with ServedProcess("srec", "serve", str(write_toy_bundle(tmp_path / "bundle")), "--port") as server:
        answered = send_all(server.port, [post("/api/recommend", body) for body in bodies], connections=7)
        assert len(answered.latencies_N) == 40
        assert 0 < answered.latencies_N.min() <= answered.latencies_N.max() <= answered.seconds
        with pytest.raises(SRecError, match="404"):
            send_all(server.port, [post("/constant", b"{}")], connections=1)


def test_requests_are_made_up_of_known_games() -> None:
    bodies = [json.loads(body) for body in made_up(np.arange(10, 60, 10), 200)]
    assert {len(body["liked"]) for body in bodies} == {1, 2, 3, 4, 5}
    assert all(len(set(body["liked"])) == len(body["liked"]) for body in bodies)
    assert {app_id for body in bodies for app_id in body["liked"]} == {10, 20, 30, 40, 50}


def test_production_has_no_constant_answer(tmp_path: Path) -> None:
    paths = {getattr(route, "path", "") for route in create_app(write_toy_bundle(tmp_path / "b")).routes}
    assert "/constant" not in paths
