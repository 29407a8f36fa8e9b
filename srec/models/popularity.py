"""Popularity: every session gets the same list. The baseline that other models must beat."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from srec.dataset.dataset import Dataset, Part
from srec.models.base import ItemsBL, ScoresBV
from srec.models.stored import Array, Arrays, stored
from srec.settings import Settings

DAY = 86_400.0


class PopularitySettings(Settings):
    """All-time popularity has nothing to set."""

    section: ClassVar[str] = "popularity"


class RecentPopularitySettings(Settings):
    """How fast old reviews fade."""

    section: ClassVar[str] = "popularity-recent"
    half_life_days: float = Field(90, gt=0, description="after this many days a review counts half")


class Popularity:
    """Scores each item by its reviews before the end of training.

    Args:
        scores_V: float32, for the items 1..V.
    """

    settings_type: ClassVar[type[Settings]] = PopularitySettings

    def __init__(self, scores_V: npt.NDArray[np.float32]) -> None:
        self.scores_V = scores_V

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Count the reviews of each item."""
        items, _, _ = dataset.sequences.learnable(part)
        return cls(np.bincount(items, minlength=dataset.item_count + 1)[1:].astype(np.float32))

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The same scores for every session, float32 [B, V]."""
        return np.repeat(self.scores_V[None], len(items_BL), axis=0)

    def arrays(self) -> dict[str, Array]:
        """The scores."""
        return {"scores": self.scores_V}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model of stored scores; see ``Storable``."""
        return cls(stored(arrays, "scores", "f", item_count))


class RecentPopularity(Popularity):
    """Each review counts by its age at the end of training: 1/2 after each half-life."""

    settings_type: ClassVar[type[Settings]] = RecentPopularitySettings

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Sum the faded reviews of each item."""
        assert isinstance(settings, RecentPopularitySettings)
        items, times, _ = dataset.sequences.learnable(part)
        ages = (times.max(initial=0) - times) / (DAY * settings.half_life_days)
        return cls(np.bincount(items, 0.5**ages, dataset.item_count + 1)[1:].astype(np.float32))
