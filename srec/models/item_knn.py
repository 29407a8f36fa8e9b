"""Item-kNN: items that share sessions (Sarwar et al., "Item-based collaborative filtering", 2001)."""

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from srec.dataset.dataset import Dataset, Part
from srec.models.base import session_matrix
from srec.models.rows import Rows
from srec.settings import Settings, Space, Span

_CHUNK = 2048


class ItemKNNSettings(Settings):
    """How similar items are chosen."""

    section: ClassVar[str] = "item-knn"
    space: ClassVar[Space] = {
        "exponent": Span(0.3, 0.8),
        "shrinkage": Span(1.0, 100.0, log=True),
        "decay": Span(0.5, 1.0),
    }
    neighbours: int = Field(100, ge=1, description="the most similar items to keep for each item")
    shrinkage: float = Field(10.0, ge=0, description="added to the denominator, against chance co-occurrence")
    exponent: float = Field(
        0.5, ge=0, le=1, description="of the answer's popularity in the denominator: more favours rarer items"
    )
    decay: float = Field(1.0, gt=0, le=1, description="each step back multiplies an item's weight by this")


class ItemKNN(Rows):
    """Scores an item by its similarities to the session's items; the rest stand below, by popularity."""

    settings_type: ClassVar[type[Settings]] = ItemKNNSettings
    once: ClassVar[bool] = True

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Shrunk cosines of the items' sessions, in blocks of rows so that memory stays bounded."""
        assert isinstance(settings, ItemKNNSettings)
        items, _, sessions = dataset.sequences.learnable(part)
        has = session_matrix(items, sessions, dataset.item_count)
        similarities = cosines(has, settings.neighbours, settings.shrinkage, exponent=settings.exponent)
        return cls(similarities, np.asarray(has.sum(axis=0)).ravel()[1:].astype(np.float32), settings.decay)


def cosines(has: sp.csr_matrix, most: int, shrinkage: float, *, exponent: float = 0.5) -> sp.csr_matrix:
    """Sparse float32 [V + 1, V + 1]: each item's most similar items, by shrunk cosines of their sessions.

    Rows are made in blocks, so that memory stays bounded.

    Args:
        has: sparse [N, V + 1], the items of each session.
        most: how many items to keep in each row.
        shrinkage: added to the denominator.
        exponent: that of the column's popularity in the denominator; the row's is what is left of 1.
    """
    counts = np.asarray(has.sum(axis=0)).ravel()
    sessions_of = has.T.tocsr()
    blocks = []
    for at in range(0, len(counts), _CHUNK):
        met = (sessions_of[at : at + _CHUNK] @ has).tocoo()
        denominator = counts[at + met.row] ** (1 - exponent) * counts[met.col] ** exponent + shrinkage
        values = (met.data / denominator).astype(np.float32)
        other = met.row + at != met.col
        order = np.lexsort((-values[other], met.row[other]))
        rows, columns, values = met.row[other][order], met.col[other][order], values[other][order]
        kept = np.arange(len(rows)) - np.searchsorted(rows, rows) < most
        shape = (met.shape[0], len(counts))
        blocks.append(sp.csr_matrix((values[kept], (rows[kept], columns[kept])), shape=shape))
    return sp.vstack(blocks).tocsr()
