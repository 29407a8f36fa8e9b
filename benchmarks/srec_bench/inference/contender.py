"""The contract of a contender: run its model, and answer. Shapes: L positions, V items, K results."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.inference.exact import ExactTopK
from srec.inference.formats.artefact import Encode
from srec.models.base import ItemsBL, Scorer, ScoresBV
from srec.ranking import top_k

#: Rows of the item matrix: row j is item j + 1.
Rows = Sequence[int] | Ints


class Contender(Protocol):
    """A way to run the model, one session (int64 [1, L]) at a time."""

    def model(self, items_1L: ItemsBL) -> Any:
        """Do the model's work alone: score every item, or find the best of them."""

    def top(self, items_1L: ItemsBL, k: int, excluded: Rows) -> Ints:
        """The k best rows that are not excluded, best first, ties by the lower row."""

    def order(self, items_1L: ItemsBL, excluded: Rows, wanted: Ints) -> tuple[Ints, Ints]:
        """The best rows, as many as ``wanted`` has, and the place of each wanted row, 0 for the best."""


class Scoring:
    """A contender that scores all items."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def model(self, items_1L: ItemsBL) -> ScoresBV:
        """Every item's score."""
        return self._scorer.score(items_1L)

    def top(self, items_1L: ItemsBL, k: int, excluded: Rows) -> Ints:
        """The k best rows that are not excluded."""
        return top_k(self._scores(items_1L, excluded), k)

    def order(self, items_1L: ItemsBL, excluded: Rows, wanted: Ints) -> tuple[Ints, Ints]:
        """The best rows, as many as ``wanted`` has, and the place of each wanted row."""
        scores_V = self._scores(items_1L, excluded)
        return top_k(scores_V, len(wanted)), places(scores_V, wanted)

    def _scores(self, items_1L: ItemsBL, excluded: Rows) -> Floats:
        scores_V: Floats = self._scorer.score(items_1L)[0]
        scores_V[np.asarray(excluded, np.int64)] = -np.inf
        return scores_V


class Searching:
    """A contender that searches the item matrix without scoring all of it."""

    def __init__(self, encode: Encode, index: ExactTopK) -> None:
        self._encode, self._index = encode, index

    def model(self, items_1L: ItemsBL) -> Ints:
        """The ten best rows, in place of all scores."""
        return self._index.search(self._encode(items_1L), 10).rows

    def top(self, items_1L: ItemsBL, k: int, excluded: Rows) -> Ints:
        """The k best rows that are not excluded."""
        rows_K: Ints = self._index.search(self._encode(items_1L), k, excluded=[excluded]).rows[0]
        return rows_K

    def order(self, items_1L: ItemsBL, excluded: Rows, wanted: Ints) -> tuple[Ints, Ints]:
        """The best rows, as many as ``wanted`` has, and the place of each wanted row."""
        rows_K = self.top(items_1L, len(wanted), excluded)
        known_K = rows_K
        if not np.isin(wanted, rows_K).all():
            known_K = self.top(items_1L, len(self._index) - len(excluded), excluded)
        place_of = np.full(len(self._index), len(self._index))
        place_of[known_K] = np.arange(len(known_K))
        return rows_K, place_of[wanted]


def places(scores_V: Floats, rows_K: Ints) -> Ints:
    """int64 [K]: how many rows come before each of these."""
    ascending_V = np.sort(scores_V)
    last_K = np.searchsorted(ascending_V, scores_V[rows_K], "right")
    places_K = len(scores_V) - last_K
    tied_K = last_K - np.searchsorted(ascending_V, scores_V[rows_K], "left") > 1
    for at in np.flatnonzero(tied_K):
        row = int(rows_K[at])
        places_K[at] += np.count_nonzero(scores_V[:row] == scores_V[row])
    return places_K
