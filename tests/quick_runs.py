"""Short trainings on a chain of 20 items, and what is asked of them."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from srec.dataset.dataset import Dataset
from srec.models.gce_gnn import GCEGNNSettings
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import TrainingSettings

ITEMS = 20
MODEL = GCEGNNSettings(dimension=8)
QUICK = TrainingSettings(epochs=3, batch_size=16, learning_rate=0.01, checkpoint_seconds=0)


def chain(path: Path, seed: int = 0) -> Dataset:
    """80 sessions in which each item is followed by the next."""
    return write_dataset(path, chains(ITEMS, 80, seed=seed, noise=False), ITEMS)


def fit(dataset: Dataset, target: Path, training: TrainingSettings = QUICK, **given: object) -> Run:
    return train(dataset, target, "gce-gnn", settings=MODEL, training=training, **given)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return load_file(run.path / "weights.safetensors")


def assert_same(first: Run, second: Run) -> None:
    ours, theirs = weights(first), weights(second)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert first.log == second.log


class Killed(BaseException):
    pass
