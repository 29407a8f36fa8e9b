"""Answers of a sum of parts: sparse rows and dense vectors in one exact search.

A score is the reference's product of two vectors (see ``reference``), of which popularity is one dimension,
plus the sparse numbers of the named games, added in float64 in the order of their items. So it depends on no
order of the list. Only items that a sparse row names need that sum; of all others the search of the vectors
finds the best. The k best of both together are the k best of all, to the bit.

Shapes: V rows (items - 1), D dimension, N named items, M sparse numbers of them, S rows that these name, K
results.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints
from srec.inference.answers import Asked
from srec.inference.exact import ExactTopK
from srec.inference.reference import Found, best, empty, reference_scores
from srec.models.sums import DISLIKE, Sum

Doubles = npt.NDArray[np.float64]
_TYPICAL = 256


class Summed:
    """The parts of a sum; safe to use from several threads.

    Args:
        model: the sum.
        kernel: how the vectors are searched (see ``exact``); the fastest way where None.

    Attributes:
        index: the vectors and the popularity of the items.
    """

    def __init__(self, model: Sum, kernel: str | None) -> None:
        parts = model.parts
        self._weight = model.popularity_weight
        # Plain arrays: looking into a memory map costs several times as much.
        self._offsets, self._ids = np.array(parts.offsets), np.array(parts.ids)
        self._values, self._inputs = np.array(parts.values), np.array(parts.inputs)
        self._items = np.concatenate((parts.items, parts.popularity[:, None]), axis=1, dtype=np.float32)
        some = np.unique(np.linspace(0, len(parts) - 1, min(len(parts), _TYPICAL), dtype=np.int64))
        typical_BD = np.pad((1 - self._weight) * self._inputs[some], ((0, 0), (0, 1)))
        typical_BD[:, -1] = self._weight
        self.index = ExactTopK(self._items, kernel, typical_BD.astype(np.float32))

    def share(self, asked: Asked) -> float:
        """The weight of popularity of an answer."""
        return self._weight if asked.popularity is None else asked.popularity

    def find(self, asked: Sequence[Asked], k: int, allowed_V: npt.NDArray[np.bool_] | None = None) -> Found:
        """The k best rows for each visitor, who names at least one known game.

        Args:
            asked: what visitors say; the order does not count.
            k: how many.
            allowed_V: the rows that may be answered; all where None.
        """
        vectors_BD = np.empty((len(asked), self._items.shape[1]), np.float32)
        near = []
        for vector_D, one in zip(vectors_BD, asked, strict=True):
            rows_N, shares_N = self._named(one)
            vector_D[:] = self._vector(rows_N, shares_N, self.share(one))
            near.append(self._near(rows_N, shares_N))
        excluded = [
            np.concatenate((rows_S, one.barred)) for (rows_S, _), one in zip(near, asked, strict=True)
        ]
        found = self.index.search(vectors_BD, k, allowed_V=allowed_V, excluded=excluded)
        whole = empty(len(asked), k)
        for at, (one, (rows_S, sums_S)) in enumerate(zip(asked, near, strict=True)):
            may_S = np.ones(len(rows_S), np.bool_) if allowed_V is None else allowed_V[rows_S]
            may_S = may_S & ~np.isin(rows_S, one.barred)
            rows_S, sums_S = rows_S[may_S], sums_S[may_S]
            scores_S = reference_scores(self._items[rows_S], vectors_BD[at]) + sums_S
            far = found.rows[at] >= 0
            rows, scores = best(
                np.concatenate((rows_S, found.rows[at][far])),
                np.concatenate((scores_S, found.scores[at][far])),
                k,
            )
            whole.rows[at, : len(rows)], whole.scores[at, : len(rows)] = rows, scores
        return whole

    def parts(self, asked: Asked, rows_K: Ints) -> tuple[Doubles, Doubles]:
        """What the scores of some rows add up from.

        Args:
            asked: what a visitor says.
            rows_K: the rows.

        Returns:
            float64 [K, N], a part for each named game, those liked first, in the order given; and float64
            [K], that of popularity.
        """
        rows_N, shares_N = self._named(asked)
        items_KD = self._items[rows_K].astype(np.float64)
        parts_KN = items_KD[:, :-1] @ (self._inputs[rows_N].astype(np.float64) * shares_N[:, None]).T
        for at, (row, share) in enumerate(zip(rows_N.tolist(), shares_N.tolist(), strict=True)):
            begin, end = self._offsets[row], self._offsets[row + 1]
            places_K = begin + np.searchsorted(self._ids[begin:end], rows_K)
            inside_K = places_K < end
            inside_K[inside_K] = self._ids[places_K[inside_K]] == rows_K[inside_K]
            parts_KN[inside_K, at] += share * self._values[places_K[inside_K]].astype(np.float64)
        order_N = np.searchsorted(rows_N, np.array(asked.named, np.int64) - 1)
        return parts_KN[:, order_N], self.share(asked) * items_KD[:, -1]

    def _named(self, asked: Asked) -> tuple[Ints, Doubles]:
        """The rows of the named games, ascending, and the share that each one's part has in a score."""
        rows_N = np.array(asked.named, np.int64) - 1
        weights_N = np.ones(len(rows_N))
        weights_N[len(asked.known) :] = -DISLIKE
        order_N = np.argsort(rows_N)
        count = len(asked.known) or len(rows_N) or 1
        shares_N: Doubles = weights_N[order_N] * ((1 - self.share(asked)) / count)
        return rows_N[order_N], shares_N

    def _vector(self, rows_N: Ints, shares_N: Doubles, popularity: float) -> Floats:
        taste_D = (self._inputs[rows_N].astype(np.float64) * shares_N[:, None]).sum(axis=0)
        return np.append(taste_D, popularity).astype(np.float32)

    def _near(self, rows_N: Ints, shares_N: Doubles) -> tuple[Ints, Doubles]:
        """The rows that the sparse rows of the named games name, ascending, and the sums of their numbers."""
        begins_N, ends_N = self._offsets[rows_N], self._offsets[rows_N + 1]
        counts_N = ends_N - begins_N
        befores_N = counts_N.cumsum() - counts_N
        places_M = np.arange(counts_N.sum()) + np.repeat(begins_N - befores_N, counts_N)
        ids_M = self._ids[places_M]
        values_M = self._values[places_M] * np.repeat(shares_N, counts_N)
        order_M = np.argsort(ids_M, kind="stable")
        ids_M, values_M = ids_M[order_M], values_M[order_M]
        first_S = np.flatnonzero(np.diff(ids_M, prepend=-1))
        sums_S = np.add.reduceat(values_M, first_S) if len(first_S) else np.zeros(0)
        return ids_M[first_S].astype(np.int64), sums_S
