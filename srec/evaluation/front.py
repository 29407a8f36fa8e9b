"""The front: what a model finds and how popular its answers are, over the weight of popularity.

A model that looks better only because it recommends what everybody plays lies on another's front, not above
it. Shapes: E lists, K places, W weights.
"""

from collections.abc import Sequence

import numpy as np

from srec.dataset.dataset import Ints
from srec.evaluation.asking import Asked
from srec.evaluation.fold_in import Mask, Told, gains
from srec.evaluation.sameness import overlaps
from srec.evaluation.visited import Front, Point


def front(model: Asked, told: Told, head: Mask, *, length: int, weights: Sequence[float]) -> Front:
    """Ask a model with each weight of popularity.

    Args:
        model: the model; if its score is a sum, its own weight is measured too.
        told: the lists.
        head: bool [V + 1], the items that do not count off-head.
        length: K.
        weights: of popularity, in [0, 1].
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
