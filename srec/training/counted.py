"""Counting a model into a run directory: its arrays, and of a sum the weight of popularity."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from srec.artifacts import is_current, write_directory
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.models import model_entry
from srec.models.popularity_weight import described
from srec.models.stored import Storable
from srec.models.sums import Sum
from srec.settings import Settings
from srec.training.runs import KIND, VERSION, WEIGHTS, Run


def count(dataset: Dataset, target: Path, model: str, *, settings: Settings) -> Run:
    """Count a model on all data before the test, and store it as a run; a run made of the same is kept.

    Args:
        dataset: the dataset to count.
        target: the run directory to write.
        model: a counted model of the MODELS table.
        settings: the model's settings.

    Raises:
        SettingsError: it is a model of another package that cannot be stored.
        ArtifactError: ``target`` exists and is not a run.
    """
    kind: Any = model_entry(model).load()
    if not hasattr(kind, "restore"):
        raise SettingsError(
            f"{model} has no arrays and no restore (see srec.models.stored), so it cannot be stored:"
            " `srec evaluate` computes it by itself"
        )
    inputs = {"dataset": dataset.fingerprint}
    parameters = {"model": model, "settings": settings.model_dump()}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        return Run(target)
    started = time.perf_counter()
    counted: Storable = kind.fit(dataset, settings, "fit")
    arrays = counted.arrays()
    log: Sequence[Mapping[str, float]] = ()
    facts: dict[str, Any] = {"valid": {}}
    if isinstance(counted, Sum):
        arrays, log, weight = counted.parts.arrays(), counted.log, counted.popularity_weight
        facts = {"popularity_weight": weight, "valid": described(log, weight)}
    with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, draft.path / WEIGHTS)
        lines = [json.dumps({"event": "popularity", **line}) + "\n" for line in log]
        (draft.path / "metrics.jsonl").write_text("".join(lines), encoding="utf-8")
        draft.facts = {
            **facts,
            "parameter_count": sum(array.size for array in arrays.values()),
            "seconds": {"count": round(time.perf_counter() - started, 1)},
        }
    return Run(target)
