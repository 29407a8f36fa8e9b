import json
import random
from pathlib import Path

import pytest
from srec_bench.fuzz import bench
from srec_bench.fuzz.bench import bench_fuzz
from srec_bench.fuzz.mutations import mutated
from srec_bench.fuzz.readers import KINDS
from srec_bench.fuzz.result import FuzzResult

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it limits a process's memory")


@linux
def test_changed_files_are_refused_in_one_line_or_read_well(tmp_path: Path) -> None:
    folder = tmp_path / "fuzz"
    result = bench_fuzz(folder, cases=80, seed=7)
    journal = (folder / "journal-7.jsonl").read_text().splitlines(keepends=True)
    (folder / "journal-7.jsonl").write_text("".join(journal) + journal[60][:9])
    assert bench_fuzz(folder, cases=80, seed=7).outcomes == result.outcomes, "what is done is not done again"
    assert (folder / "journal-7.jsonl").read_text() == "".join(journal)
    assert result.failures == []
    assert result.failure is None
    assert sum(count for found in result.outcomes.values() for count in found.values()) == result.cases == 80
    refused = sum(found.get("refused", 0) for found in result.outcomes.values())
    assert refused > 20
    assert set(result.outcomes) <= set(KINDS)
    assert result.write(tmp_path / "fuzz.json") == FuzzResult.read(tmp_path / "fuzz.json")


def test_what_ends_badly_is_a_failure_and_says_which_case() -> None:
    done = [("bundle", "refused", "no"), ("run", "traceback", "KeyError"), ("run", "hang", "")]
    result = bench._summary(done, 3)
    assert result.outcomes == {"bundle": {"refused": 1}, "run": {"hang": 1, "traceback": 1}}
    assert result.failure == "2 of 3 cases ended badly: case 1, run: traceback KeyError"


@pytest.mark.parametrize("name", ["a.json", "a.npy", "a.csv", "a.onnx"])
def test_a_change_is_that_of_its_seed(name: str) -> None:
    content = json.dumps({"a": [1, {"b": 2}], "c": "x" * 50}).encode()
    made = [mutated(content, name, random.Random(seed)) for seed in range(40)]
    assert made == [mutated(content, name, random.Random(seed)) for seed in range(40)]
    assert len(set(made)) > 20
    assert mutated(b"", name, random.Random(0)) is not None
