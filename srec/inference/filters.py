"""What may be answered: filters over the games of a bundle, applied before the best are chosen.

Shapes: V items.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from functools import cache, lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Ints
from srec.inference.answers import Filters
from srec.inference.bundle import Bundle
from srec.inference.games import GameInfo

_KEPT = 256  # filters that are remembered: visitors change one at a time, and the page has its own defaults


class Counts(NamedTuple):
    """What could be answered: how many games have each tag, and how many run on each platform."""

    tags: dict[str, int]
    platforms: dict[str, int]


class Filtering:
    """Finds the games that meet filters; safe to use from several threads.

    Args:
        games: what is known of each.
        tag_offsets: int64 [V + 2], where the tags of each begin; the first row is empty.
        tag_ids: int32 [M].
        tag_names: the name of each tag id.
        hidden: the app ids of those that are never answered.
    """

    def __init__(
        self,
        games: Sequence[GameInfo],
        tag_offsets: Ints,
        tag_ids: Ints,
        *,
        tag_names: Sequence[str],
        hidden: Collection[int],
    ) -> None:
        self._tag_names = tag_names
        self._tag_of = {name: tag for tag, name in enumerate(tag_names)}
        self._offsets, self._ids = np.asarray(tag_offsets)[1:], np.asarray(tag_ids)
        self._years = _numbers([game.release_year for game in games])
        # A price of 0 alone says nothing: games that are no longer sold alone have it too.
        self._cents = _numbers([0 if game.is_free else game.price_usd_cents or None for game in games])
        self._platforms = {
            name: np.array([name in game.platforms for game in games], np.bool_)
            for name in sorted({name for game in games for name in game.platforms})
        }
        self._nowhere_V = np.zeros(len(games), np.bool_)
        self._offered_V = np.array([game.app_id not in hidden for game in games], np.bool_)
        self.allowed = lru_cache(maxsize=_KEPT)(self._allowed)
        self._tagged = cache(self._having)  # by number, so what visitors make up is not kept

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Over the games of a bundle that somebody reviewed."""
        hidden = set(bundle.config.get("hidden", ()))
        offsets, ids = bundle.tag_offsets, bundle.tag_ids
        return cls(bundle.games, offsets, ids, tag_names=bundle.tag_names, hidden=hidden)

    def without(self, filters: Filters, barred: Sequence[int]) -> dict[str, int]:
        """How many games there would be to answer if one of the filters, by its name, were left out.

        Args:
            filters: those that leave few.
            barred: rows that are not answered in any case.
        """
        counts = {}
        for wish in fields(Filters):
            if wish.name != "unrated" and getattr(filters, wish.name) != wish.default:
                left_out: dict[str, Any] = {wish.name: wish.default}
                allowed_V = self.allowed(replace(filters, **left_out))
                counts[wish.name] = int(allowed_V.sum() - allowed_V[np.array(barred, np.int64)].sum())
        return counts

    def counts(self, filters: Filters) -> Counts:
        """What could be answered under filters; the most frequent tags first."""
        allowed_V = self.allowed(filters)
        rows = np.repeat(np.arange(len(allowed_V)), np.diff(self._offsets))
        counts = np.bincount(self._ids[allowed_V[rows]], minlength=len(self._tag_names))
        order = np.argsort(-counts, kind="stable")
        tags = {self._tag_names[tag]: int(counts[tag]) for tag in order if counts[tag]}
        platforms = {name: int((allowed_V & having_V).sum()) for name, having_V in self._platforms.items()}
        return Counts(tags, platforms)

    def _allowed(self, filters: Filters) -> npt.NDArray[np.bool_]:
        """Bool [V], not to be written into: the games that are offered at all and meet the filters."""
        allowed_V = self._offered_V.copy()
        for tag in filters.must:
            allowed_V &= self._tagged(self._tag_of.get(tag))
        for tag in filters.must_not:
            allowed_V &= ~self._tagged(self._tag_of.get(tag))
        if filters.released_from is not None:
            allowed_V &= self._years >= filters.released_from
        if filters.released_to is not None:
            allowed_V &= self._years <= filters.released_to
        if filters.most_cents is not None:
            allowed_V &= self._cents <= filters.most_cents
        for platform in filters.platforms:
            allowed_V &= self._platforms.get(platform, self._nowhere_V)
        allowed_V.flags.writeable = False
        return allowed_V

    def _having(self, tag: int | None) -> npt.NDArray[np.bool_]:
        found = np.flatnonzero(self._ids == (-1 if tag is None else tag))
        having_V = np.zeros(len(self._years), np.bool_)
        having_V[np.searchsorted(self._offsets, found, side="right") - 1] = True
        return having_V


def _numbers(values: Sequence[int | None]) -> npt.NDArray[np.float64]:
    """NaN, which meets no comparison, for what is unknown."""
    return np.array([np.nan if value is None else value for value in values], np.float64)
