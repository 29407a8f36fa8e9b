"""The statistics of SRec's Table 1 and the distribution of lengths, from the written sequences."""

from pathlib import Path
from typing import Any

import numpy as np


def statistics(dataset: Path) -> dict[str, Any]:
    """Users, items, interactions, lengths and density of the sequences in a dataset directory.

    Args:
        dataset: the directory, which may still be in the making.

    Returns:
        JSON values; "lengths" maps each length of a session to how many sessions have it.
    """
    folder = dataset / "sequences"
    offsets, train_ends, valid_ends = (
        np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in ("offsets", "train_ends", "valid_ends")
    )
    items = len(np.load(dataset / "app_ids.npy", mmap_mode="r", allow_pickle=False)) - 1
    lengths = np.diff(offsets)
    lengths = lengths[lengths > 0]
    users, interactions = len(lengths), int(lengths.sum())
    values, counts = np.unique(lengths, return_counts=True)
    train = int((train_ends - offsets[:-1]).sum())
    valid = int((valid_ends - train_ends).sum())
    return {
        "users": users,
        "items": items,
        "interactions": interactions,
        "train_interactions": train,
        "valid_interactions": valid,
        "test_interactions": interactions - train - valid,
        "average_length": interactions / max(users, 1),
        "median_length": float(np.median(lengths)) if users else 0.0,
        "density": interactions / max(users * items, 1),
        "lengths": {str(value): int(count) for value, count in zip(values, counts, strict=True)},
    }
