"""What it costs to open a dataset, in a process that does nothing else."""

import time
from pathlib import Path
from typing import Any

from srec.dataset.dataset import Dataset
from srec_bench.processes import peak_bytes


def open_dataset(target: Path) -> dict[str, Any]:
    """Open a dataset as training does, read a session, and say how long it took and the process's peak."""
    begun = time.perf_counter()
    dataset = Dataset(target)
    sequences = dataset.sequences
    last = sequences.items[sequences.offsets[-2] : sequences.offsets[-1]]
    opened = {"interactions": len(sequences.items), "items": dataset.item_count, "last": last.tolist()}
    opened["tags"] = len(dataset.tags.names)
    opened["kinds"] = len(dataset.context)
    return {
        "seconds": time.perf_counter() - begun,
        "peak_bytes": peak_bytes(),
        **opened,
    }
