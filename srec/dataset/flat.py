"""Lists stored as one flat array: what must hold of them."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from srec.dataset.dataset import Ragged, Sequences


def lists_problem(
    offsets: npt.NDArray[np.integer[Any]], ids: npt.NDArray[np.integer[Any]], largest: int, *, first: int = 1
) -> str | None:
    """What does not fit together; None if all does.

    Args:
        offsets: [U + 1], where each list begins, and where the last one ends.
        ids: [N], all lists one after the other.
        largest: the largest id.
        first: the smallest one.
    """
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 0).any():
        return f"offsets must rise from 0 to {len(ids)}"
    if len(ids) and not (first <= ids.min() <= ids.max() <= largest):
        return f"ids must be from {first} to {largest}"
    return None


def sequences_problem(found: "Sequences", items: int) -> str | None:
    """What does not fit together in sessions; None if all does.

    Args:
        found: the sessions.
        items: V.
    """
    if problem := lists_problem(found.offsets, found.items, items):
        return problem
    count = (len(found.items),)
    if found.times.shape != count or (found.weights is not None and found.weights.shape != count):
        return "items, times and weights must be of one length"
    order = (found.offsets[:-1], found.train_ends, found.valid_ends, found.test_begins, found.offsets[1:])
    if any(one.shape != (len(found),) for one in order):
        return "every session must have its ends"
    if any((one > other).any() for one, other in pairwise(order)):
        return "the ends of a session must follow each other"
    if found.weights is not None and not ((found.weights > 0) & (found.weights <= 1)).all():
        return "weights must be above 0, and 1 at most"
    return None


def ragged_problem(found: "Ragged", items: int) -> str | None:
    """What does not fit together in the ids of items; None if all does.

    Args:
        found: the ids.
        items: V.
    """
    if found.offsets.shape != (items + 2,):
        return f"offsets must be of {items} games"
    if problem := lists_problem(found.offsets, found.ids, len(found.names) - 1, first=0):
        return problem
    weights = found.weights
    if weights is not None and (
        weights.shape != found.ids.shape or not ((weights > 0) & (weights <= 1)).all()
    ):
        return "every id must have a weight above 0, and 1 at most"
    return None
