from pathlib import Path

import pytest
from bundles import GAMES, write_toy_bundle
from srec_bench.soak.bench import bench_soak
from srec_bench.soak.result import FLAT, SoakResult

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks into /proc")


@linux
def test_no_request_fails_while_workers_are_replaced_and_visitors_misbehave(tmp_path: Path) -> None:
    result = bench_soak(write_toy_bundle(tmp_path / "bundle"), minutes=0.05, reloads=1, kills=0, share=0.1)
    assert result.games == GAMES
    assert result.answered > 100
    assert result.failures == []
    assert result.failed == result.with_killed == 0
    assert result.greedy >= 1
    assert 0 < result.slowest_seconds < 5
    assert 20 < result.memory_mb[0] < 1000
    assert result.write(tmp_path / "soak.json") == SoakResult.read(tmp_path / "soak.json")


def test_a_failed_request_and_more_memory_are_a_failure() -> None:
    made = SoakResult.model_construct(failed=0, failures=[], memory_mb=(100.0, 104.0, 90.0))
    assert made.failure is None
    assert "grew by 6.0%" in str(made.model_copy(update={"memory_mb": (100.0, 106.0, 90.0)}).failure)
    assert "2 requests failed: a; b" in str(
        made.model_copy(update={"failed": 2, "failures": ["a", "b"]}).failure
    )
    assert FLAT == 0.05
