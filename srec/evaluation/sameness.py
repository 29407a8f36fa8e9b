"""Sameness: how much the answers are the popular list, and how much they are one another's.

Shapes: E lists, L told games, K places, V items.
"""

from dataclasses import dataclass

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.evaluation.beyond import gini
from srec.evaluation.fold_in import most_popular


@dataclass(frozen=True)
class Sameness:
    """How alike a model's answers are.

    Attributes:
        overlap: of an answer, how many games are the most popular ones left, on average.
        distinct: the number of different games in all answers.
        gini: how unevenly the answers are spread over the catalogue; 1 is one game for all.
        first_lists: how many lists share the most frequent first game.
        first_item: that game, 1..V; 0 if no list has a game.
        lists: the number of lists.
    """

    overlap: float
    distinct: int
    gini: float | None
    first_lists: int
    first_item: int
    lists: int

    @property
    def first_share(self) -> float:
        """The share of lists that begin with the most frequent first game."""
        return self.first_lists / max(self.lists, 1)


def sameness(top_EK: Ints, liked_EL: Ints, known_counts: Ints) -> Sameness:
    """How alike answers are.

    Args:
        top_EK: int [E, K], the answers; 0 is an empty place.
        liked_EL: int [E, L], what was told for each; 0 is padding.
        known_counts: int [V + 1], the interactions of each item before the tested window.
    """
    exposure = np.bincount(top_EK[top_EK > 0], minlength=len(known_counts))[1:]
    firsts = np.bincount(top_EK[:, 0][top_EK[:, 0] > 0], minlength=1)
    return Sameness(
        overlap=float(overlaps(top_EK, liked_EL, known_counts).mean()) if len(top_EK) else 0.0,
        distinct=int((exposure > 0).sum()),
        gini=gini(exposure),
        first_lists=int(firsts.max()),
        first_item=int(firsts.argmax()),
        lists=len(top_EK),
    )


def overlaps(top_EK: Ints, liked_EL: Ints, known_counts: Ints) -> Floats:
    """float64 [E]: how many games of each answer are among the K most popular that were not told.

    Args:
        top_EK: as for ``sameness``.
        liked_EL: as for ``sameness``.
        known_counts: as for ``sameness``.
    """
    length = top_EK.shape[1]
    order = most_popular(known_counts)[: length + liked_EL.shape[1]]
    left_EH = ~(liked_EL[:, :, None] == order).any(axis=1)
    left_EH &= np.cumsum(left_EH, axis=1) <= length
    popular_EK = (top_EK[:, :, None] == np.where(left_EH, order, -1)[:, None, :]).any(axis=2)
    counts_E: Floats = popular_EK.sum(axis=1).astype(np.float64)
    return counts_E
