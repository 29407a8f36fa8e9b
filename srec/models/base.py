"""The two contracts every model keeps, so that one evaluator, one loop and one server serve them all.

Shapes: B sessions of a batch, L their padded length, V items, D the dimension of a vector.
"""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

ItemsBL = npt.NDArray[np.integer[Any]]
ScoresBV = npt.NDArray[np.float32]


class Scorer(Protocol):
    """Scores every item for each session; higher is better."""

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Scores of the items 1..V (column j is item j + 1), float32; the caller may write into them.

        Args:
            items_BL: item indices, oldest first, padded with 0 on the right.
        """
        ...
