"""Accuracy from the ranks of the targets; each example has one target.

HR@K is the share of targets among the first K (Deshpande & Karypis, 2004; papers also call it Recall@K or
P@K). MRR@K is the mean of 1 / rank within them (Voorhees, 1999). NDCG@K is the mean of 1 / log2(rank + 1)
within them (Järvelin & Kekäläinen, 2002; the ideal gain of a single target is 1).
"""

from collections.abc import Sequence

import numpy as np

from srec.dataset.dataset import Floats, Ints

KS = (5, 10, 20)
#: The list lengths that leaderboards show.
TABLE_KS = (10, 20)
METRICS = tuple(f"{name}@{k}" for name in ("HR", "MRR") for k in TABLE_KS)


def gains(ranks: Ints, ks: Sequence[int] = KS) -> dict[str, Floats]:
    """Each example's contribution to each metric: float64 [E] by name, such as "MRR@10"."""
    unlimited = {"HR": np.ones(len(ranks)), "MRR": 1 / ranks, "NDCG": 1 / np.log2(ranks + 1)}
    return {f"{name}@{k}": np.where(ranks <= k, gain, 0.0) for name, gain in unlimited.items() for k in ks}


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample, such as of runs with several seeds; 0 for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def accuracy(ranks: Ints, ks: Sequence[int] = KS) -> dict[str, float]:
    """The mean of each metric over all examples."""
    return {name: float(gain.mean()) for name, gain in gains(ranks, ks).items()}
