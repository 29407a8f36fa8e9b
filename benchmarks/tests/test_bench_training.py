from pathlib import Path

import pytest
from srec_bench.training.bench import bench_training
from srec_bench.training.clock import PARTS
from srec_bench.training.result import TrainingResult, terminal_table

from srec.models.gce_gnn import GCEGNNSettings
from srec.testing.toys import chains, write_dataset
from srec.training.settings import TrainingSettings


@pytest.mark.parametrize("hops", [1, 2])
def test_a_step_is_timed_and_split_beside_the_floor(tmp_path: Path, hops: int) -> None:
    dataset = write_dataset(tmp_path / "dataset", chains(30, 60, seed=0, noise=False), 30)
    settings = GCEGNNSettings(dimension=8, hops=hops, tags=False, context=False)
    result = bench_training(
        dataset, settings, TrainingSettings(batch_size=20), name="chains", steps=4, blocks=3
    )
    assert (result.dataset, result.hops, result.batch_size) == ("chains", hops, 20)
    assert list(result.split_ms) == list(PARTS)
    assert all(spent > 0 for spent in result.split_ms.values())
    # The parts add up to a step; with other work on the machine, times allow no stronger check.
    assert 0.1 * result.step_ms < sum(result.split_ms.values()) < 10 * result.step_ms
    assert min(result.ratio, result.step_ms, result.floor_ms) > 0
    assert "torch" in result.environment.versions
    assert result.evaluation_examples_per_second
    assert terminal_table(result).row_count == len(PARTS) + 4
    assert result.write(tmp_path / "training.json") == TrainingResult.read(tmp_path / "training.json")
