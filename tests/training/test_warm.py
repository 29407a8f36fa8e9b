"""A training begins with the weights of an earlier one, though games have come and gone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from resealing import resealed
from safetensors.torch import load_file

from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError
from srec.models import MODELS, model_entry
from srec.models.session_model import SessionModel
from srec.testing.toys import write_dataset
from srec.training.run import train
from srec.training.runs import WEIGHTS, Run
from srec.training.warm import Warm
from srec.updating.last import LastRun

TRAINING = {"epochs": 1, "batch_size": 8}
SESSIONS = [([1, 2, 3], [4], [5]), ([2, 3, 4], [5], [6]), ([3, 4, 5], [6], [1]), ([4, 5, 6], [1], [2])] * 5


def dataset(path: Path, app_ids: list[int]) -> Dataset:
    """A toy whose games have these app ids."""
    write_dataset(path, SESSIONS, item_count=len(app_ids))
    np.save(path / "app_ids.npy", np.array([0, *app_ids], np.int32))
    resealed(path)
    return Dataset(path)


def small(kind: type[SessionModel]) -> dict[str, int]:
    return {"dimension": 8} if "dimension" in kind.settings_type.model_fields else {}


@pytest.mark.parametrize("name", [name for name, entry in MODELS.items() if entry.learnt])
def test_known_games_keep_their_vectors_and_new_ones_are_drawn(name: str, tmp_path: Path) -> None:
    kind = model_entry(name).load()
    before = dataset(tmp_path / "before", [10, 20, 30, 40, 50, 60])
    after = dataset(tmp_path / "after", [5, 10, 20, 40, 50, 60, 70])  # 30 is gone, 5 and 70 are new
    run = train(before, tmp_path / "run", name, settings=small(kind), training=TRAINING)
    model = kind.build(after, kind.settings_type(**small(kind)))
    model.initialise(0)
    drawn = {key: value.clone() for key, value in model.named_parameters()}
    Warm(run, before.app_ids).begin(model, after.app_ids)
    earlier, now = load_file(run.path / WEIGHTS), dict(model.named_parameters())
    assert set(model.by_item) <= now.keys()
    for key in model.by_item:
        torch.testing.assert_close(now[key][[0, 2, 3, 4, 5, 6]], earlier[key][[0, 1, 2, 4, 5, 6]])
        torch.testing.assert_close(now[key][[1, 7]], drawn[key][[1, 7]])
    others = [key for key in now if key not in model.by_item and not key.startswith(model.numbered)]
    assert all(torch.equal(now[key], earlier[key]) for key in others)
    # Whatever else has a row for each item has to be named, or the wrong rows would be taken.
    sizes = {len(now[key]) for key in others if now[key].dim()}
    assert after.item_count + 1 not in sizes - {8}


def test_a_warm_training_goes_on_for_its_epochs_and_says_so(tmp_path: Path) -> None:
    before = dataset(tmp_path / "before", [10, 20, 30, 40, 50, 60])
    after = dataset(tmp_path / "after", [10, 20, 30, 40, 50, 60, 70])
    first = train(before, tmp_path / "first", "sasrec", settings={"dimension": 8}, training=TRAINING)
    warm = Warm(first, before.app_ids, epochs=2)
    second = train(
        after, tmp_path / "second", "sasrec", settings={"dimension": 8}, training=TRAINING, warm=warm
    )
    assert [(line["stage"], line["epoch"]) for line in second.log] == [("warm", 1), ("warm", 2)]
    assert second.manifest["inputs"].keys() == {"dataset", "warm"}
    assert second.valid == first.valid
    again = train(
        after, tmp_path / "again", "sasrec", settings={"dimension": 8}, training=TRAINING, warm=warm
    )
    assert (again.path / WEIGHTS).read_bytes() == (second.path / WEIGHTS).read_bytes()


def test_the_last_run_is_a_beginning_for_the_same_settings_and_not_for_ever(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", [10, 20, 30, 40, 50, 60])
    run = train(data, tmp_path / "run", "sasrec", settings={"dimension": 8}, training=TRAINING)
    wanted = {key: run.manifest["parameters"][key] for key in ("model", "settings", "training")}
    last = LastRun(tmp_path / "last")
    assert last.warm(wanted, 6) is None
    last.keep(run, data)
    for row in range(2):
        warm = last.warm(wanted, 2)
        assert warm is not None
        assert warm.app_ids.tolist() == [0, 10, 20, 30, 40, 50, 60]
        target = tmp_path / f"warm {row}"
        last.keep(
            train(data, target, "sasrec", settings={"dimension": 8}, training=TRAINING, warm=warm), data
        )
    assert last.warm(wanted, 2) is None
    assert last.warm(wanted, 3) is not None
    assert last.warm(wanted | {"model": "narm"}, 3) is None
    last.forget()
    assert last.warm(wanted, 3) is None


def test_damaged_weights_are_no_beginning(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", [10, 20, 30, 40, 50, 60])
    run = train(data, tmp_path / "run", "sasrec", settings={"dimension": 8}, training=TRAINING)
    (run.path / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(ArtifactError, match="its checksum differs"):
        train(data, tmp_path / "warm", "sasrec", training=TRAINING, warm=Warm(Run(run.path), data.app_ids))
