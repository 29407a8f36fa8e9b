"""The last run of a learnt model, kept so that the next training begins with its weights."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from srec.artifacts import fingerprint, is_current, verify, write_directory
from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError
from srec.training.runs import Run
from srec.training.warm import Warm

KIND, VERSION = "last run", 1


class LastRun:
    """A folder that has the last run, and the games that it was trained on.

    Args:
        path: the folder; ``keep`` makes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def warm(self, wanted: Mapping[str, Any], most: int) -> Warm | None:
        """Where a training begins; None where it begins anew.

        Args:
            wanted: model, settings and training, as a run's manifest has them; a run with others is no
                beginning.
            most: how many trainings in a row may begin with earlier weights.
        """
        try:
            manifest = verify(self.path, KIND, VERSION)
            run = Run(self.path / "run")
            app_ids = np.load(self.path / "app_ids.npy", allow_pickle=False)
        except (ArtifactError, OSError, ValueError):
            return None
        if manifest["in_a_row"] >= most or not fits(run, wanted):
            return None
        return Warm(run, app_ids)

    def keep(self, run: Run, dataset: Dataset) -> None:
        """Keep a run for the next training, in place of the one before."""
        inputs = {"run": fingerprint(run.path), "dataset": dataset.fingerprint}
        if is_current(self.path, KIND, VERSION, inputs=inputs, parameters={}):
            return
        row = self._in_a_row() + 1 if "warm" in run.manifest["inputs"] else 0
        with write_directory(self.path, KIND, VERSION, inputs=inputs) as draft:
            shutil.copytree(run.path, draft.path / "run")
            np.save(draft.path / "app_ids.npy", np.asarray(dataset.app_ids))
            draft.facts = {"in_a_row": row}

    def forget(self) -> None:
        """Begin anew next time."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _in_a_row(self) -> int:
        try:
            return int(verify(self.path, KIND, VERSION)["in_a_row"])
        except ArtifactError:
            return 0


def fits(run: Run, wanted: Mapping[str, Any]) -> bool:
    """Whether a run was trained with this model, these settings and this training."""
    return {key: run.manifest["parameters"].get(key) for key in wanted} == dict(wanted)
