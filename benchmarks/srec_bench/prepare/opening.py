"""The cost of opening a dataset, in a process that does nothing else."""

import time
from pathlib import Path

from srec.dataset.dataset import Dataset
from srec_bench.prepare.result import Opening
from srec_bench.processes import peak_bytes


def open_dataset(target: Path) -> Opening:
    """Open a dataset as training does and read a session; returns the time and the process's peak memory."""
    begun = time.perf_counter()
    dataset = Dataset(target)
    sequences = dataset.sequences
    last = tuple(sequences.items[sequences.offsets[-2] : sequences.offsets[-1]].tolist())
    interactions, tags, kinds = len(sequences.items), len(dataset.tags.names), len(dataset.context)
    return Opening(
        seconds=time.perf_counter() - begun,
        peak_bytes=peak_bytes(),
        interactions=interactions,
        items=dataset.item_count,
        last=last,
        tags=tags,
        kinds=kinds,
    )
