"""Answers of a sum of parts: sparse rows and dense vectors in one exact search.

A score is the reference's product of two vectors (see ``reference``), of which quality and popularity are the
last two dimensions, plus the sparse numbers of the liked games. It depends on no order of the list; see
``named`` and docs/exactness.md. Only items that a sparse row names need that sum; of all others the search of
the vectors finds the best. The k best of both together are the k best of all, to the bit.

Shapes: B visitors, V rows (items - 1), D dimension, K results.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from srec.inference.answers import Asked
from srec.inference.exact import ExactTopK
from srec.inference.named import Named, PartsOf, sum_of
from srec.inference.reference import Found
from srec.models.sums import Sum

_TYPICAL = 256


class Summed:
    """The parts of a sum; safe to use from several threads.

    Args:
        model: the sum.
        kernel: how the vectors are searched (see ``exact``); the fastest way where None.

    Attributes:
        index: the vectors, the quality and the popularity of the items.
    """

    def __init__(self, model: Sum, kernel: str | None) -> None:
        parts = model.parts
        self._weight = model.popularity_weight
        common_VC = np.stack((parts.quality, parts.popularity), axis=1)
        items_VD = np.concatenate((parts.items, common_VC), axis=1, dtype=np.float32)
        some = np.unique(np.linspace(0, len(parts) - 1, min(len(parts), _TYPICAL), dtype=np.int64))
        typical_BD = np.pad((1 - self._weight) * parts.inputs[some], ((0, 0), (0, 2)))
        typical_BD[:, -2:] = 1 - self._weight, self._weight
        self.index = ExactTopK(items_VD, kernel, typical_BD.astype(np.float32))
        self._sum = sum_of(parts, items_VD, self.index.kernel)

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
        vectors_BD = np.empty((len(asked), self.index.dimension), np.float32)
        added = [
            self._sum.gather(self._named(one), vector_D)
            for one, vector_D in zip(asked, vectors_BD, strict=True)
        ]
        barred = [one.barred for one in asked]
        return self.index.search(vectors_BD, k, allowed_V=allowed_V, excluded=barred, added=added)

    def parts(self, asked: Asked, rows_K: list[int]) -> PartsOf:
        """What the scores of some rows add up from.

        Args:
            asked: what a visitor says.
            rows_K: the rows.

        Returns:
            For each row a part for each named game, those liked first, in the order given; and for each row
            the parts of quality and popularity.
        """
        return self._sum.parts(self._named(asked), rows_K)

    def _named(self, asked: Asked) -> Named:
        """The named games, and the share that each one's part has in a score."""
        popularity = self.share(asked)
        liked, disliked = len(asked.known), len(asked.disliked)
        taste = 1 - popularity
        shares = [taste / (liked or 1)] * liked + [-taste / (max(liked, disliked) or 1)] * disliked
        return Named([item - 1 for item in asked.named], shares, [taste, popularity])
