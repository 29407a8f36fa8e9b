"""The statistics of SRec's Table 1 and the distribution of lengths, from the written sequences."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table


def statistics(dataset: Path) -> dict[str, Any]:
    """Users, items, interactions, lengths and density of the sequences in a dataset directory."""
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


def steps_table(manifest: dict[str, Any]) -> Table:
    """The rows left after each step of preparation, for the terminal."""
    table = Table("step", title="What each step left")
    for name in ("reviews", "users", "games"):
        table.add_column(name, justify="right")
    for step in manifest["steps"]:
        counts = (f"{step[key]:,}" for key in ("interactions", "users", "items"))
        table.add_row(step["step"], *counts)
    return table


def statistics_table(manifest: dict[str, Any]) -> Table:
    """SRec's Table 1, for the terminal."""
    table = Table("statistic", title="The dataset")
    table.add_column("value", justify="right")
    facts = manifest["statistics"]
    for name, value in facts.items():
        if name != "lengths":
            shown = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
            table.add_row(name.replace("_", " "), shown)
    for name, moment in manifest["split"].items():
        table.add_row(name.replace("_", " "), moment)
    return table
