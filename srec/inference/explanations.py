"""Why a game is recommended: the tags it has in common with the games a visitor likes."""

import numpy as np

from srec.inference.bundle import Bundle


class TagExplanations:
    """Looks up games' tags, the heaviest first."""

    def __init__(self, bundle: Bundle) -> None:
        self._offsets, self._ids = bundle.tag_offsets, bundle.tag_ids
        self._weights, self._names = bundle.tag_weights, bundle.tag_names

    def tags(self, item: int) -> dict[str, float]:
        """The tags of an item (1..V) with their weights, the heaviest first."""
        row = slice(self._offsets[item], self._offsets[item + 1])
        weights = self._weights[row]
        order = np.argsort(-weights, kind="stable")
        return {self._names[self._ids[row][at]]: float(weights[at]) for at in order}

    def shared(self, item: int, liked: list[int], most: int = 5) -> list[str]:
        """The tags that an item has in common with the liked ones, by the product of both weights.

        Args:
            item: the recommended item.
            liked: the liked items.
            most: how many to name.
        """
        theirs: dict[str, float] = {}
        for other in liked:
            for tag, weight in self.tags(other).items():
                theirs[tag] = max(theirs.get(tag, 0.0), weight)
        common = {tag: weight * theirs[tag] for tag, weight in self.tags(item).items() if tag in theirs}
        return sorted(common, key=lambda tag: (-common[tag], tag))[:most]
