"""Tiny trained runs for tests of the steps after training."""

from pathlib import Path

from srec.dataset.dataset import Dataset
from srec.models import model_entry
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import TrainingSettings

ITEMS = 80


def trained(folder: Path, name: str = "gce-gnn", **settings: object) -> tuple[Dataset, Run]:
    """A model of dimension 8 after one epoch on chains of 80 items, in a folder."""
    dataset = write_dataset(folder / "dataset", chains(ITEMS, 200, seed=0, noise=False), ITEMS)
    chosen = model_entry(name).load().settings_type(dimension=8, **settings)
    training = TrainingSettings(epochs=1, batch_size=32, learning_rate=0.01, refit=False)
    return dataset, train(dataset, folder / "run", name, settings=chosen, training=training)
