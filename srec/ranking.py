"""Finds the best of many scores: the one search that evaluation, serving and benchmarks share.

``srec.inference.reference`` sorts everything instead. Searches are compared with it, so it stays separate.
"""

from typing import Any

import numpy as np
import numpy.typing as npt


def top_k(scores_V: npt.NDArray[np.floating[Any]], k: int) -> npt.NDArray[np.intp]:
    """The places of the k best scores, best first; of equal scores, the lower place comes first.

    A score of -inf is never among the best: it marks an item that must not be recommended.

    Args:
        scores_V: float [V], without NaN.
        k: how many, at least 0.

    Returns:
        int64 [at most k], from 0; fewer than k if fewer scores are above -inf.
    """
    k = min(k, len(scores_V))
    if not k:
        return np.zeros(0, np.intp)
    # Keep every score as good as the k-th, so that its place decides a tie at the cut. Sorting only these
    # costs a fraction of sorting all scores.
    threshold = np.partition(scores_V, len(scores_V) - k)[len(scores_V) - k]
    reached = np.flatnonzero(scores_V >= threshold if threshold > -np.inf else scores_V > -np.inf)
    return reached[np.argsort(-scores_V[reached], kind="stable")[:k]]
