"""Why a game is recommended: the tags it has in common with the games a visitor likes."""

from collections.abc import Sequence

import numpy as np

from srec.data.dataset import Ints
from srec.inference.bundle import Bundle


class TagExplanations:
    """Looks up games' tags, the heaviest first."""

    def __init__(self, bundle: Bundle) -> None:
        self._offsets, self._ids = np.asarray(bundle.tag_offsets), np.asarray(bundle.tag_ids)
        self._weights, self._names = np.asarray(bundle.tag_weights), bundle.tag_names
        # The place of each tag's name in the alphabet, by which equal products are told apart.
        self._alphabetical = np.argsort(sorted(range(len(self._names)), key=self._names.__getitem__))

    def tagged(self, items: Sequence[int]) -> bool:
        """Whether any of the items (1..V) has tags."""
        return len(self._entries(items)[0]) > 0

    def tags(self, item: int) -> list[str]:
        """The tags of an item (1..V), the heaviest first."""
        row = slice(self._offsets[item], self._offsets[item + 1])
        order = np.argsort(-self._weights[row], kind="stable")
        return [self._names[tag] for tag in self._ids[row][order].tolist()]

    def shared(self, items: Sequence[int], liked: Sequence[int], most: int = 5) -> list[list[str]]:
        """The tags that each item has in common with the liked ones, by the product of both weights.

        Args:
            items: the recommended items, 1..V.
            liked: the liked items; of their weights for a tag the heaviest counts.
            most: how many to name for an item.
        """
        theirs_T = np.full(len(self._names), -1.0)
        at_M, _ = self._entries(liked)
        np.maximum.at(theirs_T, self._ids[at_M], self._weights[at_M])
        at_M, places_M = self._entries(items)
        theirs_M = theirs_T[self._ids[at_M]]
        common = np.flatnonzero(theirs_M >= 0)
        at_M, places_M = at_M[common], places_M[common]
        tags_M = self._ids[at_M]
        lightness_M = self._weights[at_M] * -theirs_M[common]
        order = np.lexsort((self._alphabetical[tags_M], lightness_M, places_M))
        names = [self._names[tag] for tag in tags_M[order].tolist()]
        ends = np.bincount(places_M, minlength=len(items)).cumsum().tolist()
        return [names[begin:end][:most] for begin, end in zip([0, *ends], ends, strict=False)]

    def _entries(self, items: Sequence[int]) -> tuple[Ints, Ints]:
        """Where the tags of some items stand, and the place among the items of each one's."""
        items_N = np.array(items, np.int64)
        starts_N = self._offsets[items_N]
        counts_N = self._offsets[items_N + 1] - starts_N
        before_N = counts_N.cumsum() - counts_N
        places_M = np.arange(len(items_N)).repeat(counts_N)
        return np.arange(len(places_M)) + (starts_N - before_N).repeat(counts_N), places_M
