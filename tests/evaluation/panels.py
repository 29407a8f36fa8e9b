"""Toy models and players whose figures can be counted by hand."""

from collections.abc import Sequence

import numpy as np

from srec.dataset.dataset import Ints
from srec.evaluation.asking import Asked
from srec.evaluation.players import Players
from srec.models.base import ItemsBL, ScoresBV, WeightsBL


def players(
    *liked: Sequence[int],
    hours: Sequence[Sequence[float]] | None = None,
    disliked: Sequence[Sequence[int]] = (),
) -> Players:
    return Players(
        [np.array(games, np.int32) for games in liked],
        [np.array(games, np.int32) for games in disliked or [()] * len(liked)],
        None if hours is None else [np.array(one, np.float32) for one in hours],
        "a test",
        "0",
    )


class Fixed:
    """Scores each list the same."""

    def __init__(self, *scores: float) -> None:
        self.scores_V = np.array(scores, np.float32)
        self.asked: list[ItemsBL] = []

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        self.asked.append(items_BL)
        return np.repeat(self.scores_V[None], len(items_BL), axis=0)


class Near:
    """A sum: items next to a liked one gain, next to a disliked one lose; less popular is less, by number."""

    def __init__(self, items: int, popularity_weight: float = 0.5) -> None:
        self.items, self.popularity_weight = items, popularity_weight
        self.requests: list[tuple[list[list[int]], list[list[float]], float | None]] = []

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        return self.weigh(items_BL, (items_BL > 0).astype(np.float32))

    def weigh(self, items_BL: ItemsBL, weights_BL: WeightsBL, *, popularity: float | None = None) -> ScoresBV:
        self.requests.append((items_BL.tolist(), weights_BL.tolist(), popularity))
        numbers = np.arange(1, self.items + 1)
        closeness_BLV = 1 / (1 + np.abs(items_BL[:, :, None] - numbers) ** 2)
        weight = self.popularity_weight if popularity is None else popularity
        scores_BV = (weights_BL[:, :, None] * closeness_BLV).sum(axis=1) + weight * np.log(1 + 1 / numbers)
        return scores_BV.astype(np.float32)


def asked(scorer: object, counts: Sequence[int], batch_size: int = 2) -> Asked:
    return Asked(scorer, np.array([0, *counts]), batch_size=batch_size)  # type: ignore[arg-type]


def lists(*rows: Sequence[int]) -> Ints:
    return np.array(rows, np.int64)
