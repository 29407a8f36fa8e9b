"""The scan of ``exact`` without native code: float32 scores of all rows, with a bound on their rounding.

Shapes: V rows, C some of them, D dimension, B queries, S rows with something added to their scores.
"""

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints
from srec.inference.reference import Added, Found, best, empty, reference_scores
from srec.inference.scans import SMALLEST, Counts, Wanted, norms_above, parts

_QUERIES = 64  # scored at a time
_NOTHING = Added(np.zeros(0, np.int64), np.zeros(0))


class NumpyScan:
    """Float32 scores with a bound on their rounding; section 5 of the proof."""

    def __init__(self, items_VD: Floats, scale: float) -> None:
        self._items_VD, self._scale = items_VD, scale
        count, dimension = items_VD.shape
        # A contiguous transposed copy: multiplying by a strided view costs several times as much.
        self._scaled_DV = np.empty((dimension, count), np.float32)
        self._norms_V = np.empty(count, np.float32)
        for part in parts(count):
            rows_CD = items_VD[part].astype(np.float64) / scale
            self._scaled_DV[:, part] = rows_CD.T
            self._norms_V[part] = norms_above(rows_CD)
        self._rounding = 2.0**-23 * (dimension + 8)  # twice the textbook's bound of a sum in any order
        self._underflow = SMALLEST * dimension

    def search(self, wanted: Wanted, k: int) -> tuple[Found, Counts]:
        """The k best rows of each query.

        Raises:
            ValueError: numbers that are not finite, or rows that there are not.
        """
        _check(wanted, len(self._items_VD))
        found = empty(len(wanted.vectors_BD), k)
        outside = rescored = 0
        for first in range(0, len(wanted.vectors_BD), _QUERIES):
            wide_BD = wanted.vectors_BD[first : first + _QUERIES].astype(np.float64)
            units_B = 2.0 ** np.frexp(np.abs(wide_BD).max(1, initial=0))[1]
            scaled_BD = wide_BD / units_B[:, None]
            norms_B = norms_above(scaled_BD)
            estimates_BV = scaled_BD.astype(np.float32) @ self._scaled_DV
            for at, (unit, norm, estimates_V) in enumerate(
                zip(units_B, norms_B, estimates_BV, strict=True), first
            ):
                slacks_V = np.float32(self._rounding * norm) * self._norms_V + np.float32(self._underflow)
                excluded = wanted.excluded[wanted.offsets_B1[at] : wanted.offsets_B1[at + 1]]
                added = wanted.added[at] if wanted.added else _NOTHING
                rows = _candidates(
                    estimates_V - slacks_V,
                    estimates_V + slacks_V,
                    k,
                    wanted.allowed_V,
                    np.concatenate((excluded, added.rows)),
                )
                scores = reference_scores(self._items_VD[rows], wanted.vectors_BD[at])
                misses = np.abs(scores / unit / self._scale - estimates_V[rows]) > slacks_V[rows]
                near = _taking_part(added, wanted.allowed_V, excluded)
                rows = np.concatenate((rows, near.rows))
                near_scores = (
                    reference_scores(self._items_VD[near.rows], wanted.vectors_BD[at]) + near.numbers
                )
                scores = np.concatenate((scores, near_scores))
                outside, rescored = outside + int(misses.sum()), rescored + len(rows)
                rows, scores = best(rows, scores, k)
                found.rows[at, : len(rows)], found.scores[at, : len(rows)] = rows, scores
        return found, Counts(len(wanted.vectors_BD), outside, rescored)


def _check(wanted: Wanted, count: int) -> None:
    """As native code does.

    Raises:
        ValueError: numbers that are not finite, or rows that there are not.
    """
    excluded = wanted.excluded
    rules = {
        "queries must be finite": np.isfinite(wanted.vectors_BD).all(),
        "excluded rows must be rows": ((excluded >= 0) & (excluded < count)).all(),
        "added numbers must be finite, for rows that ascend": all(
            rows.shape == numbers.shape
            and np.isfinite(numbers).all()
            and (np.diff(rows, prepend=-1, append=count) > 0).all()
            for rows, numbers in wanted.added
        ),
    }
    for rule, holds in rules.items():
        if not holds:
            raise ValueError(rule)


def _candidates(
    lowers_V: Floats, uppers_V: Floats, k: int, allowed_V: npt.NDArray[np.bool_] | None, excluded: Ints
) -> Ints:
    """The rows that may be answered and whose upper bound reaches the k-th best of their lower bounds."""
    if allowed_V is not None:
        lowers_V[~allowed_V] = uppers_V[~allowed_V] = -np.inf
    lowers_V[excluded] = uppers_V[excluded] = -np.inf
    count = len(lowers_V)
    threshold = np.partition(lowers_V, count - k)[count - k] if k < count else -np.inf
    return np.flatnonzero((uppers_V >= threshold) & (uppers_V > -np.inf))


def _taking_part(added: Added, allowed_V: npt.NDArray[np.bool_] | None, excluded: Ints) -> Added:
    """What is added to the rows that may be answered."""
    may_S = ~np.isin(added.rows, excluded)
    if allowed_V is not None:
        may_S &= allowed_V[added.rows]
    return Added(added.rows[may_S], added.numbers[may_S])
