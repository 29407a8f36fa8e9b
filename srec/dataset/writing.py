"""Writing a dataset directory from whole sessions, which have neither times nor metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from typing_extensions import TypedDict

from srec.artifacts import is_current, write_directory
from srec.dataset.statistics import statistics

Ints = npt.NDArray[np.integer[Any]]

KIND = "dataset"
VERSION = 2


class DatasetManifest(TypedDict):
    """What the manifest of a dataset must have."""

    inputs: dict[str, str | None]
    parameters: dict[str, Any]
    simulated: bool
    repeats: bool
    split: dict[str, Any]
    statistics: dict[str, Any]
    steps: list[dict[str, Any]]
    context: dict[str, int]
    files: dict[str, dict[str, Any]]


def write_whole_sessions(
    target: Path,
    items: Ints,
    lengths: Ints,
    *,
    trained: int,
    known: int,
    test_from: Ints,
    app_ids: Ints,
    repeats: bool,
    inputs: Mapping[str, str],
    parameters: Mapping[str, Any],
) -> None:
    """Write sessions that each lie in one part, in the order of training, validation and test.

    Args:
        target: where the directory shall appear; one that was made from the same stays.
        items: int [N], 1..V, all sessions one after the other, each oldest first.
        lengths: int [S], how many items each session has.
        trained: how many sessions are to train on.
        known: how many are to train or to validate on.
        test_from: int [S - known], from which item on, counted from 0, a test session is asked for.
        app_ids: int [V + 1], the external id of each item; entry 0 is 0.
        repeats: whether an item may come again in a session.
        inputs: what the sessions are made from, by name.
        parameters: how they are split.
    """
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        return
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    session = np.arange(len(lengths))
    first, last = offsets[:-1], offsets[1:]
    test_begins = last.copy()
    test_begins[known:] = first[known:] + test_from
    arrays: dict[str, Ints] = {
        "items": items.astype(np.int32),
        "times": np.repeat(session, lengths),
        "offsets": offsets,
        "train_ends": np.where(session < trained, last, first),
        "valid_ends": np.where(session < known, last, first),
        "test_begins": test_begins,
    }
    with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
        (draft.path / "sequences").mkdir()
        for name, array in arrays.items():
            np.save(draft.path / "sequences" / f"{name}.npy", array)
        np.save(draft.path / "app_ids.npy", app_ids.astype(np.int32))
        draft.facts = {
            "simulated": False,
            "repeats": repeats,
            "context": {},
            "steps": [],
            "split": {"sessions": known, "held_out": known - trained},
            "statistics": statistics(draft.path),
        }
