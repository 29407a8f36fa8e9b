"""A first-order Markov chain: the items that most often came right after the session's last item."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from srec.dataset.dataset import Dataset, Part
from srec.models.base import ItemsBL, ScoresBV, below, last_items
from srec.settings import Settings


class MarkovSettings(Settings):
    """The Markov chain has nothing to set."""

    section: ClassVar[str] = "markov"


class Markov:
    """Scores an item by how often it followed the last one; items that never did stand below, by popularity.

    Args:
        followed: sparse [V + 1, V + 1], counts of (item, next item).
        popularity_V: the popularity of the items 1..V.
    """

    settings_type: ClassVar[type[Settings]] = MarkovSettings

    def __init__(self, followed: sp.csr_matrix, popularity_V: npt.NDArray[np.float32]) -> None:
        self._followed = followed
        self._below_V = below(popularity_V)

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Count which item follows which in a session."""
        items, _, sessions = dataset.sequences.learnable(part)
        same = sessions[1:] == sessions[:-1]
        pairs = items[:-1][same], items[1:][same]
        size = dataset.item_count + 1
        followed = sp.csr_matrix((np.ones(int(same.sum()), np.float32), pairs), shape=(size, size))
        return cls(followed, np.bincount(items, minlength=size)[1:].astype(np.float32))

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Counts; items without any stand below, by popularity. float32 [B, V]."""
        counts_BV = self._followed[last_items(items_BL)].toarray()[:, 1:]
        scores_BV: ScoresBV = np.where(counts_BV > 0, counts_BV, self._below_V)
        return scores_BV
