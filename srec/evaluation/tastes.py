"""Tastes of a catalogue: for its most frequent leading tags, the best-liked games that each tag leads.

Any catalogue with tags has them, and nobody chooses them by hand.
"""

from dataclasses import dataclass

import numpy as np

from srec.dataset.dataset import Ints, Ragged

MOST = 12
GAMES = 3
FEWEST_GAMES = 2


@dataclass(frozen=True)
class Taste:
    """A taste.

    Attributes:
        tag: the tag that leads its games.
        items: the games, 1..V.
    """

    tag: str
    items: tuple[int, ...]


def tastes(tags: Ragged, known_counts: Ints) -> list[Taste]:
    """At most twelve tastes of two or three games each.

    A game's leading tag is its heaviest one. The tags that lead the most games come first, and each has the
    three of its games with the most known reviews. If that gives fewer than twelve tastes, the next three
    games of each tag follow, and so on.

    Args:
        tags: of the dataset.
        known_counts: int [V + 1], the interactions of each item before the tested window.
    """
    leading = _leading(tags)
    led: dict[int, list[int]] = {}
    for item in np.argsort(-known_counts.astype(np.int64), kind="stable").tolist():
        if leading[item] >= 0 and known_counts[item]:
            led.setdefault(int(leading[item]), []).append(item)
    order = sorted(led, key=lambda tag: (-len(led[tag]), tag))
    deepest = max(map(len, led.values()), default=0)
    found = [
        Taste(tags.names[tag], tuple(led[tag][first : first + GAMES]))
        for first in range(0, deepest, GAMES)
        for tag in order
        if len(led[tag][first : first + GAMES]) >= FEWEST_GAMES
    ]
    return found[:MOST]


def _leading(tags: Ragged) -> Ints:
    """int64 [V + 1]: each item's heaviest tag, the first of equal ones; -1 if it has none."""
    assert tags.weights is not None
    leading = np.full(len(tags.offsets) - 1, -1, np.int64)
    rows = np.repeat(np.arange(len(leading)), np.diff(tags.offsets))
    order = np.lexsort((-np.asarray(tags.weights), rows))
    first = np.flatnonzero(np.append(True, rows[order][1:] != rows[order][:-1])[: len(rows)])
    leading[rows[order][first]] = np.asarray(tags.ids)[order][first]
    return leading
