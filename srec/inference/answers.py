"""What goes into a recommender and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Ints
from srec.errors import MissingLibrary
from srec.inference.bundle import GameInfo

if TYPE_CHECKING:
    import pyarrow as pa

Name = Literal["smart", "tags", "popular"]


class Request(NamedTuple):
    """What a visitor asks for.

    Attributes:
        liked: app ids, the oldest liking first; a repeated id counts once, at its first place.
        k: how many games to answer.
        recommender: "smart" (the learnt model), "tags" or "popular".
    """

    liked: Sequence[int]
    k: int = 10
    recommender: str = "smart"


class Asked(NamedTuple):
    """A request as it is answered.

    Attributes:
        name: the recommender that answers.
        known: the liked items, 1..V.
        unknown: the liked app ids that the bundle does not know.
        k: how many games to answer.
    """

    name: Name
    known: list[int]
    unknown: list[int]
    k: int


class Recommended(NamedTuple):
    """One game of an answer."""

    info: GameInfo
    score: float
    shared_tags: list[str]  # in common with the liked games, the heaviest first

    @property
    def app_id(self) -> int:
        """Its Steam app id."""
        return self.info.app_id

    @property
    def name(self) -> str:
        """Its title."""
        return self.info.name


@dataclass(slots=True)
class Answer:
    """Games, best first, and what was not known.

    Attributes:
        recommender: who answered; "popular" where no liked game was known (or, for "tags", has tags).
        infos: at most k games, none of them liked already.
        scores: theirs.
        shared_tags: for each the tags in common with the liked games, the heaviest first.
        unknown: the liked app ids that the bundle does not know, in the order given.
    """

    recommender: Name
    infos: list[GameInfo]
    scores: list[float]
    shared_tags: list[list[str]]
    unknown: list[int]

    @property
    def games(self) -> list[Recommended]:
        """Each game with its score and tags."""
        return list(map(Recommended, self.infos, self.scores, self.shared_tags))

    def to_arrow(self) -> "pa.Table":
        """The games as a PyArrow table, which pandas, polars and DuckDB read, best first.

        Returns:
            ``app_id`` (int32), ``name``, ``score`` (float64) and ``shared_tags`` (list of texts).

        Raises:
            MissingLibrary: PyArrow is not installed.
        """
        pa = _pyarrow()
        columns = {
            "app_id": pa.array([info.app_id for info in self.infos], pa.int32()),
            "name": pa.array([info.name for info in self.infos], pa.string()),
            "score": pa.array(self.scores, pa.float64()),
            "shared_tags": pa.array(self.shared_tags, pa.list_(pa.string())),
        }
        return pa.table(columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table of ``to_arrow``, for readers of Arrow's PyCapsule interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


@dataclass(frozen=True)
class Batch:
    """Answers to many requests, best first.

    Attributes:
        app_ids: int64 [B, k]; -1 where there are no more games.
        scores: float64 [B, k]; -inf where there are no more games.
    """

    app_ids: Ints
    scores: npt.NDArray[np.float64]

    def to_arrow(self) -> "pa.Table":
        """The answers as a PyArrow table, which pandas, polars and DuckDB read: one row a request.

        Returns:
            ``app_ids`` (list of int64) and ``scores`` (list of float64), best first.

        Raises:
            MissingLibrary: PyArrow is not installed.
        """
        pa = _pyarrow()
        there = self.app_ids >= 0
        offsets = np.concatenate(([0], np.cumsum(there.sum(1)))).astype(np.int32)
        columns = {
            name: pa.ListArray.from_arrays(offsets, values[there])
            for name, values in (("app_ids", self.app_ids), ("scores", self.scores))
        }
        return pa.table(columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table of ``to_arrow``, for readers of Arrow's PyCapsule interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def _pyarrow() -> Any:
    """PyArrow, which serving does not need."""
    try:
        return import_module("pyarrow")
    except ModuleNotFoundError:
        raise MissingLibrary("pyarrow", "train") from None
