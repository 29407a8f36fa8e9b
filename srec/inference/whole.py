"""Answers of any other counted model: it scores every item, and the best are searched among all scores.

Shapes: B visitors, V rows (items - 1), K results.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from srec.inference.answers import Asked
from srec.inference.exact import ExactTopK
from srec.inference.reference import Added, Found
from srec.models.base import Scorer


class Whole:
    """A model that scores whole lists of items; safe to use from several threads.

    Args:
        scorer: the model.
        item_count: V.
        kernel: how the scores are searched (see ``exact``); the fastest way where None.

    Attributes:
        index: items without a vector of their own, to whose scores, all 0, the model's are added.
    """

    def __init__(self, scorer: Scorer, item_count: int, kernel: str | None) -> None:
        self._scorer = scorer
        self.index = ExactTopK(np.zeros((item_count, 1), np.float32), kernel)

    def find(self, asked: Sequence[Asked], k: int, allowed_V: npt.NDArray[np.bool_] | None = None) -> Found:
        """The k best rows for each visitor, who likes at least one known game.

        Args:
            asked: what visitors say, the oldest liking first.
            k: how many.
            allowed_V: the rows that may be answered; all where None.
        """
        items_BL = np.zeros((len(asked), max(len(one.known) for one in asked)), np.int64)
        for row_L, one in zip(items_BL, asked, strict=True):
            row_L[: len(one.known)] = one.known
        added, barred = [], []
        for scores_V, one in zip(self._scorer.score(items_BL), asked, strict=True):
            scored_V = np.isfinite(scores_V)
            rows = np.flatnonzero(scored_V)
            added.append(Added(rows, scores_V[rows].astype(np.float64)))
            barred.append([*one.barred, *np.flatnonzero(~scored_V).tolist()])
        vectors_BD = np.zeros((len(asked), 1), np.float32)
        return self.index.search(vectors_BD, k, allowed_V=allowed_V, excluded=barred, added=added)
