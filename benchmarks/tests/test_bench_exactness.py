from pathlib import Path

import numpy as np
import pytest
from srec_bench.exactness.bench import bench_exactness
from srec_bench.exactness.result import ExactnessResult, terminal_line

from srec.inference.exact import ExactTopK
from srec.inference.scans import kernels
from srec.inference.summed import Summed


def test_the_fuzz_command_finds_no_difference_and_would_find_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = bench_exactness(cases=400, seed=3)
    assert result.differences == 0
    assert result.failure is None
    assert result.cases >= 400
    assert set(result.kernels) == set(kernels())
    assert result.sums > 100
    assert result.added > 50
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


def test_the_fuzz_command_would_find_a_wrong_answer_of_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Summed.find

    def wrong(self, asked, k, allowed_V=None):
        found = real(self, asked, k, allowed_V)
        found.scores[-1, 0] = np.nextafter(found.scores[-1, 0], 0)
        return found

    monkeypatch.setattr(Summed, "find", wrong)
    assert bench_exactness(cases=80, seed=3).differences > 0
