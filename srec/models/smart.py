"""The default recommender: games that players of the named games share, and games that are like them.

A visitor is a set of liked and disliked games. The score of a game is a sum (see ``sums``): a part for each
named game, one for quality, and one for popularity. The part of a named game adds up six kinds of likeness.
Two are counted from players: item-kNN (Deshpande & Karypis, "Item-based top-N recommendation algorithms",
2004, with an exponent against popularity) and lift. Four describe the games: publishers, developers, words of
the name, and vectors of tags and of the release year. Each kind is scaled so that every game speaks as
loudly. The quality of a game is how few of its players dislike it (see ``quality``).

Shapes: V items, B visitors, L items of a visitor.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from pydantic import Field

from srec.dataset.dataset import Dataset, Floats, Ints, Part
from srec.models import borrowing
from srec.models.base import session_matrix
from srec.models.games import are_games
from srec.models.likeness import (
    Rows,
    Together,
    era_vectors,
    inputs,
    shared,
    strongest,
    tag_vectors,
    words,
)
from srec.models.popularity_weight import choose
from srec.models.quality import disliked_shares
from srec.models.sums import Parts, Sum
from srec.settings import Settings

_DAY = 86_400.0
_NEVER = -10.0  # the popularity of what is no game; its taste is 0
_OTHERWISE = 0.35  # the weight of popularity without a validation window


class SmartSettings(Settings):
    """What counts as likeness, and how much of each kind."""

    section: ClassVar[str] = "smart"
    neighbours: int = Field(200, ge=1, description="the most games that are near a game by players or makers")
    exponent: float = Field(
        0.7, ge=0, le=1, description="of popularity: the larger, the rarer the neighbours"
    )
    shrinkage: float = Field(10.0, ge=0, description="added to the counts, against chance co-occurrence")
    together: float = Field(0.4, ge=0, description="the weight of shared players")
    lift: float = Field(0.2, ge=0, description="the weight of shared players beyond chance")
    publishers: float = Field(0.1, ge=0, description="the weight of common publishers")
    developers: float = Field(0.1, ge=0, description="the weight of common developers")
    words: float = Field(0.1, ge=0, description="the weight of common words in the names")
    tags: float = Field(0.3, ge=0, description="the weight of tags")
    years: float = Field(0.2, ge=0, description="the weight of release years")
    tag_dimension: int = Field(40, ge=1, description="the numbers that stand for a game's tags")
    year_dimension: int = Field(8, ge=1, description="the numbers that stand for a game's release year")
    dislikes: float = Field(
        5.0, ge=0, description="what a game would lose if all of its players disliked it, against the average"
    )
    half_life_days: float = Field(
        365, gt=0, description="after this many days a review counts half for popularity"
    )
    popularity: float | None = Field(
        None,
        ge=0,
        le=1,
        description="the weight of popularity where a visitor says none; None chooses it on the validation"
        " window",
    )
    users: int = Field(1000, ge=1, description="validation users that choose the weight of popularity")


class Smart(Sum):
    """The fitted default recommender."""

    settings_type: ClassVar[type[Settings]] = SmartSettings
    dense: ClassVar[bool] = True

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Count and describe, and choose the weight of popularity."""
        assert isinstance(settings, SmartSettings)
        catalogue = _described(dataset, settings) if dataset.has_games else None
        parts = _parts(dataset, settings, part, catalogue=catalogue)
        if settings.popularity is not None:
            return cls(parts, settings.popularity)
        before = parts if part == "train" else _parts(dataset, settings, "train", catalogue=catalogue)
        return cls(parts, *choose(Sum(before, 0), dataset, users=settings.users, otherwise=_OTHERWISE))


@dataclass(frozen=True)
class _Catalogue:
    """What the catalogue tells, whoever reviewed the games.

    Attributes:
        kinds: the sparse kinds of likeness.
        inputs_VD: the vectors of named games.
        items_VD: the vectors of answered games.
        games_V: bool [V], which items may be answered.
    """

    kinds: list[Rows]
    inputs_VD: Floats
    items_VD: Floats
    games_V: npt.NDArray[np.bool_]


