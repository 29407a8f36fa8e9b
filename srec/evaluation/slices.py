"""Slices of the examples: by how much is known about the visitor, and by how popular the right answer is."""

from typing import Any

import numpy as np
import numpy.typing as npt

from srec.dataset.batches import Examples
from srec.dataset.dataset import Floats, Ints

Slices = list[tuple[str, npt.NDArray[np.bool_]]]

HEAD, MIDDLE = 0.5, 0.8
LENGTHS = (("1", 1, 1), ("2", 2, 2), ("3-4", 3, 4), ("5-9", 5, 9), ("10+", 10, np.inf))
LIBRARIES = (("up to 15", 1, 15), ("16-31", 16, 31), ("32 or more", 32, np.inf))
RULE = (
    "Items are ordered by their known reviews. The head is the most popular items with the first"
    f" {HEAD:.0%} of these reviews, the middle is the items up to {MIDDLE:.0%}, and the tail is all others."
)


def by_length(lengths: Ints) -> Slices:
    """Name and mask [E] of each range of input lengths that occurs."""
    return _present((name, (lengths >= low) & (lengths <= high)) for name, low, high in LENGTHS)


def by_library(sizes: Ints) -> Slices:
    """Name and mask [E] of each range of library sizes that occurs.

    Args:
        sizes: int [E], how many games the player of each list likes.
    """
    return _present(
        (f"libraries of {name}", (sizes >= low) & (sizes <= high)) for name, low, high in LIBRARIES
    )


def by_popularity(targets: Ints, known_counts: Ints) -> Slices:
    """Name and mask [E] of head, middle and tail targets, as in RULE; empty slices are left out.

    Args:
        targets: int [E].
        known_counts: int [V + 1], the interactions of each item before the tested window.
    """
    share = _shares_before(known_counts)[targets]
    return _present(
        (
            ("head", share < HEAD),
            ("middle", (share >= HEAD) & (share < MIDDLE)),
            ("tail", share >= MIDDLE),
        )
    )


def by_taste(data: Examples, known_counts: Ints) -> Slices:
    """Name and mask [E] of the examples whose input has only head items, and of all others."""
    in_head = _shares_before(known_counts) < HEAD
    heads = np.concatenate(([0], np.cumsum(in_head[data.items])))
    only = heads[data.ends] - heads[data.starts] == data.lengths
    return _present((("only head games", only), ("other games too", ~only)))


def _shares_before(known_counts: Ints) -> Floats:
    """float64 [V + 1]: the share of known reviews on more popular items; 1 for the padding."""
    order = np.argsort(-known_counts[1:], kind="stable") + 1
    ordered = known_counts[order]
    before = np.empty(len(known_counts))
    before[0] = 1.0
    before[order] = (np.cumsum(ordered) - ordered) / max(int(ordered.sum()), 1)
    return before


def _present(slices: Any) -> Slices:
    return [(name, mask) for name, mask in slices if mask.any()]
