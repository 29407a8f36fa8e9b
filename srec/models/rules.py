"""Decayed sequential rules: items that followed the session's items; near ones weigh more.

They extend the sequential rules of Ludewig & Jannach, "Evaluation of session-based recommendation
algorithms", 2018, section 3.1, where a rule's weight is the sum of 1 / distance. The extensions: every item
of the session fires its rules, older items more weakly; a rule counts backwards too, with less weight; and
frequent items are damped.
"""

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from srec.dataset.dataset import Dataset, Part
from srec.models.rows import Rows
from srec.settings import Settings, Space, Span


class RulesSettings(Settings):
    """How far rules reach and how they fade; chosen on held-out sessions of Diginetica and Tmall."""

    section: ClassVar[str] = "rules"
    space: ClassVar[Space] = {
        "distance": Span(5, 50),
        "decay": Span(0.5, 1.0),
        "backward": Span(0.0, 1.0),
        "damping": Span(0.0, 1.0),
    }
    distance: int = Field(20, ge=1, description="the largest distance within a session that makes a rule")
    decay: float = Field(0.8, gt=0, le=1, description="each step back multiplies an item's rules by this")
    backward: float = Field(0.5, ge=0, description="the weight of a rule that points back in time")
    damping: float = Field(0.5, ge=0, le=1, description="how far a frequent item's rules are scaled down")


class Rules(Rows):
    """Scores an item by the rules that lead to it; items without a rule stand below, by popularity."""

    settings_type: ClassVar[type[Settings]] = RulesSettings

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Count the pairs of each distance."""
        assert isinstance(settings, RulesSettings)
        items, _, sessions = dataset.sequences.learnable(part)
        size = dataset.item_count + 1
        rules = sp.csr_matrix((size, size), dtype=np.float32)
        for distance in range(1, settings.distance + 1):
            same = sessions[distance:] == sessions[:-distance]
            if not same.any():
                break
            weights = np.full(int(same.sum()), 1 / distance, np.float32)
            pairs = items[:-distance][same], items[distance:][same]
            rules = rules + sp.csr_matrix((weights, pairs), shape=(size, size))
        rules = rules + settings.backward * rules.T
        sums = np.maximum(np.asarray(rules.sum(axis=1)).ravel(), 1e-9)
        damped = (sp.diags(sums**-settings.damping) @ rules).tocsr().astype(np.float32)
        return cls(damped, np.bincount(items, minlength=size)[1:].astype(np.float32), settings.decay)
