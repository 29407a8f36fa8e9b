"""What goes into a recommender and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Ints
from srec.errors import MissingLibrary
from srec.inference.arranging import POOL
from srec.inference.games import GameInfo

if TYPE_CHECKING:
    import pyarrow as pa

Name = Literal["smart", "tags", "popular"]


@dataclass(frozen=True)
class Filters:
    """What a visitor wants of every answered game. A game that lacks a fact does not meet a wish about it.

    Attributes:
        must: tags that it has, all of them. No game has a tag that there is not.
        must_not: tags that it does not have.
        released_from: the first year of its release.
        released_to: the last one.
        most_cents: its highest list price, in US cents.
        platforms: what it runs on, all of them: "windows", "mac", "linux".
        unrated: only games that nobody reviewed, by their tags; else only those that somebody did.
    """

    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    released_from: int | None = None
    released_to: int | None = None
    most_cents: int | None = None
    platforms: tuple[str, ...] = ()
    unrated: bool = False


class Request(NamedTuple):
    """What a visitor asks for.

    Attributes:
        liked: app ids; a repeated id counts once. The order counts unless the model is a sum: the
            oldest liking comes first.
        k: how many games to answer.
        recommender: "smart" (the bundle's model), "tags" or "popular".
        disliked: app ids that are never answered, also if they are liked; games like them come later where
            the model is a sum.
        popularity: the weight of popularity, from 0 (only my taste) to 1 (what everybody plays); None means
            the bundle's own. A model that is no sum has none, and takes no notice of it.
        excluded: app ids that are never answered and say nothing, such as games that the visitor owns.
        filters: what every answered game meets.
        variety: from 0, the best games, to 1, games that are little alike in their tags.
        seed: of a draw among the best games, with the better ones likelier; None answers the best.
    """

    liked: Sequence[int]
    k: int = 10
    recommender: str = "smart"
    disliked: Sequence[int] = ()
    popularity: float | None = None
    excluded: Sequence[int] = ()
    filters: Filters | None = None
    variety: float = 0.0
    seed: int | None = None


class Asked(NamedTuple):
    """A request as it is answered.

    Attributes:
        name: the recommender that answers.
        known: the liked items, 1..V.
        unknown: the liked and disliked app ids that the bundle does not know.
        k: how many games to answer.
        disliked: the disliked items.
        barred: the rows (items - 1) that are not answered: those named or excluded.
        popularity: as in the request.
        filters: as in the request.
        variety: as in the request.
        seed: as in the request.
    """

    name: Name
    known: list[int]
    unknown: list[int]
    k: int
    disliked: list[int]
    barred: list[int]
    popularity: float | None
    filters: Filters
    variety: float = 0.0
    seed: int | None = None

    @property
    def depth(self) -> int:
        """How many of the best games are found first: those answered, or a pool to choose them from."""
        arranged = self.variety > 0 or self.seed is not None
        return max(self.k, POOL if arranged and self.k > 0 else 0, 0)

    @property
    def named(self) -> list[int]:
        """The liked items, then the disliked ones."""
        return self.known + self.disliked


class Recommended(NamedTuple):
    """One game of an answer."""

    info: GameInfo
    score: float
    shared_tags: list[str]  # in common with the liked games, the heaviest first
    parts: list[float] | None  # of the named games in the score, if the model is a sum
    quality: float | None  # its part in the score, if the model is a sum
    popularity: float | None  # its part in the score, if the model is a sum

    @property
    def app_id(self) -> int:
        """Its Steam app id."""
        return self.info.app_id

    @property
    def name(self) -> str:
        """Its title."""
        return self.info.name


class Explained(NamedTuple):
    """Scores as sums: a game's score is the sum of its parts, its quality and its popularity.

    Attributes:
        named: the app ids that the visitor named and the bundle knows: those liked, then those disliked.
        weight: the weight of popularity.
        parts: for each answered game, the part of each named game.
        quality: for each answered game, the part of its quality.
        popularity: for each answered game, the part of its popularity.
    """

    named: list[int]
    weight: float
    parts: list[list[float]]
    quality: list[float]
    popularity: list[float]


@dataclass(slots=True)
class Answer:
    """Games, best first, and what was not known.

    Attributes:
        recommender: who answered; "popular" where no liked game was known (or, for "tags", has tags).
        infos: at most k games, none of them liked already.
        scores: theirs.
        shared_tags: for each the tags in common with the liked games, the heaviest first.
        unknown: the named app ids that the bundle does not know, in the order given; after them, names that
            somebody could not read as ids.
        sum: what the scores add up from, if the answer is of a sum.
        without: where filters leave fewer games than were asked for: how many there would be if one of the
            filters, by its name, were left out.
    """

    recommender: Name
    infos: list[GameInfo]
    scores: list[float]
    shared_tags: list[list[str]]
    unknown: list[int | str]
    sum: Explained | None = None
    without: dict[str, int] = field(default_factory=dict)

    @property
    def games(self) -> list[Recommended]:
        """Each game with its score and tags."""
        nothing: Sequence[Any] = [None] * len(self.infos)
        why = (self.sum.parts, self.sum.quality, self.sum.popularity) if self.sum else (nothing,) * 3
        return list(map(Recommended, self.infos, self.scores, self.shared_tags, *why))

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
