"""The other items of similar sessions: VS-kNN and, with one more decay, a model like VSTAN.

VS-kNN: Ludewig & Jannach, "Evaluation of session-based recommendation algorithms", 2018, section 3.2. The
session's items count by recency. Among the latest sessions that share an item, the k most similar ones vote
for their items, weighted by inverse frequency. Unlike the published model, a vote also fades with the
neighbour's age, and the inverse frequency is squared.

The second model's decay is from Garg et al., "Sequence and time aware neighborhood for session-based
recommendations" (STAN), 2019: a vote fades with the distance from the neighbour's item that matches the
session's newest.

Shapes: B sessions, L positions, V items, N known sessions, P pairs of session and neighbour, E their items.
"""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from pydantic import Field

from srec.dataset.dataset import Dataset, Ints, Part
from srec.models.base import ItemsBL, ScoresBV, below, session_matrix
from srec.models.stored import Array, Arrays, stored, stored_ids
from srec.settings import Settings, Space, Span

_FAR = 1_000_000  # more than any position in a session


class VSKNNSettings(Settings):
    """How many neighbours vote, and how votes fade; chosen on held-out sessions of Diginetica and Tmall."""

    section: ClassVar[str] = "vs-knn"
    space: ClassVar[Space] = {
        "neighbours": Span(100, 1000, log=True),
        "sample": Span(500, 5000, log=True),
        "recency": Span(1.0, 20.0, log=True),
        "length_power": Span(0.0, 1.0),
        "rarity": Span(0.0, 2.0),
    }
    neighbours: int = Field(200, ge=1, description="k, the sessions that vote")
    sample: int = Field(1000, ge=1, description="how many of the latest sessions that share an item compete")
    recency: float = Field(4.5, gt=0, description="steps back in which an item's weight falls to 1/e")
    length_power: float = Field(0.7, ge=0, description="a neighbour's similarity is divided by length^this")
    rarity: float = Field(2.0, ge=0, description="a vote is multiplied by the inverse frequency^this")
    age: float | None = Field(1.0, gt=0, description="share of all sessions in which a vote falls to 1/e")
    distance: float | None = Field(
        None, gt=0, description="steps from the matched item in which a vote falls to 1/e"
    )


class VSTANSettings(VSKNNSettings):
    """The settings of VS-kNN with one more decay; chosen the same way."""

    section: ClassVar[str] = "vstan"
    space: ClassVar[Space] = {**VSKNNSettings.space, "distance": Span(0.5, 10.0, log=True)}
    neighbours: int = Field(500, ge=1, description="k, the sessions that vote")
    sample: int = Field(2500, ge=1, description="how many of the latest sessions that share an item compete")
    length_power: float = Field(0.5, ge=0, description="a neighbour's similarity is divided by length^this")
    distance: float | None = Field(
        1.5, gt=0, description="steps from the matched item in which a vote falls to 1/e"
    )


