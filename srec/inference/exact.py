"""The exact top k, at the speed of a scan of int8: bounds keep what can be in it, the reference decides.

docs/exactness.md proves that the answer is the reference's (see ``reference``) for every matrix, query, k and
filter. The scan is native code where the package was built with a compiler, and NumPy otherwise; both answer
the same. Shapes: V rows, D dimension, B queries, K results.
"""

import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from srec.data.dataset import Floats, Ints
from srec.inference.reference import Found, best, empty, reference_scores, reference_top_k

try:
    from srec.inference import _scan
except ImportError:  # built without a compiler
    _scan = None  # type: ignore[assignment]

NUMPY = "numpy"
ROWS, PAIR = 16, 8  # of a block: its rows, and the dimensions that lie together
SMALLEST = 2.0**-100  # bounds and scales below it are raised to it or are 0, so that nothing underflows
TINY = 2.0**-36  # of a length: more than what float64 rounds in a score of less than WIDEST numbers
WIDEST = 2**15  # numbers in a row, from which on a product of codes may not fit in 32 bits
_CHUNK = 4096
_QUERIES = 64  # scored at a time by NumPy


def kernels() -> list[str]:
    """The scans that can run here, the fastest first; "numpy" is always the last."""
    return [*(_scan.kernels() if _scan else ()), NUMPY]


@dataclass(frozen=True)
class Counts:
    """What searches came to.

    Attributes:
        queries: how many there were.
        outside: scores outside of their bounds. There are none, by the proof; where one appears nevertheless,
            the searches of its call are answered by the reference.
        rescored: rows that were scored as the reference does.
        opened: blocks of rows whose codes' lower halves were read too; 0 where there are none.
    """

    queries: int = 0
    outside: int = 0
    rescored: int = 0
    opened: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))


class ExactTopK:
    """A matrix that can be searched; safe to use from several threads.

    Args:
        items_VD: float32 [V, D], finite; it is kept, not copied.
        kernel: one of ``kernels()``; the fastest where None.

    Attributes:
        kernel: the scan in use.
        counts: of all searches so far.

    Raises:
        ValueError: the matrix has numbers that are not finite, or too many in a row; or no such kernel.
    """

    def __init__(self, items_VD: Floats, kernel: str | None = None) -> None:
        self.kernel = kernel or kernels()[0]
        if self.kernel not in kernels():
            raise ValueError(f"there is no kernel {kernel!r} here; there are {', '.join(kernels())}")
        if items_VD.ndim != 2 or items_VD.shape[1] >= WIDEST or not np.isfinite(items_VD).all():
            raise ValueError(f"the items must be a matrix of finite numbers, less than {WIDEST:,} in a row")
        self._items_VD = np.ascontiguousarray(items_VD, np.float32)
        largest = float(np.abs(self._items_VD).max(initial=0))
        self._scale = 2.0 ** float(np.frexp(largest)[1])
        self._scan: _NumpyScan | _NativeScan
        if self.kernel == NUMPY:
            self._scan = _NumpyScan(self._items_VD, self._scale)
        else:
            self._scan = _NativeScan(self._items_VD, self._scale, self.kernel)
        self.counts = Counts()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items_VD)

    def search(
        self,
        vectors_BD: Floats,
        k: int,
        *,
        allowed_V: npt.NDArray[np.bool_] | None = None,
        excluded: Sequence[Sequence[int] | Ints] | None = None,
    ) -> Found:
        """The k best rows for each query, as the reference has them.

        Args:
            vectors_BD: float32 [B, D], finite.
            k: how many, at least 1; fewer come back only where fewer are allowed.
            allowed_V: bool [V]: the rows that may be answered, for all queries; all where None.
            excluded: for each query the rows that may not.

        Raises:
            ValueError: shapes that do not fit, numbers that are not finite, or rows that there are not.
        """
        vectors_BD = np.ascontiguousarray(vectors_BD, np.float32)
        count, dimension = self._items_VD.shape
        if vectors_BD.ndim != 2 or vectors_BD.shape[1] != dimension or not np.isfinite(vectors_BD).all():
            raise ValueError(f"queries must be finite vectors of {dimension} numbers")
        if k < 1 or (allowed_V is not None and allowed_V.shape != (count,)):
            raise ValueError("k must be at least 1, and a filter must have an entry for each row")
        lists = [np.asarray(rows, np.int64) for rows in excluded or [()] * len(vectors_BD)]
        flat = np.concatenate([np.zeros(0, np.int64), *lists])
        if len(lists) != len(vectors_BD) or (len(flat) and not 0 <= flat.min() <= flat.max() < count):
            raise ValueError("there must be a list of excluded rows for each query, all of them rows")
        found = empty(len(vectors_BD), k)
        if not count or not len(vectors_BD):
            return found
        counts = self._scan.search(vectors_BD, allowed_V, lists, found)
        with self._lock:
            self.counts += counts
        if counts.outside:
            return reference_top_k(self._items_VD, vectors_BD, k, allowed_V, lists)
        return found


