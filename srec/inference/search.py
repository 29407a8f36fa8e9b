"""Finding a game while its name is being typed: by how the name or a word of it begins, then despite typos.

Names and queries are compared without spaces, accents and punctuation, so that "witcher3" finds "The
Witcher 3" and "fear" finds "F.E.A.R.". Row j is the game j of the bundle.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from rapidfuzz import fuzz

from srec.dataset.dataset import Floats, Ints

_WORD = re.compile(r"[^\W_]+")
_DROPPED = str.maketrans("", "", "'’`´®™©")  # noqa: RUF001 -- these are what names have
_ROMAN = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
    "xi": "11",
    "xii": "12",
    "xiii": "13",
    "xiv": "14",
    "xv": "15",
    "xvi": "16",
    "xvii": "17",
    "xviii": "18",
    "xix": "19",
    "xx": "20",
}
# Letters that do not decompose into one without an accent.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})
_ARTICLES = ("a", "an", "the")
_NAME, _WORD_IN_IT, _INITIALS = 1, 2, 3  # what begins with the query; 0 is a name that equals it
_LONGEST = 64  # letters of a name or a query that are looked at
_FARTHEST = 75.0  # the similarity, of 100, below which a name is no answer to a query with typos
_CANDIDATES = 200
_ENOUGH = 3  # from so many hits on, the query counts as spelt right


class GameSearch:
    """An index over names; safe to use from several threads.

    Args:
        names: of the games.
        popularity: float [V]; equally good hits come in its order, ties by the lower row.
    """

    def __init__(self, names: Sequence[str], popularity: Floats) -> None:
        self._by_rank = np.argsort(-np.asarray(popularity), kind="stable")
        self._rank = np.empty(len(names), np.int64)
        self._rank[self._by_rank] = np.arange(len(names))
        worded = [_words(name) for name in names]
        self._names = ["".join(words)[:_LONGEST] for words in worded]
        self._index_starts(worded)
        self._index_pairs()

    def search(self, query: str, limit: int = 10) -> list[int]:
        """The rows of the games that a query may mean, the likeliest first.

        First come names that equal the query, then names that begin with it, names with a word that does,
        names whose initials do, and names with a word for each of the query's words, in any order; each kind
        by popularity. Where these are too few, names that resemble the query follow. A query without letters
        or digits gets the most popular games.

        Args:
            query: what was typed.
            limit: the most rows.
        """
        words = _words(query)
        text = "".join(words)[:_LONGEST]
        if not text:
            return [int(row) for row in self._by_rank[:limit]]
        spellings = list(_spellings(words))
        found = dict[int, None]()
        for spelling in spellings:
            found |= dict.fromkeys(self._beginning("".join(spelling)[:_LONGEST], limit))
        for spelling in spellings:
            if len(found) < limit and len(words) > 1:
                found |= dict.fromkeys(self._with_all(spelling[:8], limit))
        if len(found) < min(limit, _ENOUGH) and len(text) > 2:
            found |= dict.fromkeys(self._resembling(text))
        return list(found)[:limit]

    def _index_starts(self, worded: list[list[str]]) -> None:
        """Sort what begins at any word of any name, so that a prefix is one range."""
        starts, rows, kinds = [], [], []
        for row, words in enumerate(worded):
            for spelling in _spellings(words):
                for start, kind in _starts(spelling):
                    starts.append(start)
                    rows.append(row)
                    kinds.append(kind)
        order = sorted(range(len(starts)), key=starts.__getitem__)
        self._starts = [starts[at] for at in order]
        self._rows = np.array(rows, np.int32)[order]
        self._kinds = np.array(kinds, np.int8)[order]
        # One number to sort by: what kind of hit it is, then the game's rank.
        self._keys = self._rank[self._rows] + self._kinds * np.int64(len(worded))

    def _range(self, prefix: str) -> slice:
        low = bisect_left(self._starts, prefix)
        return slice(low, bisect_left(self._starts, prefix + "\U0010ffff", low))

    def _beginning(self, text: str, limit: int) -> list[int]:
        range_ = self._range(text)
        keys = self._keys[range_].copy()
        equal = bisect_right(self._starts, text, range_.start) - range_.start
        keys[:equal][self._kinds[range_][:equal] == _NAME] -= len(self._names)
        # A game is at most once among the hits of each of the four kinds, so these hold enough of them.
        best = np.unique(keys)[: 4 * limit]
        return list(dict.fromkeys(self._by_rank[best % len(self._names)].tolist()))[:limit]

    def _with_all(self, words: list[str], limit: int) -> list[int]:
        having = np.ones(len(self._names), np.bool_)
        for word in words:
            with_word = np.zeros_like(having)
            with_word[self._rows[self._range(word)]] = True
            having &= with_word
        rows = np.flatnonzero(having)
        return [int(row) for row in rows[np.argsort(self._rank[rows])][:limit]]

    def _index_pairs(self) -> None:
        """List the names that have a pair of letters, for every pair that is next to or one apart."""
        pairs, owners = _pairs(self._names)
        order = np.argsort(pairs, kind="stable")
        pairs, owners = pairs[order], owners[order]
        fresh = np.ones(len(pairs), np.bool_)
        fresh[1:] = (pairs[1:] != pairs[:-1]) | (owners[1:] != owners[:-1])
        pairs, self._owners = pairs[fresh], owners[fresh]
        self._pair_offsets = np.searchsorted(pairs, np.arange(0x10001))
        counts = np.diff(self._pair_offsets)
        self._idf = np.log1p(len(self._names) / np.maximum(counts, 1)).astype(np.float32)
        weights = np.bincount(self._owners, self._idf[pairs], len(self._names))
        self._scale = np.sqrt(np.maximum(weights, 1.0))

    def _resembling(self, text: str) -> list[int]:
        """Rows whose names share many rare pairs with a text, by edit distance and popularity."""
        pairs = np.unique(_pairs([text])[0])
        ranges = [slice(*self._pair_offsets[[pair, int(pair) + 1]]) for pair in pairs]
        owners = np.concatenate([self._owners[range_] for range_ in ranges])
        weights = np.repeat(self._idf[pairs], [range_.stop - range_.start for range_ in ranges])
        shared = np.bincount(owners, weights, len(self._names)) / self._scale
        most = min(_CANDIDATES, len(shared))
        rows = np.argpartition(-shared, most - 1)[:most]
        scores = np.array([_similarity(text, self._names[row]) for row in rows])
        # Ten times less popular weighs as much as three points of similarity.
        ranking = scores - 3 * np.log10(1 + self._rank[rows])
        order = np.lexsort((self._rank[rows], -ranking))
        return [int(row) for row in rows[order][scores[order] >= _FARTHEST]]


def _words(text: str) -> list[str]:
    """The words of a text, in lower case and without accents."""
    text = text.translate(_DROPPED)
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _WORD.findall(text.casefold().translate(_PLAIN))


def _spellings(words: list[str]) -> Iterator[list[str]]:
    """The words, and where they have Roman numerals, the words with Arabic ones."""
    yield words
    arabic = [*words[:1], *(_ROMAN.get(word, word) for word in words[1:])]
    if arabic != words:
        yield arabic


def _starts(words: list[str]) -> Iterator[tuple[str, int]]:
    """What a query may be a prefix of: the name from each of its words on, and its initials."""
    whole, at = "".join(words)[:_LONGEST], 0
    head = len(words[0]) if words and words[0] in _ARTICLES else 0
    for word in words:
        yield whole[at:], _NAME if at <= head else _WORD_IN_IT
        at += len(word)
    if len(words) > 2:
        yield "".join(word[0] for word in words), _INITIALS


def _pairs(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """Each text's pairs of letters that are next to or one apart, as 16-bit codes, and the text's number."""
    joined = "\0" + "\0".join(texts) + "\0\0"
    letters = np.frombuffer(joined.encode("utf-32-le", "replace"), "<u4")
    first, second, third = letters[:-2], letters[1:-1], letters[2:]
    low = [(column & 0xFF).astype(np.uint16) for column in (first, second, third)]
    codes = np.stack((low[0] << 8 | low[1], low[0] << 8 | low[2]), 1)
    inside = np.stack((second > 0, (second > 0) & (third > 0)), 1)
    owners = np.repeat((np.cumsum(first == 0) - 1).astype(np.int32)[:, None], 2, 1)
    return codes[inside], owners[inside]


def _similarity(text: str, name: str) -> float:
    """How well a text fits into a name, 0 to 100; a name that is shorter must fit as a whole."""
    return fuzz.partial_ratio(text, name) if len(text) <= len(name) else fuzz.ratio(text, name)
