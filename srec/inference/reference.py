"""The score that every search must agree with to the last bit, written so that it is obviously that.

Products of float32 numbers are exact in float64. They are summed in float64 in eight lanes, number d in lane
d mod 8, in ascending order; then the lanes as ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). Ties go to the lower
row. A query may add numbers to the scores of some rows: one more addition in float64. Shapes: B queries,
V rows, D dimension, K results, S rows with something added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints

LANES = 8


@dataclass(frozen=True)
class Found:
    """The best rows of each query, best first.

    Attributes:
        rows: int64 [B, K]; -1 where there is none left.
        scores: float64 [B, K]; -inf where there is none left.
    """

    rows: Ints
    scores: npt.NDArray[np.float64]


class Added(NamedTuple):
    """What is added to the scores of some rows.

    Attributes:
        rows: int64 [S], ascending, each once.
        numbers: float64 [S], finite.
    """

    rows: Ints
    numbers: npt.NDArray[np.float64]


def reference_scores(items_VD: Floats, vector_D: Floats) -> npt.NDArray[np.float64]:
    """The scores of all rows for one query, float64 [V]."""
    count, dimension = items_VD.shape
    blocks = -(-dimension // LANES)
    products = np.zeros((count, blocks * LANES))
    np.multiply(items_VD, vector_D, out=products[:, :dimension], dtype=np.float64)
    lanes = np.zeros((count, LANES))
    for block in range(blocks):
        lanes += products[:, block * LANES : (block + 1) * LANES]
    halves = lanes[:, :4] + lanes[:, 4:]
    pairs = halves[:, :2] + halves[:, 2:]
    scores_V: npt.NDArray[np.float64] = pairs[:, 0] + pairs[:, 1]
    return scores_V


def best(rows: Ints, scores: npt.NDArray[np.float64], k: int) -> tuple[Ints, npt.NDArray[np.float64]]:
    """The k best of some rows, best first, ties by the lower row."""
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def reference_top_k(
    items_VD: Floats,
    vectors_BD: Floats,
    k: int,
    allowed_V: npt.NDArray[np.bool_] | None = None,
    excluded: Sequence[Ints] | None = None,
    added: Sequence[Added] | None = None,
) -> Found:
    """What ``ExactTopK.search`` must answer, by scoring and sorting everything."""
    found = empty(len(vectors_BD), k)
    for query, vector_D in enumerate(vectors_BD):
        may = np.ones(len(items_VD), np.bool_) if allowed_V is None else allowed_V.astype(np.bool_)
        if excluded is not None:
            may[excluded[query]] = False
        rows = np.flatnonzero(may)
        scores_V = reference_scores(items_VD, vector_D)
        if added is not None:
            scores_V[added[query].rows] += added[query].numbers
        chosen, scores = best(rows, scores_V[rows], k)
        found.rows[query, : len(chosen)], found.scores[query, : len(chosen)] = chosen, scores
    return found


def empty(queries: int, k: int) -> Found:
    """Results with nothing in them."""
    return Found(np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf))
