"""A score that is a sum: a part for each game that a visitor names, one for quality, and one for popularity.

The part of a liked game i in the score of game j is a number of a sparse matrix (what the two have in common
that few games have, players above all) plus a product of two vectors (what all games have more or less). The
part of a disliked game is less that product alone: its players mostly like what is near it. Nothing else is
in a score, so an answer is explained by its parts, depends on no order, and can be turned towards popularity
or away.

Shapes: V items, D dimension, N numbers of the sparse matrix, B visitors, L games that a visitor names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints
from srec.models.base import ItemsBL, ScoresBV, WeightsBL
from srec.models.stored import Array, Arrays, stored
from srec.settings import Settings

if TYPE_CHECKING:
    import scipy.sparse as sp


_WEIGHT = "popularity_weight"


@dataclass(frozen=True)
class Parts:
    """All that a sum is made of; row and column j are item j + 1.

    Attributes:
        offsets: int64 [V + 1], where the sparse row of each item begins.
        ids: int32 [N], the columns, ascending within a row; a row has no number of its own item.
        values: float32 [N].
        inputs: float32 [V, D], the vector of an item that is named.
        items: float32 [V, D], the vector of an item that may be answered.
        quality: float32 [V], the larger, the fewer of its players dislike an item.
        popularity: float32 [V].
    """

    offsets: Ints
    ids: Ints
    values: Floats
    inputs: Floats
    items: Floats
    quality: Floats
    popularity: Floats

    def __len__(self) -> int:
        return len(self.popularity)

    def problem(self, items: int) -> str | None:
        """What does not fit together, for a reader of stored arrays; None if all does.

        Args:
            items: V.
        """
        if any(
            array.dtype.kind != kind for array, kind in zip(self.arrays().values(), "iifffff", strict=True)
        ):
            return "an array holds numbers of another type"
        if not self.quality.shape == self.popularity.shape == (items,) or self.offsets.shape != (items + 1,):
            return f"quality, popularity and offsets must be of {items} items"
        if self.inputs.ndim != 2 or self.inputs.shape != self.items.shape or len(self.items) != items:
            return f"inputs and items must be matrices of one size, with {items} rows"
        lengths, count = np.diff(self.offsets), len(self.ids)
        if self.offsets[0] != 0 or self.offsets[-1] != count or (lengths < 0).any():
            return f"offsets must rise from 0 to {count}"
        if self.values.shape != (count,) or self.ids.shape != (count,):
            return "ids and values must be of one length"
        if count and not (0 <= self.ids.min() <= self.ids.max() < items):
            return "ids must name items"
        rows = np.repeat(np.arange(items), lengths)
        if ((np.diff(self.ids) <= 0) & (np.diff(rows) == 0)).any() or (self.ids == rows).any():
            return "the ids of a row must rise, without its own"
        return None

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays by name, to store them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, stored: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The parts of stored arrays.

        Raises:
            KeyError: an array is missing.
        """
        # What was stored before there was a quality has none.
        older = {"quality": np.zeros_like(stored["popularity"])}
        return cls(**{field.name: (older | dict(stored))[field.name] for field in fields(cls)})


class Sum:
    """Scores items by the parts of the games that a visitor names.

    Args:
        parts: what the scores are made of.
        popularity_weight: the weight of popularity where a visitor says none, in [0, 1].
        log: how that weight was chosen, a line for each that was tried; empty if it was given.
    """

    def __init__(
        self, parts: Parts, popularity_weight: float, log: Sequence[Mapping[str, float]] = ()
    ) -> None:
        self.parts, self.popularity_weight, self.log = parts, popularity_weight, log

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]], popularity_weight: float) -> Self:
        """The sum of stored arrays."""
        return cls(Parts.of(arrays), popularity_weight)

    def arrays(self) -> dict[str, Array]:
        """The parts and the weight of popularity."""
        return {**self.parts.arrays(), _WEIGHT: np.array([self.popularity_weight])}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The sum of stored arrays; see ``Storable``."""
        weight = float(stored(arrays, _WEIGHT, "f", 1)[0])
        parts = Parts.of({name: array for name, array in arrays.items() if name != _WEIGHT})
        if problem := parts.problem(item_count):
            raise ValueError(problem)
        if not 0 <= weight <= 1:
            raise ValueError(f"{_WEIGHT} must be from 0 to 1")
        return cls(parts, weight)

    @cached_property
    def _rows(self) -> "sp.csr_matrix":
        """The sparse matrix, [V, V]."""
        import scipy.sparse as sp

        parts = self.parts
        return sp.csr_matrix((parts.values, parts.ids, parts.offsets), shape=(len(parts), len(parts)))

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The scores of visitors who like all items that they name, float32 [B, V]; repeats count once."""
        return self.weigh(items_BL, once(items_BL))

    def weigh(self, items_BL: ItemsBL, weights_BL: WeightsBL, *, popularity: float | None = None) -> ScoresBV:
        """The scores of visitors who like some items and dislike others; see ``SumScorer``.

        Raises:
            ValueError: the weight of popularity is not in [0, 1].
        """
        share = self.popularity_weight if popularity is None else popularity
        if not 0 <= share <= 1:
            raise ValueError(f"the weight of popularity is {share}: it is from 0 to 1")
        scores_BV = self.taste(items_BL, weights_BL)
        scores_BV *= np.float32(1 - share)
        scores_BV += np.float32(share) * self.parts.popularity
        return scores_BV

    def taste(self, items_BL: ItemsBL, weights_BL: WeightsBL) -> ScoresBV:
        """What a visitor's games and quality say, without popularity.

        It is the mean of the liked games' parts, less those of the disliked, which never weigh more than the
        likes together; plus the quality.
        """
        import scipy.sparse as sp

        visitors, places = np.nonzero(items_BL)
        weights = weights_BL[visitors, places].astype(np.float64)
        liked_B, disliked_B = (
            np.bincount(visitors, np.maximum(sign * weights, 0), len(items_BL)) for sign in (1, -1)
        )
        liked = weights > 0
        whole = np.where(liked, liked_B[visitors], np.maximum(liked_B, disliked_B)[visitors])
        shares = (weights / np.maximum(whole, 1e-12)).astype(np.float32)
        named = items_BL[visitors, places] - 1
        size = (len(items_BL), len(self.parts))
        given = sp.csr_matrix((shares, (visitors, named)), shape=size)
        likes = sp.csr_matrix((shares[liked], (visitors[liked], named[liked])), shape=size)
        scores_BV: ScoresBV = (likes @ self._rows).toarray()
        scores_BV += (given @ self.parts.inputs) @ self.parts.items.T
        scores_BV += self.parts.quality
        return scores_BV


def once(items_BL: ItemsBL) -> WeightsBL:
    """1 for the first place of each item in its row, 0 for its other places and for the padding."""
    order_BL = np.argsort(items_BL, axis=1, kind="stable")
    sorted_BL = np.take_along_axis(items_BL, order_BL, axis=1)
    first_BL = sorted_BL > 0
    first_BL[:, 1:] &= sorted_BL[:, 1:] != sorted_BL[:, :-1]
    weights_BL = np.zeros(items_BL.shape, np.float32)
    np.put_along_axis(weights_BL, order_BL, first_BL.astype(np.float32), axis=1)
    return weights_BL
