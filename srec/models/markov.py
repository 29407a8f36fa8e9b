"""A first-order Markov chain: the items that most often came right after the session's last item."""

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp

from srec.dataset.dataset import Dataset, Part
from srec.models.rows import Rows
from srec.settings import Settings


class MarkovSettings(Settings):
    """The Markov chain has nothing to set."""

    section: ClassVar[str] = "markov"


class Markov(Rows):
    """Scores an item by how often it followed the last one; the rest stand below, by popularity."""

    settings_type: ClassVar[type[Settings]] = MarkovSettings

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Count which item follows which in a session."""
        items, _, sessions = dataset.sequences.learnable(part)
        same = sessions[1:] == sessions[:-1]
        pairs = items[:-1][same], items[1:][same]
        size = dataset.item_count + 1
        followed = sp.csr_matrix((np.ones(int(same.sum()), np.float32), pairs), shape=(size, size))
        followed.sum_duplicates()
        return cls(followed, np.bincount(items, minlength=size)[1:].astype(np.float32), decay=0)
