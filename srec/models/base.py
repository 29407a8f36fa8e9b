"""The contract that every model keeps, so that one evaluator and one server serve them all.

Shapes: B sessions of a batch, L their padded length, V items, D the dimension of a vector.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

ItemsBL = npt.NDArray[np.integer[Any]]
WeightsBL = npt.NDArray[np.float32]
ScoresBV = npt.NDArray[np.float32]
VectorsBD = npt.NDArray[np.float32]


class Scorer(Protocol):
    """Scores every item for each session; higher is better, and -inf means "do not recommend"."""

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Scores of the items 1..V (column j is item j + 1), float32; the caller may write into them.

        Args:
            items_BL: item indices, oldest first, padded with 0 on the right.
        """
        ...


@runtime_checkable
class SumScorer(Scorer, Protocol):
    """A Scorer of sets: each game that a visitor names has a part in a score, and so has popularity.

    The score of an item is (1 - p) times its taste plus p times its popularity. The taste is the mean of the
    liked games' parts, less the disliked games' parts.

    Attributes:
        popularity_weight: the p of a request that says none, in [0, 1]: 0 is only the visitor's taste, and
            1 is only what everybody plays.
    """

    popularity_weight: float

    def weigh(self, items_BL: ItemsBL, weights_BL: WeightsBL, *, popularity: float | None = None) -> ScoresBV:
        """Scores of the items 1..V, float32; the caller may write into them.

        Args:
            items_BL: the games that each visitor names, in any order, padded with 0.
            weights_BL: above 0 for a liked game, below 0 for a disliked one, 0 for the padding.
            popularity: the weight p of popularity, in [0, 1]; None means the model's own.
        """
        ...


def below(popularity_V: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Popularity as scores in [-1, 0): they order the items that a counted model has no counts for."""
    scores_V: npt.NDArray[np.float32] = popularity_V / (popularity_V.max(initial=0) + 1) - 1
    return scores_V


def recency_matrix(
    items_BL: ItemsBL, size: int, weight: Callable[[npt.NDArray[np.int64]], npt.NDArray[Any]]
) -> "sp.csr_matrix":
    """Sparse [B, size]: the weights of each session's items, by their steps back from the newest position.

    If an item occurs several times in a session, its weights are added.
    """
    import scipy.sparse as sp

    rows, places = np.nonzero(items_BL)
    back = (items_BL > 0).sum(axis=1)[rows] - 1 - places
    entries = weight(back).astype(np.float32), (rows, items_BL[rows, places])
    return sp.csr_matrix(entries, shape=(len(items_BL), size))


def input_matrix(items_BL: ItemsBL, size: int) -> "sp.csr_matrix":
    """Sparse [B, size] of ones: the items of each session; repeats count once."""
    has = recency_matrix(items_BL, size, np.ones_like)
    has.data[:] = 1
    return has


def session_matrix(
    items: npt.NDArray[Any],
    sessions: npt.NDArray[Any],
    item_count: int,
    *,
    weights: npt.NDArray[np.floating[Any]] | None = None,
) -> "sp.csr_matrix":
    """Sparse [N, V + 1]: the items of each session, each counted once.

    Args:
        items: int [M], flat sequences.
        sessions: int [M], ascending session numbers; gaps are fine.
        item_count: V.
        weights: float32 [M] in (0, 1], how much each item is in its session; 1 where None.
    """
    import scipy.sparse as sp

    _, numbered = np.unique(sessions, return_inverse=True)
    shape = (int(numbered.max(initial=-1)) + 1, item_count + 1)
    values = np.ones(len(items), np.float32) if weights is None else weights
    has = sp.csr_matrix((values, (numbered, items)), shape=shape)
    has.sum_duplicates()
    np.minimum(has.data, 1, out=has.data)
    return has
