"""The benchmarks of preparing and storing reviews, on few of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from srec_bench.prepare import bench as prepare
from srec_bench.prepare.result import PrepareResult
from srec_bench.prepare.result import terminal_table as prepare_table
from srec_bench.processes import in_fresh_process
from srec_bench.store import bench as store
from srec_bench.store.result import StoreResult
from srec_bench.store.result import terminal_table as store_table

from srec.errors import SRecError


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in this process: a fresh one only separates the peaks of memory, and takes seconds to start."""

    def run(work: Callable[..., object], *arguments: object, **named: object) -> object:
        return work(*arguments, **named)

    monkeypatch.setattr(prepare, "in_fresh_process", run)
    monkeypatch.setattr(store, "in_fresh_process", run)


@pytest.mark.usefixtures("in_this_process")
def test_a_preparation_is_timed_step_by_step_beside_the_group_by(tmp_path: Path) -> None:
    said: list[str] = []
    result = prepare.bench_prepare(3000, tmp_path, memory_limit="1GB", threads=1, say=said.append)
    assert said[0] == "simulating"
    assert result.prepared.rows[0].interactions >= 3000
    assert {"tags", "global graph"} <= {step.step for step in result.prepared.steps}
    assert 0 < sum(step.seconds for step in result.prepared.steps) <= result.prepared.seconds
    assert result.times_the_group_by > 0
    assert result.opening.interactions == result.prepared.dataset.interactions > len(result.opening.last) > 0
    assert min(result.source_bytes, result.dataset_bytes, result.prepared.peak_bytes) > 0
    assert prepare_table(result).row_count == len(result.prepared.steps) + 4
    assert result.write(tmp_path / "prepare.json") == PrepareResult.read(tmp_path / "prepare.json")
    assert not (tmp_path / "dataset-3000").exists()


@pytest.mark.usefixtures("in_this_process")
def test_a_store_is_timed_beside_a_file_and_must_be_empty(tmp_path: Path) -> None:
    where, said = str(tmp_path / "store.duckdb"), list[str]()
    result = store.bench_store(where, 1000, tmp_path / "work", memory_limit="1GB", say=said.append)
    assert f"beside: {store.STEPS[-1]}" in said
    for measured in (result.store, result.beside):
        assert list(measured.steps) == list(store.STEPS)
        assert all(step.rows >= 1000 for step in measured.steps.values())
        assert measured.bytes > 0
    assert result.kind == "duckdb"
    assert list(result.ratios) == list(store.STEPS)
    assert store_table(result).row_count == 2 * (len(store.STEPS) + 1)
    assert result.write(tmp_path / "store.json") == StoreResult.read(tmp_path / "store.json")
    with pytest.raises(SRecError, match="name an empty store"):
        store.bench_store(where, 1000, tmp_path / "work", memory_limit="1GB", say=said.append)


def test_a_fresh_process_is_given_what_it_needs_and_hands_back_what_it_found() -> None:
    assert in_fresh_process(sorted, [2, 3, 1], reverse=True) == [3, 2, 1]
