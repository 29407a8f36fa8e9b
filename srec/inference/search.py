"""Finding a game while its name is being typed: by how the name or a word of it begins, also despite typos.

Names and queries are compared without spaces, accents and punctuation, so that "witcher3" finds "The
Witcher 3" and "fear" finds "F.E.A.R.". What a query may mean is weighed as in a noisy channel (Kernighan,
Church and Gale, "A spelling correction program based on a noisy channel model", 1990): each hit costs the
logarithm of its rank by popularity, and what stands between the query and the name. Row j is the game j of
the bundle, V of them; the rows from V on are games that are known not to be there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from srec.dataset.dataset import Floats
from srec.inference.aliases import Aliases, read_aliases
from srec.inference.spelling import (
    LONGEST,
    beginnings,
    initials,
    is_beside,
    spellings,
    split_numbers,
    words_of,
)
from srec.inference.typos import Resemblance, Vocabulary

_NAME, _WORD_IN_IT, _INITIALS = 0.0, 3.0, 2.5  # costs of what begins with the query
_EQUAL = -5.0  # the query is the whole name
_EQUAL_INITIALS = -2.0
_ALL_WORDS = 2.0  # in any order
_BESIDE = 4.0  # a demo, a soundtrack, a tool
_ABSENT = 5.5  # a game that is not here is as likely as one of about this rank
_TYPED_WELL = 8.0  # a hit that costs less leaves no need to look for typos
_GUESSED = 13.0  # one that costs more is hardly what was meant
_NEAR, _KNOWN = 9.1, 9.0  # what may stand between a query and a hit that is sure, and how rare it may be
_MOST_WORDS = 8


class Found(NamedTuple):
    """The hits of a search.

    Attributes:
        rows: the games, the likeliest first.
        sure: whether the first one is what was looked for; else all of them are guesses.
    """

    rows: list[int]
    sure: bool


class GameSearch:
    """An index over names; safe to use from several threads.

    Args:
        names: of the games.
        popularity: float [V]; equally good hits come in its order, ties by the lower row.
        aliases: other names; those of the table that comes with SRec where None.
    """

    def __init__(self, names: Sequence[str], popularity: Floats, aliases: Aliases | None = None) -> None:
        aliases = read_aliases() if aliases is None else aliases
        self._names, self._count = names, len(names)
        self._by_rank = np.argsort(-np.asarray(popularity), kind="stable")
        ranks = np.empty(len(names))
        ranks[self._by_rank] = np.arange(len(names))
        worded = [words_of(name) for name in names]
        beside = np.fromiter(map(is_beside, worded), np.bool_, len(names))
        joined = ["".join(words) for words in worded]
        row_of = {joined[row]: row for row in self._by_rank[::-1].tolist()}
        absent = [words for words in map(words_of, aliases.absent) if "".join(words) not in row_of]
        self._likely = np.concatenate((np.log1p(ranks) + _BESIDE * beside, np.full(len(absent), _ABSENT)))
        self._likely = self._likely.astype(np.float32)
        self._series = {other: words_of(name) for name, given in aliases.series for other in words_of(given)}
        others = [(row_of.get("".join(words_of(name))), words_of(other)) for name, other in aliases.names]
        spelt = [(row, words) for row, words in others if row is not None]
        spelt += [(row, one) for row, words in enumerate(worded) for one in spellings(words)]
        spelt += [(len(names) + at, words) for at, words in enumerate(absent)]
        self._index(spelt)
        rows = np.array([row for row, _ in spelt], np.int32)
        self._vocabulary = Vocabulary([words for _, words in spelt], rows, self._likely)
        self._resemblance = Resemblance([text[:LONGEST] for text in joined])

    def search(self, query: str, limit: int = 10) -> list[int]:
        """The rows of the games that a query may mean, the likeliest first (see ``find``)."""
        return self.find(query, limit).rows

    def find(self, query: str, limit: int = 10) -> Found:
        """The games that a query may mean.

        They are names that begin with the query, also from a later word on, names with a word for each of
        the query's words, and names whose initials it is. Where these are far-fetched, names follow that have
        a few other letters. A query without letters or digits gets the most popular games.

        Args:
            query: what was typed.
            limit: the most rows.
        """
        words = words_of(query)
        text = "".join(words)[:LONGEST]
        if not text:
            return Found(
                [row for row in self._by_rank[: 2 * limit].tolist() if self._names[row]][:limit], False
            )
        costs = dict[int, float]()
        variants = list(self._variants(words))
        for at, variant in enumerate(variants):
            self._beginning("".join(variant)[:LONGEST], limit, costs, more=0.1 * at)
            if len(variant) > 1:
                self._with_all(variant, limit, costs, typos=False)
        if min(costs.values(), default=np.inf) > _TYPED_WELL:
            for variant in variants:
                self._with_all(variant, limit, costs, typos=True)
            if len(text) > 2 and min(costs.values(), default=np.inf) > _GUESSED:
                for row, cost in self._resemblance.costs(text):
                    _keep(costs, row, cost + float(self._likely[row]))
        best = sorted(costs, key=lambda row: (costs[row], row))
        sure = bool(best) and self._is_sure(best[0], costs[best[0]], words)
        return Found([row for row in best if row < self._count][:limit], sure)

    def _is_sure(self, row: int, cost: float, words: list[str]) -> bool:
        """Whether a hit may be taken at once: its whole name was typed, or something near a known game's.

        Another number is another game, whatever the letters between are like.
        """
        likely = float(self._likely[row])
        if row >= self._count or cost - likely < 0:
            return row < self._count
        theirs = _numbers(words_of(self._names[row]))
        right = all(any(one.startswith(number) for one in theirs) for number in _numbers(words))
        return right and cost - likely <= _NEAR and likely <= _KNOWN

    def _variants(self, words: list[str]) -> dict[tuple[str, ...], None]:
        """A query's words, with digits for numerals, and with the name of a series for its short one."""
        split = split_numbers(words)
        written = [*spellings(words), split]
        if begun := self._series.get(split[0]):
            written += spellings([*begun, *split[1:]])
        return dict.fromkeys(tuple(one) for one in written)

    def _index(self, spelt: list[tuple[int, list[str]]]) -> None:
        """Sort what begins at any word of any name, so that a prefix is one range."""
        starts, rows, kinds = [], [], []
        for row, words in spelt:
            for start, at_head in beginnings(words):
                if at_head or row < self._count:
                    starts.append(start)
                    rows.append(row)
                    kinds.append(_NAME if at_head else _WORD_IN_IT)
            if first := initials(words):
                starts.append(first)
                rows.append(row)
                kinds.append(_INITIALS)
        order = sorted(range(len(starts)), key=starts.__getitem__)
        self._starts = [starts[at] for at in order]
        self._rows = np.array(rows, np.int32)[order]
        self._kinds = np.array(kinds, np.float32)[order]
        self._costs = self._kinds + self._likely[self._rows]

    def _beginning(self, text: str, limit: int, costs: dict[int, float], *, more: float) -> None:
        """Add names that begin with a text, also from a word on, and those whose initials do."""
        low = bisect_left(self._starts, text)
        high = bisect_left(self._starts, text + "\U0010ffff", low)
        equal = bisect_right(self._starts, text, low) - low
        found = self._costs[low:high].copy()
        kinds = self._kinds[low : low + equal]
        found[:equal] += np.select([kinds == _NAME, kinds == _INITIALS], [_EQUAL, _EQUAL_INITIALS], 0)
        # A game is there several times, by several words, so more are taken than are asked for.
        for at in _least(found, 8 * limit):
            _keep(costs, int(self._rows[low + at]), float(found[at]) + more)

    def _with_all(self, words: Sequence[str], limit: int, costs: dict[int, float], *, typos: bool) -> None:
        """Add names with a word for each word."""
        found = self._vocabulary.costs(words[:_MOST_WORDS], typos=typos) + self._likely
        for row in _least(found, 2 * limit):
            if np.isfinite(found[row]):
                _keep(costs, row, float(found[row]) + (_ALL_WORDS if len(words) > 1 else _WORD_IN_IT))


def _numbers(words: list[str]) -> set[str]:
    """The numbers among some words, however they are written."""
    return {word for one in spellings(words) for word in split_numbers(one) if word.isdecimal()}


def _least(costs: Floats, most: int) -> list[int]:
    """Where the lowest numbers are, in any order."""
    if len(costs) <= most:
        return list(range(len(costs)))
    least: list[int] = np.argpartition(costs, most)[:most].tolist()
    return least


def _keep(costs: dict[int, float], row: int, cost: float) -> None:
    costs[row] = min(cost, costs.get(row, cost))
