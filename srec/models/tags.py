"""The tag recommender: games whose weighted tags resemble those of the games a visitor likes.

SRec's simpler recommender: it learns nothing from reviews, so its answers only change when tags do.
Each game is the vector of its tag weights times the tag's inverse document frequency, scaled to length 1;
a session is the mean of its games' vectors; the score is the cosine of the two.
"""

from typing import ClassVar, Self

import numpy as np

from srec.dataset.dataset import Dataset, Floats, Ints, Part
from srec.dataset.flat import lists_problem
from srec.models.base import ItemsBL, ScoresBV
from srec.models.stored import Array, Arrays, stored
from srec.settings import Settings

_MOST_TAGS = 1_000_000


class TagScorerSettings(Settings):
    """The tag recommender has nothing to set."""

    section: ClassVar[str] = "tag-scorer"


class TagScorer:
    """Content similarity on weighted tags.

    Args:
        offsets: int64 [V + 2], where each item's tags begin; row 0 is the padding and has no tags.
        ids: int32 [M], tag ids.
        weights: float32 [M], in (0, 1].
        tag_count: T, the number of tags.
    """

    settings_type: ClassVar[type[Settings]] = TagScorerSettings
    dense: ClassVar[bool] = True

    def __init__(self, offsets: Ints, ids: Ints, weights: Floats, *, tag_count: int) -> None:
        rows = len(offsets) - 1
        self.ids, self._weights = np.asarray(ids), np.asarray(weights)
        self.row_of = np.repeat(np.arange(rows), np.diff(offsets))
        idf = np.log1p((rows - 1) / np.maximum(np.bincount(self.ids, minlength=tag_count), 1))
        values = weights * idf[self.ids]
        norms = np.sqrt(np.bincount(self.row_of, values**2, rows))
        self.values = values / np.maximum(norms, 1e-12)[self.row_of]
        self.offsets = np.asarray(offsets)
        self.tag_count = tag_count

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """The tag recommender of a dataset; it reads no reviews."""
        tags = dataset.tags
        assert tags.weights is not None
        return cls(tags.offsets, tags.ids, tags.weights, tag_count=len(tags.names))

    def session_vector(self, items_L: Ints) -> Floats:
        """float64 [T]: the mean of the items' tag vectors, scaled to length 1 (zeros if no item has tags)."""
        parts = [slice(self.offsets[item], self.offsets[item + 1]) for item in items_L]
        vector = np.zeros(self.tag_count)
        for part in parts:
            vector[self.ids[part]] += self.values[part]
        return vector / max(float(np.linalg.norm(vector)), 1e-12)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The cosine of each session and each item, float32 [B, V]."""
        rows = len(self.offsets) - 1
        scores_BV = np.empty((len(items_BL), rows - 1), np.float32)
        for session, items_L in enumerate(items_BL):
            vector = self.session_vector(items_L[items_L > 0])
            scores_BV[session] = np.bincount(self.row_of, self.values * vector[self.ids], rows)[1:]
        return scores_BV

    def arrays(self) -> dict[str, Array]:
        """The games' tags and their weights."""
        return {"offsets": self.offsets, "ids": self.ids, "weights": self._weights}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model of stored tags; see ``Storable``."""
        offsets, ids = stored(arrays, "offsets", "i", item_count + 2), stored(arrays, "ids", "i", None)
        weights = stored(arrays, "weights", "f", len(ids))
        if problem := lists_problem(offsets, ids, _MOST_TAGS - 1, first=0):
            raise ValueError(problem)
        return cls(offsets, ids, weights, tag_count=int(ids.max(initial=-1)) + 1)