class _NativeScan:
    """Int8 rows, and what bounds the part of a score that their codes leave open; section 2 of the proof."""

    def __init__(self, items_VD: Floats, scale: float, kernel: str) -> None:
        self._items_VD, self._scale, self._kernel = items_VD, scale, kernel
        count, dimension = items_VD.shape
        blocks, pairs = -(-count // ROWS), -(-dimension // PAIR)
        self._planes = np.zeros((2, blocks, pairs, ROWS, PAIR // 2), np.uint8)
        self._bounds_3V = np.zeros((3, blocks * ROWS), np.float32)
        norms_V = np.zeros(blocks * ROWS, np.float32)
        # What all rows share changes no order: without it their codes are finer.
        self._centre_D = items_VD.sum(0, dtype=np.float64) / scale / max(count, 1)
        for first in range(0, count, _CHUNK):
            rows_CD = items_VD[first : first + _CHUNK].astype(np.float64) / scale
            rounding_C = TINY * (np.linalg.norm(rows_CD, axis=1) + np.linalg.norm(self._centre_D))
            rows_CD -= self._centre_D
            scales_C1, codes_CD = _quantised(rows_CD)
            middles_CD = np.floor(codes_CD / 16) * 16 + 7.5  # of what the upper half of a code leaves open
            last = first + len(rows_CD)
            self._bounds_3V[0, first:last] = scales_C1[:, 0]
            self._bounds_3V[1, first:last] = _norms_above(rows_CD - scales_C1 * codes_CD, rounding_C)
            self._bounds_3V[2, first:last] = _norms_above(rows_CD - scales_C1 * middles_CD, rounding_C)
            coded = [_norms_above(scales_C1 * of_CD) for of_CD in (codes_CD, middles_CD)]
            norms_V[first:last] = np.maximum(*coded)
            padded = np.full((-(-len(rows_CD) // ROWS) * ROWS, pairs * PAIR), 128, np.uint8)
            padded[: len(rows_CD), :dimension] = codes_CD + 128
            halves = padded.reshape(-1, ROWS, pairs, 2, PAIR // 2).transpose(3, 0, 2, 1, 4)
            place = slice(first // ROWS, first // ROWS + halves.shape[1])
            self._planes[0, place] = halves[0] >> 4 | halves[1] & 0xF0
            self._planes[1, place] = halves[0] & 0x0F | halves[1] << 4
        self._norms = norms_V.reshape(-1, ROWS).max(1)

    def search(
        self,
        vectors_BD: Floats,
        allowed_V: npt.NDArray[np.bool_] | None,
        excluded: Sequence[Ints],
        found: Found,
    ) -> Counts:
        """Fill in what is found."""
        allowed = np.zeros(0, np.uint8) if allowed_V is None else np.ascontiguousarray(allowed_V, np.uint8)
        offsets = np.zeros(len(excluded) + 1, np.int64)
        np.cumsum([len(rows) for rows in excluded], out=offsets[1:])
        flat = np.concatenate(excluded)
        counts = _scan.search(
            self._planes,
            self._bounds_3V,
            self._norms,
            self._centre_D,
            self._scale,
            self._items_VD,
            vectors_BD,
            allowed,
            offsets,
            flat,
            found.rows,
            found.scores,
            self._kernel,
        )
        return Counts(len(vectors_BD), *counts)


class _NumpyScan:
    """Float32 scores with a bound on their rounding; section 3 of the proof."""

    def __init__(self, items_VD: Floats, scale: float) -> None:
        self._items_VD, self._scale = items_VD, scale
        count, dimension = items_VD.shape
        # A contiguous transposed copy: multiplying by a strided view costs several times as much.
        self._scaled_DV = np.empty((dimension, count), np.float32)
        self._norms_V = np.empty(count, np.float32)
        for first in range(0, count, _CHUNK):
            rows_CD = items_VD[first : first + _CHUNK].astype(np.float64) / scale
            self._scaled_DV[:, first : first + _CHUNK] = rows_CD.T
            self._norms_V[first : first + _CHUNK] = _norms_above(rows_CD)
        self._rounding = 2.0**-23 * (dimension + 8)  # twice the textbook's bound of a sum in any order
        self._underflow = SMALLEST * dimension

    def search(
        self,
        vectors_BD: Floats,
        allowed_V: npt.NDArray[np.bool_] | None,
        excluded: Sequence[Ints],
        found: Found,
    ) -> Counts:
        """Fill in what is found."""
        outside = rescored = 0
        for first in range(0, len(vectors_BD), _QUERIES):
            wide_BD = vectors_BD[first : first + _QUERIES].astype(np.float64)
            units_B = 2.0 ** np.frexp(np.abs(wide_BD).max(1, initial=0))[1]
            scaled_BD = wide_BD / units_B[:, None]
            norms_B = _norms_above(scaled_BD)
            estimates_BV = scaled_BD.astype(np.float32) @ self._scaled_DV
            for at, (unit, norm, estimates_V) in enumerate(
                zip(units_B, norms_B, estimates_BV, strict=True), first
            ):
                slacks_V = np.float32(self._rounding * norm) * self._norms_V + np.float32(self._underflow)
                rows = _candidates(
                    estimates_V - slacks_V,
                    estimates_V + slacks_V,
                    found.rows.shape[1],
                    allowed_V,
                    excluded[at],
                )
                scores = reference_scores(self._items_VD[rows], vectors_BD[at])
                misses = np.abs(scores / unit / self._scale - estimates_V[rows]) > slacks_V[rows]
                outside, rescored = outside + int(misses.sum()), rescored + len(rows)
                rows, scores = best(rows, scores, found.rows.shape[1])
                found.rows[at, : len(rows)], found.scores[at, : len(rows)] = rows, scores
        return Counts(len(vectors_BD), outside, rescored)


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


def _quantised(rows_CD: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scales [C, 1], which float32 holds exactly, and codes [C, D], integers from -127 to 127."""
    largest_C1 = np.abs(rows_CD).max(1, keepdims=True, initial=0)
    scales_C1 = (largest_C1 / 127).astype(np.float32).astype(np.float64)
    scales_C1[scales_C1 < SMALLEST] = 0
    codes_CD = np.rint(rows_CD / np.where(scales_C1 > 0, scales_C1, np.inf))
    return scales_C1, np.clip(codes_CD, -127, 127)


def _norms_above(rows_CD: npt.NDArray[np.float64], more_C: npt.NDArray[np.float64] | float = 0.0) -> Floats:
    """float32 [C]: no less than the rows' lengths plus something, and 0 only where that is 0."""
    norms_C = np.sqrt((rows_CD**2).sum(1)) * (1 + 1e-9) + more_C
    raised_C = np.nextafter(np.maximum(norms_C, SMALLEST).astype(np.float32), np.float32(np.inf))
    return np.where(norms_C > 0, raised_C, np.float32(0))
