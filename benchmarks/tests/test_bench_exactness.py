from pathlib import Path

import pytest
from srec_bench.exactness.bench import bench_exactness
from srec_bench.exactness.result import ExactnessResult, terminal_line

from srec.inference.exact import ExactTopK
from srec.inference.scans import kernels


def test_the_fuzz_command_finds_no_difference_and_would_find_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = bench_exactness(cases=400, seed=3)
    assert result.differences == 0
    assert result.failure is None
    assert result.cases >= 400
    assert set(result.kernels) == set(kernels())
    assert terminal_line(result) == f"{result.cases:,} cases, 0 differences from the reference"
    assert result.write(tmp_path / "exactness.json") == ExactnessResult.read(tmp_path / "exactness.json")
    real = ExactTopK.search

    def wrong(self, vectors_BD, k, **more):
        found = real(self, vectors_BD, k, **more)
        found.rows[-1, 0] += 1
        return found

    monkeypatch.setattr(ExactTopK, "search", wrong)
    result = bench_exactness(cases=40, seed=3)
    assert result.differences > 0
    assert result.first
    assert result.first.seed == 3
    assert f"{result.differences} answers differ from the reference's" in str(result.failure)
