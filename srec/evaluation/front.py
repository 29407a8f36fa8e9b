"""The front: what a model finds and how popular its answers are, over the weight of popularity.

A model that looks better only because it recommends what everybody plays lies on another's front, not above
it. Shapes: E lists, K places, W weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srec.dataset.dataset import Ints
from srec.evaluation.asking import Asked
from srec.evaluation.fold_in import Mask, Told, gains
from srec.evaluation.sameness import overlaps


@dataclass(frozen=True)
class Point:
    """A model at one weight of popularity.

    Attributes:
        weight: the weight; None for a point between two measured ones.
        overlap: of an answer, how many games are the most popular ones left.
        recall: the mean recall@K.
        off_head: the mean recall@K of expected games outside the head; None if there are none.
    """

    weight: float | None
    overlap: float
    recall: float
    off_head: float | None


@dataclass(frozen=True)
class Front:
    """A model's points, the least popular answers first.

    Attributes:
        points: by overlap.
    """

    points: Sequence[Point]

    def at(self, overlap: float) -> Point | None:
        """The point at an overlap, on the line between two measured ones; None outside of them."""
        reached = [point.overlap for point in self.points]
        if not reached or not reached[0] <= overlap <= reached[-1]:
            return None
        recall = float(np.interp(overlap, reached, [point.recall for point in self.points]))
        off = [point.off_head for point in self.points if point.off_head is not None]
        off_head = float(np.interp(overlap, reached, off)) if len(off) == len(reached) else None
        return Point(None, overlap, recall, off_head)


def front(model: Asked, told: Told, head: Mask, *, length: int, weights: Sequence[float]) -> Front:
    """Ask a model with each weight of popularity.

    Args:
        model: the model; if its score is a sum, its own weight is measured too.
        told: the lists.
        head: bool [V + 1], the items that do not count off-head.
        length: K.
        weights: of popularity.
    """
    own = {model.sum.popularity_weight} if model.sum else set[float]()
    chosen = sorted({*weights, *own})
    points = []
    for weight, top_EK in zip(chosen, model.best_by_weight(told.liked_EN, length, chosen), strict=True):
        points.append(_point(weight, top_EK, told, head, model.known_counts))
    return Front(sorted(points, key=lambda point: point.overlap))


def _point(weight: float, top_EK: Ints, told: Told, head: Mask, known_counts: Ints) -> Point:
    recall, _, off = gains(top_EK, told, head).values()
    some = off[~np.isnan(off)]
    return Point(
        weight,
        float(overlaps(top_EK, told.liked_EN, known_counts).mean()),
        float(recall.mean()),
        float(some.mean()) if len(some) else None,
    )
