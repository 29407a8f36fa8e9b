"""What the counted models share that give each item a row: the weights of what goes with it.

Shapes: B sessions, V items.
"""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from srec.models.base import ItemsBL, ScoresBV, below, input_matrix, recency_matrix
from srec.models.stored import Array, Arrays, matrix_arrays, stored, stored_matrix
from srec.settings import Settings


class Rows:
    """Scores an item by the rows of the session's items; the rest stand below, by popularity.

    Args:
        weights: sparse float32 [V + 1, V + 1], from the session's items (rows) to the answers (columns).
        popularity_V: the popularity of the items 1..V.
        decay: the factor for each step back in the session; at 0 only the last item counts.

    Attributes:
        once: whether a repeated item counts once where nothing fades.
    """

    once: ClassVar[bool] = False

    def __init__(self, weights: sp.csr_matrix, popularity_V: npt.NDArray[np.float32], decay: float) -> None:
        self._weights, self._popularity_V, self._decay = weights, popularity_V, decay
        self._below_V = below(popularity_V)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Sums of the weights; the rest stand below, by popularity. float32 [B, V]."""
        size = self._weights.shape[0]
        if self.once and self._decay == 1:
            session = input_matrix(items_BL, size)
        else:
            session = recency_matrix(items_BL, size, lambda back: self._decay**back)
        sums_BV = (session @ self._weights).toarray()[:, 1:]
        below_BV = self._below_V + np.minimum(sums_BV, 0)
        scores_BV: ScoresBV = np.where(sums_BV > 0, sums_BV, below_BV).astype(np.float32)
        return scores_BV

    def arrays(self) -> dict[str, Array]:
        """The weights and the popularity."""
        return {**matrix_arrays(self._weights), "popularity": self._popularity_V}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model of stored arrays; see ``Storable``."""
        popularity_V = stored(arrays, "popularity", "f", item_count)
        return cls(stored_matrix(arrays, item_count), popularity_V, getattr(settings, "decay", 0.0))
