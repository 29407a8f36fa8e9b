"""The best of many scores: the one search for them that evaluation, serving and benchmarks share.

``srec.inference.reference`` sorts everything instead: it is what searches are compared with, and stays apart.
"""

from typing import Any

import numpy as np
import numpy.typing as npt


def top_k(scores_V: npt.NDArray[np.floating[Any]], k: int) -> npt.NDArray[np.intp]:
    """The places of the k best scores, best first; of equal scores the lower place comes first.

    A score of -inf is never among the best: it marks what must not be recommended.

    Args:
        scores_V: float [V], none of them NaN.
        k: how many, at least 0.

    Returns:
        int64 [at most k], from 0; fewer than k where fewer scores are above -inf.
    """
    k = min(k, len(scores_V))
    if not k:
        return np.zeros(0, np.intp)
    # Every score as good as the k-th, so that the place breaks a tie at the cut, and not chance. Sorting only
    # these costs a fraction of sorting all.
    threshold = np.partition(scores_V, len(scores_V) - k)[len(scores_V) - k]
    reached = np.flatnonzero(scores_V >= threshold if threshold > -np.inf else scores_V > -np.inf)
    return reached[np.argsort(-scores_V[reached], kind="stable")[:k]]
