"""SLIM: sparse linear item-to-item weights (Ning & Karypis, "SLIM", ICDM 2011).

Notable: each item learns from its most similar items only, as in the paper's fsSLIM, and by ridge regression
in place of the elastic net, so that it is one small system of equations. With all items as neighbours this is
EASE; with some, it fits catalogues whose dense matrix would not fit the memory.

Shapes: B sessions, V items, K neighbours.
"""

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field
from scipy import linalg

from srec.dataset.dataset import Dataset, Part
from srec.models.base import session_matrix
from srec.models.item_knn import cosines
from srec.models.rows import Rows
from srec.settings import Settings, Space, Span


class SLIMSettings(Settings):
    """How many items a score is learnt from, and how strongly the weights are pulled to zero."""

    section: ClassVar[str] = "slim"
    space: ClassVar[Space] = {
        "neighbours": (50, 100, 200),
        "penalty": Span(10.0, 1000.0, log=True),
        "decay": Span(0.5, 1.0),
    }
    neighbours: int = Field(
        100, ge=1, description="K, the most similar items that an item's score is learnt from"
    )
    shrinkage: float = Field(10.0, ge=0, description="of the cosines that choose them")
    penalty: float = Field(100.0, gt=0, description="the L2 penalty of the weights")
    decay: float = Field(1.0, gt=0, le=1, description="each step back multiplies an item's weight by this")


class SLIM(Rows):
    """Scores items by the weights of the session's items, as often as each occurs."""

    settings_type: ClassVar[type[Settings]] = SLIMSettings

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Solve one system of K equations for each item: its sessions, told by those of its neighbours."""
        assert isinstance(settings, SLIMSettings)
        items, _, sessions = dataset.sequences.learnable(part)
        has = session_matrix(items, sessions, dataset.item_count)
        near = cosines(has, settings.neighbours, settings.shrinkage)
        met = (has.T @ has).astype(np.float32).tocsr()
        values = np.zeros(len(near.data), np.float32)
        for item, (start, end) in enumerate(zip(near.indptr[:-1], near.indptr[1:], strict=True)):
            if start == end:
                continue
            others_K = near.indices[start:end]
            gram_KK = met[others_K][:, others_K].toarray()
            gram_KK[np.diag_indices_from(gram_KK)] += settings.penalty
            together_K = met[item, others_K].toarray().ravel()
            values[start:end] = linalg.solve(gram_KK, together_K, assume_a="pos", overwrite_a=True)
        # A row of the neighbours is a column of the weights.
        weights = sp.csr_matrix((values, near.indices, near.indptr), shape=near.shape).T.tocsr()
        return cls(weights, np.asarray(has.sum(axis=0)).ravel()[1:].astype(np.float32), settings.decay)
