"""Random sums and visitors, and an answer that scores everything, one number after the other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats
from srec.inference.answers import Asked, Filters
from srec.inference.reference import Found, best, empty, reference_scores
from srec.inference.summed import Summed
from srec.models.sums import Parts, Sum

_INPUTS = 0.05  # of the items' numbers, so that no visitor's vector is too large for float32
_MOST_LIKED, _MOST_DISLIKED, _MOST_EXCLUDED = 6, 4, 4


@dataclass(frozen=True)
class SumCase:
    """A sum and its visitors.

    Attributes:
        model: the sum.
        asked: the visitors.
        k: how many rows to answer.
        allowed_V: the rows that may be answered; all where None.
    """

    model: Sum
    asked: list[Asked]
    k: int
    allowed_V: npt.NDArray[np.bool_] | None

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        items_VD: Floats,
        *,
        visitors: int,
        allowed_V: npt.NDArray[np.bool_] | None,
    ) -> "SumCase":
        """A case.

        Args:
            rng: draws it.
            items_VD: the items with their quality and popularity as the last numbers.
            visitors: how many there are.
            allowed_V: the rows that may be answered; all where None.
        """
        count = len(items_VD)
        given_VV = rng.random((count, count)) < rng.choice([0, 0.02, 0.2, 0.7], (count, 1))
        np.fill_diagonal(given_VV, val=False)
        inputs_VD = items_VD[rng.permutation(count), :-2] * np.float32(_INPUTS)
        largest = float(np.abs(items_VD).max(initial=0))
        size = rng.choice([1.0, largest, largest**2, 0.0])
        values_M = np.clip(rng.normal(size=int(given_VV.sum())) * size, -3e38, 3e38)
        parts = Parts(
            np.append(0, given_VV.sum(1).cumsum()),
            np.nonzero(given_VV)[1].astype(np.int32),
            values_M.astype(np.float32),
            inputs_VD,
            items_VD[:, :-2],
            items_VD[:, -2],
            items_VD[:, -1],
        )
        model = Sum(parts, float(rng.choice([0, 0.35, 1])))
        asked = [_visitor(rng, count) for _ in range(visitors)]
        return cls(model, asked, int(rng.integers(1, count + 3)), allowed_V)

    def wrong(self, kernel: str) -> tuple[int, int]:
        """Ask the sum in the way of a kernel.

        Returns:
            How many answers differ from those of scoring everything, in the order in which games are named or
            in the reverse one; and the number of scores outside of their bounds.
        """
        summed = Summed(self.model, kernel)
        found = summed.find(self.asked, self.k, self.allowed_V)
        turned = summed.find([_reversed(one) for one in self.asked], self.k, self.allowed_V)
        differences = 0
        for at, one in enumerate(self.asked):
            wanted = self.slowly(one)
            differences += not all(
                (got.rows[at] == wanted.rows[0]).all() and (got.scores[at] == wanted.scores[0]).all()
                for got in (found, turned)
            )
        return differences, summed.index.counts.outside

    def slowly(self, asked: Asked) -> Found:
        """An answer as docs/exactness.md defines it."""
        parts, weight = self.model.parts, asked.popularity
        weight = self.model.popularity_weight if weight is None else weight
        liked, disliked = len(asked.known), len(asked.disliked)
        named = [(item - 1, float(np.float32((1 - weight) / liked))) for item in asked.known]
        named += [
            (item - 1, float(np.float32(-(1 - weight) / max(liked, disliked)))) for item in asked.disliked
        ]
        named.sort()
        largest = max(float(np.abs(parts.inputs[row]).max(initial=0)) for row, _ in named)
        step = 2.0 ** max(int(np.frexp(sum(abs(one) for _, one in named) * largest)[1]) - 23, -149)
        vector_D, added_V = np.zeros(parts.inputs.shape[1]), np.zeros(len(parts))
        for row, one in named:
            vector_D += np.rint(parts.inputs[row].astype(np.float64) * one / step) * step
            for at in range(parts.offsets[row], parts.offsets[row + 1]) if one > 0 else ():
                added_V[parts.ids[at]] += one * float(parts.values[at])
        items_VD = np.column_stack((parts.items, parts.quality, parts.popularity))
        whole_D = np.append(vector_D, (1 - weight, weight)).astype(np.float32)
        scores_V = reference_scores(items_VD, whole_D) + added_V
        may_V = np.ones(len(parts), np.bool_) if self.allowed_V is None else self.allowed_V.copy()
        may_V[asked.barred] = False
        rows = np.flatnonzero(may_V)
        chosen, scores = best(rows, scores_V[rows], self.k)
        found = empty(1, self.k)
        found.rows[0, : len(chosen)], found.scores[0, : len(chosen)] = chosen, scores
        return found


def _visitor(rng: np.random.Generator, count: int) -> Asked:
    """Who names at least one game; some dislike all that they name."""
    items = (rng.permutation(count) + 1).tolist()
    liked, disliked, excluded = rng.integers(0, [_MOST_LIKED, _MOST_DISLIKED, _MOST_EXCLUDED])
    known, hated = items[: liked + 1], items[liked + 1 : liked + 1 + disliked]
    barred = [item - 1 for item in items[: liked + 1 + disliked + excluded]]
    popularity = (None, 0.0, 0.5, 1.0)[int(rng.integers(4))]
    if rng.random() < 0.1:
        known, hated = [], known
    return Asked("smart", known, [], 0, hated, barred, popularity, Filters())


def _reversed(asked: Asked) -> Asked:
    return asked._replace(known=asked.known[::-1], disliked=asked.disliked[::-1])
