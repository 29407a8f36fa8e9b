"""The sum of ten lines that the default recommender has to beat: item-kNN, tags and log-popularity.

Each part is standardised over the items of each list, as SRec's first prototype did.
"""

import numpy as np

from srec.dataset.dataset import Dataset
from srec.evaluation.asking import standardised
from srec.models.base import ItemsBL, ScoresBV, WeightsBL, input_matrix, session_matrix
from srec.models.tags import TagScorer, TagScorerSettings

TOGETHER, TAGS = 0.55, 0.3
EXPONENT, SHRINKAGE = 0.7, 10.0


class TenLines:
    """Scores by 0.55 item-kNN, 0.3 tags and a multiple b of log-popularity.

    Args:
        dataset: what it is counted from.

    Attributes:
        popularity_weight: p, which makes b = p / (1 - p).
    """

    popularity_weight = 0.42

    def __init__(self, dataset: Dataset) -> None:
        items, _, sessions = dataset.sequences.learnable("fit")
        has = session_matrix(items, sessions, dataset.item_count)
        counts = np.asarray(has.sum(axis=0)).ravel()
        met = (has.T @ has).tocsr()
        met.setdiag(0)
        first, second = (counts + SHRINKAGE) ** (EXPONENT - 1), (counts + SHRINKAGE) ** -EXPONENT
        self._near = met.multiply(first[:, None]).multiply(second[None]).tocsr()
        self._tags = TagScorer.fit(dataset, TagScorerSettings(), "fit")
        self._popular_V = standardised(np.log1p(counts[None, 1:]))[0]

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The scores at the prototype's own weight, float32 [B, V]."""
        return self.weigh(items_BL, (items_BL > 0).astype(np.float32))

    def weigh(self, items_BL: ItemsBL, weights_BL: WeightsBL, *, popularity: float | None = None) -> ScoresBV:
        """The scores of what is liked; it does not read dislikes."""
        share = self.popularity_weight if popularity is None else popularity
        liked_BL = np.where(weights_BL > 0, items_BL, 0)
        together_BV = (input_matrix(liked_BL, self._near.shape[0]) @ self._near).toarray()[:, 1:]
        taste_BV = TOGETHER * standardised(together_BV) + TAGS * standardised(self._tags.score(liked_BL))
        scores_BV: ScoresBV = ((1 - share) * taste_BV + share * self._popular_V).astype(np.float32)
        return scores_BV
