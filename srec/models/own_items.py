"""The session's own items, by how often they occur. This is hard to beat if sessions repeat items."""

from typing import ClassVar, Self

import numpy as np

from srec.dataset.dataset import Dataset, Part
from srec.models.base import ItemsBL, ScoresBV
from srec.models.stored import Array, Arrays
from srec.settings import Settings


class OwnItemsSettings(Settings):
    """The session's own items have nothing to set."""

    section: ClassVar[str] = "own-items"


class OwnItems:
    """Scores an item by its count in the session, ties by recency; recommends nothing else.

    Args:
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = OwnItemsSettings

    def __init__(self, item_count: int) -> None:
        self._item_count = item_count

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """There is nothing to count beforehand."""
        return cls(dataset.item_count)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Counts, with a fraction for recency; -inf for all other items."""
        scores_BV = np.full((len(items_BL), self._item_count + 1), -np.inf, np.float32)
        rows, places = np.nonzero(items_BL)
        own = rows, items_BL[rows, places]
        back = (items_BL > 0).sum(axis=1)[rows] - 1 - places
        # Each row's places ascend, so the latest one stays.
        scores_BV[own] = 0.5 / (1 + back)
        np.add.at(scores_BV, own, 1)
        return scores_BV[:, 1:]

    def arrays(self) -> dict[str, Array]:
        """Nothing."""
        return {}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model; see ``Storable``."""
        return cls(item_count)
