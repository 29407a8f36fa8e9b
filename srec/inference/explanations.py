"""Why a game is recommended: the tags it has in common with the games a visitor likes."""

from collections.abc import Iterator, Sequence

import numpy as np

from srec.inference.bundle import Bundle


class TagExplanations:
    """Looks up games' tags, the heaviest first."""

    def __init__(self, bundle: Bundle) -> None:
        # Plain arrays: a view of a memory map costs several times as much to make.
        self._ids, self._weights = np.asarray(bundle.tag_ids), np.asarray(bundle.tag_weights)
        self._offsets: list[int] = bundle.tag_offsets.tolist()
        self._names = bundle.tag_names

    def tagged(self, items: Sequence[int]) -> bool:
        """Whether any of the items (1..V) has tags."""
        return any(self._offsets[item + 1] > self._offsets[item] for item in items)

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
        theirs: dict[int, float] = {}
        for item in liked:
            for tag, weight in self._weighted(item):
                if weight > theirs.get(tag, -1.0):
                    theirs[tag] = weight
        names, found = self._names, []
        for item in items:
            common = [
                (-weight * theirs[tag], names[tag]) for tag, weight in self._weighted(item) if tag in theirs
            ]
            common.sort()
            found.append([name for _, name in common[:most]])
        return found

    def _weighted(self, item: int) -> Iterator[tuple[int, float]]:
        row = slice(self._offsets[item], self._offsets[item + 1])
        return zip(self._ids[row].tolist(), self._weights[row].tolist(), strict=True)
