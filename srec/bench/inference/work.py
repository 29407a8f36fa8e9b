"""What the exact search has to read: how many rows it scores, and how much of the codes' lower halves."""

from typing import Any

import numpy as np

from srec.bench.inference.inputs import Inputs
from srec.bench.inference.subject import Subject
from srec.inference.scans import ROWS


def search_work(subject: Subject, inputs: Inputs, exclude: bool) -> dict[str, Any]:
    """Means over inputs.

    Args:
        subject: the model.
        inputs: the sessions.
        exclude: whether the input's items are taken out of the answer.

    Returns:
        "kernel"; for the 10 and the 50 best "rescored", the rows scored in float64 for an input, and
        "opened", the share of blocks whose lower halves were read: 0 with a kernel that has none.
    """
    index = subject.index
    found: dict[str, Any] = {"kernel": index.kernel}
    for k in (10, 50):
        before = index.counts
        for session in inputs.sessions:
            excluded = session[0] - 1 if exclude else np.zeros(0, np.int64)
            index.search(subject.encode(session), k, excluded=[excluded])
        queries = index.counts.queries - before.queries
        blocks = -(-len(index) // ROWS)
        found[f"top {k}"] = {
            "rescored": (index.counts.rescored - before.rescored) / queries,
            "opened": (index.counts.opened - before.opened) / queries / blocks,
        }
    return found
