"""The exact top k, at the speed of a scan of int8: bounds keep what can be in it, the reference decides.

docs/exactness.md proves that the answer is the reference's (see ``reference``) for every matrix, query, k,
filter and number added to a score. The scan is native code where the package was built with a compiler, and
NumPy otherwise; both answer the same. Shapes: V rows, D dimension, B queries, K results.
"""

import threading
from collections.abc import Sequence
from itertools import accumulate, chain

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints
from srec.inference.numpy_scan import NumpyScan
from srec.inference.reference import Added, Found, reference_top_k
from srec.inference.scans import NUMPY, WIDEST, Counts, NativeScan, Wanted, kernels


class ExactTopK:
    """A matrix that can be searched; safe to use from several threads.

    Args:
        items_VD: float32 [V, D], finite; it is kept, not copied.
        kernel: one of ``kernels()``; the fastest where None.
        typical_BD: float32 [B, D], queries like those to come. With them less is looked at; any finite ones
            give the same answers.

    Attributes:
        kernel: the scan in use.
        counts: of all searches so far.

    Raises:
        ValueError: the matrix has numbers that are not finite, or too many in a row; the typical queries are
            of another size; or no such kernel.
    """

    def __init__(self, items_VD: Floats, kernel: str | None = None, typical_BD: Floats | None = None) -> None:
        self.kernel = kernel or kernels()[0]
        if self.kernel not in kernels():
            raise ValueError(f"there is no kernel {kernel!r} here; there are {', '.join(kernels())}")
        if items_VD.ndim != 2 or items_VD.shape[1] >= WIDEST or not np.isfinite(items_VD).all():
            raise ValueError(f"the items must be a matrix of finite numbers, less than {WIDEST:,} in a row")
        if typical_BD is None:
            typical_BD = np.zeros((1, items_VD.shape[1]), np.float32)
        if typical_BD.shape[1:] != items_VD.shape[1:] or not np.isfinite(typical_BD).all():
            raise ValueError(f"typical queries must be finite vectors of {items_VD.shape[1]} numbers")
        self._items_VD = np.ascontiguousarray(items_VD, np.float32)
        largest = float(np.abs(self._items_VD).max(initial=0))
        self._scale = 2.0 ** float(np.frexp(largest)[1])
        self._scan: NumpyScan | NativeScan
        if self.kernel == NUMPY or not items_VD.size:
            self._scan = NumpyScan(self._items_VD, self._scale)
        else:
            self._scan = NativeScan(self._items_VD, self._scale, typical_BD, self.kernel)
        self.counts = Counts()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items_VD)

    @property
    def dimension(self) -> int:
        """D."""
        return int(self._items_VD.shape[1])

    def search(
        self,
        vectors_BD: Floats,
        k: int,
        *,
        allowed_V: npt.NDArray[np.bool_] | None = None,
        excluded: Sequence[Sequence[int] | Ints] | None = None,
        added: Sequence[Added] | None = None,
    ) -> Found:
        """The k best rows for each query, as the reference has them.

        Args:
            vectors_BD: float32 [B, D], finite.
            k: how many, at least 1; fewer come back only where fewer are allowed.
            allowed_V: bool [V]: the rows that may be answered, for all queries; all where None.
            excluded: for each query the rows that may not.
            added: for each query the rows whose scores have something added, and what.

        Raises:
            ValueError: shapes that do not fit, vectors that are not finite, or rows that there are not.
        """
        vectors_BD = np.ascontiguousarray(vectors_BD, np.float32)
        count, dimension = self._items_VD.shape
        if vectors_BD.ndim != 2 or vectors_BD.shape[1] != dimension:
            raise ValueError(f"queries must be finite vectors of {dimension} numbers")
        if k < 1 or (allowed_V is not None and allowed_V.shape != (count,)):
            raise ValueError("k must be at least 1, and a filter must have an entry for each row")
        lists = excluded or [()] * len(vectors_BD)
        if len(lists) != len(vectors_BD) or (added and len(added) != len(vectors_BD)):
            raise ValueError("excluded and added rows must be listed for each query")
        flat = np.fromiter(chain.from_iterable(lists), np.int64)
        offsets_B1 = np.fromiter(accumulate(map(len, lists), initial=0), np.int64)
        wanted = Wanted(vectors_BD, allowed_V, flat, offsets_B1, added or ())
        found, counts = self._scan.search(wanted, k)
        with self._lock:
            self.counts += counts
        if counts.outside:
            arrays = [np.asarray(rows, np.int64) for rows in lists]
            return reference_top_k(self._items_VD, vectors_BD, k, allowed_V, arrays, added)
        return found
