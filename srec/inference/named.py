"""What the games that a visitor names add to the scores, by native code or by NumPy; both to the same bit.

docs/exactness.md says why no order and no machine changes a bit. The vector of each named game is rounded to
steps so coarse that float32 holds any sum of them. Shapes: V rows (items - 1), D dimension, C of it common
to all visitors (quality and popularity), N named games, M sparse numbers of the liked ones, S rows that these
are for, K rows.
"""

from typing import NamedTuple

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.inference.reference import Added, reference_scores
from srec.inference.scans import NUMPY, native
from srec.models.sums import Parts

_STEPS = 23  # bits of the largest number that the vector can have
_FINEST = -149  # the exponent of the smallest float32
PartsOf = tuple[list[list[float]], list[list[float]]]


class Named(NamedTuple):
    """The games that a visitor names.

    Attributes:
        rows: theirs, in any order.
        shares: what each one's part is multiplied with, rounded to float32; negative where it is disliked.
        common: the weights [C] of what all visitors share, rounded to float32.
    """

    rows: list[int]
    shares: list[float]
    common: list[float]


class NumpySum:
    """A sum, asked by NumPy."""

    def __init__(self, parts: Parts, items_VD: Floats) -> None:
        self._parts, self._items_VD = parts, items_VD

    def gather(self, named: Named, vector_D: Floats) -> Added:
        """Write the vector of all named games, and return the sums of their sparse numbers."""
        rows_N, shares_N, _ = _sorted(named)
        own = self._parts.inputs.shape[1]
        vector_D[:own] = self._vectors(rows_N, shares_N).sum(0)
        vector_D[own:] = named.common
        liked_N = shares_N > 0  # whose players a game shares is no reason against others if it is disliked
        rows_N, shares_N = rows_N[liked_N], shares_N[liked_N]
        begins_N, ends_N = self._parts.offsets[rows_N], self._parts.offsets[rows_N + 1]
        places_M = np.concatenate(
            [np.arange(0), *(np.arange(*ends) for ends in zip(begins_N, ends_N, strict=True))]
        )
        products_M = self._parts.values[places_M] * np.repeat(shares_N, ends_N - begins_N)
        rows_S, sums_M = np.unique(self._parts.ids[places_M], return_inverse=True)
        # bincount adds one number after the other, as add.reduceat does not.
        numbers_S = np.bincount(sums_M, weights=products_M, minlength=len(rows_S)).astype(np.float64)
        return Added(rows_S.astype(np.int64), numbers_S)

    def parts(self, named: Named, rows_K: list[int]) -> PartsOf:
        """The parts of the named games, as given, in the scores of rows, and those all visitors share."""
        rows_N, shares_N, order_N = _sorted(named)
        items_KD = self._items_VD[rows_K]
        parts_KN = np.empty((len(rows_K), len(rows_N)))
        common_C = np.array(named.common, np.float32)
        for at, vector_D in enumerate(self._vectors(rows_N, shares_N)):
            begin, end = self._parts.offsets[rows_N[at]], self._parts.offsets[rows_N[at] + 1]
            places_K = begin + np.searchsorted(self._parts.ids[begin:end], rows_K)
            inside_K = places_K < end
            inside_K[inside_K] = self._parts.ids[places_K[inside_K]] == np.array(rows_K)[inside_K]
            part_K = reference_scores(items_KD, np.append(vector_D, np.zeros_like(common_C)))
            if shares_N[at] > 0:
                part_K[inside_K] += shares_N[at] * self._parts.values[places_K[inside_K]]
            parts_KN[:, order_N[at]] = part_K
        shared_KC = common_C.astype(np.float64) * items_KD[:, len(items_KD.T) - len(common_C) :]
        return parts_KN.tolist(), shared_KC.tolist()

    def _vectors(self, rows_N: Ints, shares_N: Floats) -> Floats:
        """The vectors of the named games, float32 [N, D - C]; so are all sums of them."""
        inputs_ND = self._parts.inputs[rows_N]
        whole = sum(np.abs(shares_N).tolist())  # one after the other
        exponent = int(np.frexp(whole * float(np.abs(inputs_ND).max(initial=0)))[1])
        step = 2.0 ** max(exponent - _STEPS, _FINEST)
        return (np.rint(inputs_ND * shares_N[:, None] / step) * step).astype(np.float32)


class NativeSum:
    """A sum, asked by native code."""

    def __init__(self, parts: Parts, items_VD: Floats) -> None:
        assert native is not None
        self._sum = native.Sum(
            parts.offsets.astype(np.int64),
            parts.ids.astype(np.int32),
            parts.values.astype(np.float32),
            parts.inputs.astype(np.float32),
            items_VD,
        )

    def gather(self, named: Named, vector_D: Floats) -> Added:
        """Write the vector of all named games, and return the sums of their sparse numbers."""
        return Added(*self._sum.gather(*named, vector_D))

    def parts(self, named: Named, rows_K: list[int]) -> PartsOf:
        """The parts of the named games, as given, in the scores of rows, and those all visitors share."""
        return self._sum.parts(*named, rows_K)


def sum_of(parts: Parts, items_VD: Floats, kernel: str) -> NumpySum | NativeSum:
    """A sum, asked in the way of a kernel.

    Args:
        parts: what it is made of.
        items_VD: float32 [V, D], the items that may be answered; what all visitors share is last.
        kernel: of ``scans.kernels``.
    """
    return (NumpySum if kernel == NUMPY else NativeSum)(parts, items_VD)


def _sorted(named: Named) -> tuple[Ints, Floats, Ints]:
    """The rows, ascending; the shares of these, rounded to float32, as float64; and where they are given."""
    order_N = np.argsort(named.rows, kind="stable")
    shares_N = np.array(named.shares, np.float32).astype(np.float64)
    return np.array(named.rows, np.int64)[order_N], shares_N[order_N], order_N
