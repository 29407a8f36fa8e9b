"""Asks a model as a visitor does: games that are liked, or disliked, go in; the best others come out.

A model whose score is a sum reads dislikes and the weight of popularity, from 0 (taste alone) to 1
(popularity alone). Of any other model the dislikes are left out of the input, and popularity is mixed into
its scores with the weight p: (1 - p) times the scores plus p times log(1 + reviews), both standardised over
the items.

Shapes: E lists, B lists of a batch, L liked games, M disliked games, V items, K places, W weights.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Ints
from srec.evaluation.protocol import check_scores, top_items_of
from srec.evaluation.settings import BATCH_SIZE
from srec.models.base import Scorer, ScoresBV, SumScorer


class Asked:
    """A model that visitors ask. What they name is never in the answer.

    Args:
        scorer: the model.
        known_counts: int [V + 1], the interactions of each item before the tested window.
        batch_size: lists scored at a time; it bounds the memory and changes no answer.
    """

    def __init__(self, scorer: Scorer, known_counts: Ints, *, batch_size: int = BATCH_SIZE) -> None:
        self.scorer, self.known_counts, self._batch_size = scorer, known_counts, batch_size
        self._popular_V = standardised(np.log1p(known_counts[None, 1:].astype(np.float32)))[0]

    @property
    def sum(self) -> SumScorer | None:
        """The model, if its score is a sum that reads dislikes and the weight of popularity."""
        return self.scorer if isinstance(self.scorer, SumScorer) else None

    def best(
        self, liked_EL: Ints, k: int, *, disliked_EM: Ints | None = None, read_dislikes: bool = True
    ) -> Ints:
        """int32 [E, K]: the items of the answer, best first; 0 fills the places of short answers.

        Args:
            liked_EL: int [E, L], padded with 0 on the right.
            k: K.
            disliked_EM: int [E, M], padded like ``liked_EL``.
            read_dislikes: whether the model reads the dislikes; they are in no answer either way.
        """
        found = self.scores(liked_EL, disliked_EM, read_dislikes=read_dislikes)
        parts = [top_items_of(scores_BV, k) for _, scores_BV in found]
        return np.concatenate([np.zeros((0, k), np.int32), *parts])

    def scores(
        self, liked_EL: Ints, disliked_EM: Ints | None = None, *, read_dislikes: bool = True
    ) -> Iterator[tuple[slice, ScoresBV]]:
        """The scores of a batch of lists at a time, and where the batch is; -inf for what is named.

        Args:
            liked_EL: as for ``best``.
            disliked_EM: as for ``best``.
            read_dislikes: as for ``best``.
        """
        for at in self._batches(liked_EL):
            disliked_BM = None if disliked_EM is None else disliked_EM[at]
            scores_BV = self._score(liked_EL[at], disliked_BM if read_dislikes else None)
            yield at, self._without_named(scores_BV, liked_EL[at], disliked_BM)

    def best_by_weight(self, liked_EL: Ints, k: int, weights: Sequence[float]) -> Ints:
        """int32 [W, E, K]: the answers with each weight of popularity.

        Args:
            liked_EL: as for ``best``.
            k: K.
            weights: of popularity, in [0, 1].
        """
        found = np.zeros((len(weights), len(liked_EL), k), np.int32)
        for at in self._batches(liked_EL):
            liked_BL = liked_EL[at]
            taste_BV = None if self.sum else standardised(self._score(liked_BL, None))
            for place, weight in enumerate(weights):
                if taste_BV is None:
                    scores_BV = self._score(liked_BL, None, weight)
                else:
                    scores_BV = _mixed(taste_BV, self._popular_V, weight)
                found[place, at] = top_items_of(self._without_named(scores_BV, liked_BL, None), k)
        return found

    def _batches(self, liked_EL: Ints) -> Iterator[slice]:
        for start in range(0, len(liked_EL), self._batch_size):
            yield slice(start, start + self._batch_size)

    def _score(self, liked_BL: Ints, disliked_BM: Ints | None, weight: float | None = None) -> ScoresBV:
        model = self.sum
        if model is None or (disliked_BM is None and weight is None):
            scores_BV = self.scorer.score(liked_BL)
        else:
            items_BL, weights_BL = _both(liked_BL, disliked_BM)
            scores_BV = model.weigh(items_BL, weights_BL, popularity=weight)
        check_scores(scores_BV, (len(liked_BL), len(self._popular_V)))
        return scores_BV

    @staticmethod
    def _without_named(scores_BV: ScoresBV, liked_BL: Ints, disliked_BM: Ints | None) -> ScoresBV:
        for named in (liked_BL, disliked_BM):
            if named is not None:
                rows, places = np.nonzero(named)
                scores_BV[rows, named[rows, places] - 1] = -np.inf
        return scores_BV


def standardised(scores_BV: npt.NDArray[np.floating[Any]]) -> ScoresBV:
    """Scores with mean 0 and deviation 1 in each list, float32 [B, V]; -inf stays, equal scores become 0."""
    finite_BV = np.isfinite(scores_BV)
    count_B1 = np.maximum(finite_BV.sum(axis=1, keepdims=True), 1)
    known_BV = np.where(finite_BV, scores_BV, 0).astype(np.float64)
    apart_BV = np.where(finite_BV, known_BV - known_BV.sum(axis=1, keepdims=True) / count_B1, 0)
    deviation_B1 = np.sqrt((apart_BV**2).sum(axis=1, keepdims=True) / count_B1)
    deviation_B1[deviation_B1 < 1e-12] = 1
    return np.where(finite_BV, apart_BV / deviation_B1, scores_BV).astype(np.float32)


def _mixed(taste_BV: ScoresBV, popular_V: npt.NDArray[np.float32], weight: float) -> ScoresBV:
    """Taste and popularity together; what the model does not recommend stays at -inf."""
    known_BV = np.isfinite(taste_BV)
    mixed_BV = (1 - weight) * np.where(known_BV, taste_BV, 0) + weight * popular_V
    return np.where(known_BV, mixed_BV, -np.inf).astype(np.float32)


def _both(liked_BL: Ints, disliked_BM: Ints | None) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Likes with weight 1 and dislikes with -1, the padding on the right."""
    if disliked_BM is None:
        return liked_BL, (liked_BL > 0).astype(np.float32)
    items = np.concatenate((liked_BL, disliked_BM), axis=1)
    weights = np.where(np.arange(items.shape[1]) < liked_BL.shape[1], 1, -1) * (items > 0)
    order = np.argsort(items == 0, axis=1, kind="stable")
    weights_BL = np.take_along_axis(weights, order, axis=1).astype(np.float32)
    return np.take_along_axis(items, order, axis=1), weights_BL
