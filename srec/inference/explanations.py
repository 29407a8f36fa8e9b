"""Why games are recommended: the tags that they share with the games a visitor likes."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from srec.dataset.dataset import Ints
from srec.inference.bundle import Bundle
from srec.inference.others import Others
from srec.inference.scans import native

Lists = Sequence[Sequence[int]]


class TagExplanations:
    """Looks up games' tags, the heaviest first.

    Args:
        tags: the games' tags: a bundle, or what has the same arrays.
        names: the name of each tag.

    Shapes: B requests, N games of all lists together, M entries (a game's tags, one after the other), T tags.
    """

    def __init__(self, tags: Bundle | Others, names: Sequence[str]) -> None:
        # Plain arrays: looking into a memory map costs several times as much.
        self._offsets = np.asarray(tags.tag_offsets, np.int64)
        self._ids = np.asarray(tags.tag_ids, np.int32)
        self._weights, self._names = np.asarray(tags.tag_weights, np.float32), list(names)
        self._native = (
            native.Tags(self._offsets, self._ids, self._weights, len(self._names)) if native else None
        )

    def tagged(self, items: Sequence[int]) -> bool:
        """Whether any of the items (1..V) has tags."""
        return len(self._entries([items])[0]) > 0

    def tags(self, item: int) -> list[str]:
        """The tags of an item (1..V), the heaviest first."""
        row = slice(self._offsets[item], self._offsets[item + 1])
        order = np.argsort(-self._weights[row], kind="stable")
        return [self._names[tag] for tag in self._ids[row][order].tolist()]

    def shared(self, items: Lists, liked: Lists, most: int = 5) -> list[list[list[str]]]:
        """The tags that recommended items have in common with the liked ones, by the product of both weights.

        Args:
            items: for each of several requests the recommended items, 1..V.
            liked: for each the liked items; of their weights for a tag the heaviest counts.
            most: how many to name for an item.

        Returns:
            For each request and item the tags' names; of equal products the bundle's first one first.
        """
        if self._native is None:
            return self._shared(items, liked, most)
        names = self._names
        return [
            [[names[tag] for tag in tags] for tags in one] for one in self._native.shared(items, liked, most)
        ]

    def _shared(self, items: Lists, liked: Lists, most: int) -> list[list[list[str]]]:
        """The same by NumPy."""
        theirs_BT = np.full((len(liked), len(self._names)), -1.0)
        at_M, _, requests_M = self._entries(liked)
        np.maximum.at(theirs_BT, (requests_M, self._ids[at_M]), self._weights[at_M])
        at_M, places_M, requests_M = self._entries(items)
        theirs_M = theirs_BT[requests_M, self._ids[at_M]]
        common = np.flatnonzero(theirs_M >= 0)
        at_M, places_M = at_M[common], places_M[common]
        # One number to sort by, as products are at most 1: sorting by two takes far longer.
        keys_M = 2 * places_M - self._weights[at_M] * theirs_M[common]
        sorted_M = at_M[keys_M.argsort(kind="stable")]
        counts_N = np.bincount(places_M, minlength=sum(map(len, items)))
        ranks_M = np.arange(len(sorted_M)) - (counts_N.cumsum() - counts_N)[places_M]
        names = [self._names[tag] for tag in self._ids[sorted_M[ranks_M < most]].tolist()]
        ends = np.minimum(counts_N, most).cumsum().tolist()
        found = iter([names[begin:end] for begin, end in zip([0, *ends], ends, strict=False)])
        return [[next(found) for _ in one] for one in items]

    def _entries(self, lists: Lists) -> tuple[Ints, Ints, Ints]:
        """Where the items' tags stand in the bundle; each one's place among all items; and its list."""
        items_N = np.fromiter(chain.from_iterable(lists), np.int64)
        lists_N = np.arange(len(lists)).repeat(np.fromiter(map(len, lists), np.int64))
        starts_N = self._offsets[items_N]
        counts_N = self._offsets[items_N + 1] - starts_N
        before_N = counts_N.cumsum() - counts_N
        places_M = np.arange(len(items_N)).repeat(counts_N)
        at_M = np.arange(len(places_M)) + (starts_N - before_N)[places_M]
        return at_M, places_M, lists_N[places_M]
