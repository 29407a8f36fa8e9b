"""Counting a model into a run directory, for models whose scores are sums of stored parts."""

import json
import time
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from srec.artifacts import is_current, write_directory
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.models import model_entry
from srec.models.popularity_weight import described
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
        SettingsError: the model's scores are no sum, so it cannot be stored.
        ArtifactError: ``target`` exists and is not a run.
    """
    kind: Any = model_entry(model).load()
    if not issubclass(kind, Sum):
        raise SettingsError(f"{model} is counted and cannot be stored: `srec evaluate` computes it by itself")
    inputs = {"dataset": dataset.fingerprint}
    parameters = {"model": model, "settings": settings.model_dump()}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        return Run(target)
    started = time.perf_counter()
    counted: Sum = kind.fit(dataset, settings, "fit")
    with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
        arrays = counted.parts.arrays()
        save_file(arrays, draft.path / WEIGHTS)
        (draft.path / "metrics.jsonl").write_text(
            "".join(json.dumps({"event": "popularity", **line}) + "\n" for line in counted.log),
            encoding="utf-8",
        )
        draft.facts = {
            "popularity_weight": counted.popularity_weight,
            "valid": described(counted.log, counted.popularity_weight),
            "parameter_count": sum(array.size for array in arrays.values()),
            "seconds": {"count": round(time.perf_counter() - started, 1)},
        }
    return Run(target)
