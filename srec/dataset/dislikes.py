"""What users disliked, and which of it may be learnt from. Shapes: U users, M dislikes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from srec.dataset.flat import lists_problem

if TYPE_CHECKING:
    from srec.dataset.dataset import Part, Sequences

DISLIKES = "negatives"  # the folder of their arrays in a dataset


@dataclass(frozen=True)
class Dislikes:
    """Dislikes as one flat array: ``items[offsets[u]:offsets[u + 1]]`` are session u's, oldest first."""

    items: npt.NDArray[np.integer[Any]]  # int32 [M], 1..V
    times: npt.NDArray[np.integer[Any]]  # int64 [M], seconds since 1970, UTC
    offsets: npt.NDArray[np.integer[Any]]  # int64 [U + 1]

    @classmethod
    def none(cls, users: int) -> Self:
        """No dislikes of so many users."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(users + 1, np.int64))

    def problem(self, users: int, items: int) -> str | None:
        """What does not fit together, for a reader of stored arrays; None if all does.

        Args:
            users: U.
            items: V.
        """
        if self.offsets.shape != (users + 1,) or self.times.shape != self.items.shape:
            return "every user must have a list, and every dislike a time"
        return lists_problem(self.offsets, self.items, items)

    def of(self, user: int) -> npt.NDArray[np.integer[Any]]:
        """The items that one user dislikes, each once, ascending."""
        return np.unique(self.items[self.offsets[user] : self.offsets[user + 1]])

    def learnable(self, likes: "Sequences", part: "Part") -> npt.NDArray[np.integer[Any]]:
        """The items of all dislikes that a model may learn from, int32.

        Such a dislike comes before everything that is held out of its user's likes, and before the end of
        what may be learnt from anybody. Users who are held out whole tell nothing.

        Args:
            likes: of the same users.
            part: as in ``Sequences.learnable``.
        """
        _, times, _ = likes.learnable(part)
        ends = likes.train_ends if part == "train" else likes.valid_ends
        until_U = np.full(len(likes), times.max(initial=0))
        held_U = ends < likes.offsets[1:]
        until_U[held_U] = np.minimum(until_U[held_U], likes.times[ends[held_U]] - 1)
        until_U[ends == likes.offsets[:-1]] = -1
        return self.items[self.times <= np.repeat(until_U, np.diff(self.offsets))]

    def without(self, withheld: npt.NDArray[np.bool_]) -> Self:
        """Those of the other items.

        Args:
            withheld: bool [V + 1].
        """
        kept = ~withheld[self.items]
        place = np.concatenate(([0], np.cumsum(kept)))
        return type(self)(self.items[kept], self.times[kept], place[self.offsets])