def _parts(dataset: Dataset, settings: SmartSettings, part: Part, *, catalogue: _Catalogue | None) -> Parts:
    """All that the sum is made of, of some part of the data; None stands for bare sessions."""
    items, times, sessions = dataset.sequences.learnable(part)
    liked = dataset.sequences.learnable_weights(part)
    has = session_matrix(items, sessions, dataset.item_count, weights=liked)
    together = Together(has[:, 1:].tocsr())
    counted = strongest(
        together.rows(
            (settings.together, settings.lift), exponent=settings.exponent, shrinkage=settings.shrinkage
        ),
        dataset.item_count,
        settings.neighbours,
    )
    logs_V = _faded(items, times, liked, dataset.item_count, half_life_days=settings.half_life_days)
    popularity_V = _standard(logs_V)
    shares_V = disliked_shares(dataset, part)
    quality_V = (settings.dislikes * (shares_V.mean() - shares_V)).astype(np.float32)
    inputs_VD = items_VD = np.zeros((dataset.item_count, 0), np.float32)
    if catalogue is not None:
        inputs_VD, games_V = catalogue.inputs_VD, catalogue.games_V
        needs_V = borrowing.needs(together.counts_V)
        lent = borrowing.lenders(
            catalogue.kinds, inputs_VD, catalogue.items_VD, needs_V=needs_V, counts_V=together.counts_V
        )
        kinds = [borrowing.borrowed(counted, lent, needs_V), *catalogue.kinds]
        counted = strongest(kinds, dataset.item_count, settings.neighbours, answered_V=games_V)
        items_VD = np.where(games_V[:, None], catalogue.items_VD, 0)
        drawn_V = _standard(borrowing.popularity(logs_V, lent, needs_V))
        popularity_V = np.where(games_V, drawn_V, _NEVER).astype(np.float32)
        quality_V = np.where(games_V, quality_V, 0).astype(np.float32)
    return Parts(
        counted.indptr.astype(np.int64),
        counted.indices.astype(np.int32),
        counted.data,
        inputs_VD,
        items_VD,
        quality_V,
        popularity_V,
    )


def _described(dataset: Dataset, settings: SmartSettings) -> _Catalogue:
    columns = ["name", "type", "publishers", "developers", "release_date"]
    games = pq.read_table(dataset.path / "games.parquet", columns=["item", *columns]).sort_by("item")
    names, types, publishers, developers, released = (games.column(name).to_pylist() for name in columns)
    kinds = [
        shared([one or () for one in publishers], settings.publishers),
        shared([one or () for one in developers], settings.developers),
        shared(words(names), settings.words),
    ]
    dense = [
        (tag_vectors(dataset.tags, settings.tag_dimension), settings.tags),
        (era_vectors(_years(released), settings.year_dimension), settings.years),
    ]
    return _Catalogue(
        kinds,
        np.hstack([inputs(vectors_VD, weight) for vectors_VD, weight in dense]),
        np.hstack([vectors_VD for vectors_VD, _ in dense]),
        are_games(types, np.diff(dataset.tags.offsets)[1:]),
    )


def _years(released: list[date | None]) -> Floats:
    """The days as years with a fraction, NaN where unknown."""
    return np.array(
        [np.nan if day is None else day.year + (day.timetuple().tm_yday - 1) / 366 for day in released],
        np.float64,
    )


def _faded(
    items: Ints, times: Ints, liked: Floats | None, item_count: int, *, half_life_days: float
) -> Floats:
    """The logarithm of each item's faded count, log(1 + count), float32 [V].

    A review counts by its age at the end of training, and by how much the game was liked where that is known.
    One whose date is unknown counts as the mean of those that are dated.
    """
    dated = times > 0
    faded = np.ones(len(items))
    if dated.any():
        faded[dated] = 0.5 ** ((times[dated].max() - times[dated]) / (_DAY * half_life_days))
        faded[~dated] = faded[dated].mean()
        faded *= len(items) / faded.sum()
    if liked is not None:
        faded *= liked
    logs_V: Floats = np.log1p(np.bincount(items, faded, item_count + 1)[1:]).astype(np.float32)
    return logs_V


def _standard(logs_V: Floats) -> Floats:
    """Numbers of mean 0 and standard deviation 1, or all 0; float32 [V]."""
    spread = float(logs_V.std())
    scaled: Floats = ((logs_V - logs_V.mean()) / (spread if spread > 0 else 1.0)).astype(np.float32)
    return scaled