class VSKNN:
    """The known sessions, as flat arrays and as a sparse matrix of items by sessions.

    Args:
        items: int [M], the flat known sequences, in the order in which the sessions end.
        sessions: int [M], ascending.
        item_count: V.
        settings: neighbours and decays.
    """

    settings_type: ClassVar[type[Settings]] = VSKNNSettings

    def __init__(self, items: Ints, sessions: Ints, item_count: int, *, settings: VSKNNSettings) -> None:
        self._settings, self._size = settings, item_count + 1
        _, numbered = np.unique(sessions, return_inverse=True)
        self._count = int(numbered.max(initial=-1)) + 1
        self._items, self._numbered = items.astype(np.int64), numbered
        self._offsets = np.searchsorted(numbered, np.arange(self._count + 1))
        self._places = np.arange(len(items)) - self._offsets[numbered]
        has = session_matrix(items, sessions, item_count)
        self._sessions_of = has.T.tocsr()
        self._lengths = np.maximum(np.diff(has.indptr), 1)
        counts = np.asarray(has.sum(axis=0)).ravel()
        rarity = np.log(max(self._count, 1) / np.maximum(counts, 1)) ** settings.rarity
        self._rarity = rarity.astype(np.float32)
        popularity = np.bincount(items, minlength=self._size)[1:]
        self._below_V = below(popularity.astype(np.float32))

    def arrays(self) -> dict[str, Array]:
        """The known sessions, flat."""
        return {"items": self._items.astype(np.int32), "sessions": self._numbered.astype(np.int32)}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model of stored sessions; see ``Storable``."""
        assert isinstance(settings, VSKNNSettings)
        items = stored_ids(arrays, "items", item_count)
        sessions = stored(arrays, "sessions", "i", len(items))
        if sessions[:1].any() or not np.isin(np.diff(sessions), (0, 1)).all():
            raise ValueError("sessions must be numbered in their order, from 0")
        return cls(items, sessions, item_count, settings=settings)

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Keep the sessions, in the order in which they end."""
        assert isinstance(settings, VSKNNSettings)
        items, times, sessions = dataset.sequences.learnable(part)
        ends = np.flatnonzero(np.append(sessions[1:] != sessions[:-1], len(sessions) > 0))
        ranks = np.empty(len(ends), np.int64)
        ranks[np.argsort(times[ends], kind="stable")] = np.arange(len(ends))
        ranked = np.repeat(ranks, np.diff(ends, prepend=-1))
        order = np.argsort(ranked, kind="stable")
        return cls(items[order], ranked[order], dataset.item_count, settings=settings)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The neighbours' votes; items without any stand below, by popularity. float32 [B, V]."""
        batch = len(items_BL)
        newest_BV = np.zeros((batch, self._size), np.int32)
        rows, places = np.nonzero(items_BL)
        # Each row's places ascend, so the latest one stays.
        newest_BV[rows, items_BL[rows, places]] = places + 1
        pairs = np.divmod(np.unique(rows * self._size + items_BL[rows, places]), self._size)
        rows_P, neighbours_P, similar_P = self._neighbours(newest_BV[pairs], *pairs, batch)
        lengths_P = self._offsets[neighbours_P + 1] - self._offsets[neighbours_P]
        starts_P = np.cumsum(lengths_P) - lengths_P
        pairs_E = np.repeat(np.arange(len(rows_P)), lengths_P)
        flat_E = np.arange(len(pairs_E)) - starts_P[pairs_E] + self._offsets[neighbours_P][pairs_E]
        items_E, rows_E = self._items[flat_E], rows_P[pairs_E]
        votes_E = similar_P[pairs_E] * self._rarity[items_E]
        if self._settings.distance is not None and len(pairs_E):
            places_E, newest_E = self._places[flat_E], newest_BV[rows_E, items_E]
            best_P = np.maximum.reduceat(
                np.where(newest_E > 0, newest_E.astype(np.int64) * _FAR + places_E, 0), starts_P
            )
            # The session's own items are matches themselves, so their distance is 0.
            steps_E = np.where(newest_E > 0, 0, np.abs(places_E - best_P[pairs_E] % _FAR))
            votes_E = votes_E * np.exp(-steps_E / self._settings.distance)
        votes_BV = np.bincount(rows_E * self._size + items_E, votes_E, batch * self._size)
        votes_BV = votes_BV.reshape(batch, self._size)[:, 1:]
        return np.where(votes_BV > 0, votes_BV, self._below_V).astype(np.float32)

    def _neighbours(
        self, newest: Ints, rows: Ints, items: Ints, batch: int
    ) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:
        """Rows, their neighbours and similarities, sorted by row, the most similar first.

        Args:
            newest: for each pair of row and item, the item's newest place plus one.
            rows: the pairs' rows, ascending.
            items: the pairs' items.
            batch: B.
        """
        settings = self._settings
        longest_B = np.zeros(batch, newest.dtype)
        np.maximum.at(longest_B, rows, newest)
        back = longest_B[rows] - newest
        weights = np.exp(-back / settings.recency).astype(np.float32)
        session = sp.csr_matrix((weights, (rows, items)), shape=(batch, self._size))
        found = (session @ self._sessions_of).tocsr()
        found.sort_indices()
        rows_P = np.repeat(np.arange(batch), np.diff(found.indptr))
        recent = found.indptr[rows_P + 1] - 1 - np.arange(found.nnz) < settings.sample
        rows_P, neighbours_P, similar_P = rows_P[recent], found.indices[recent], found.data[recent]
        similar_P = similar_P / self._lengths[neighbours_P] ** np.float32(settings.length_power)
        if settings.age is not None:
            similar_P = similar_P * np.exp(-(self._count - neighbours_P) / (self._count * settings.age))
        order = np.lexsort((-similar_P, rows_P))
        rows_P, neighbours_P, similar_P = rows_P[order], neighbours_P[order], similar_P[order]
        firsts = np.searchsorted(rows_P, np.arange(batch))
        kept = np.arange(len(rows_P)) - firsts[rows_P] < settings.neighbours
        return rows_P[kept], neighbours_P[kept], similar_P[kept]


class VSTAN(VSKNN):
    """VS-kNN whose votes also fade with the distance from the matched item."""

    settings_type: ClassVar[type[Settings]] = VSTANSettings
