"""What a query with typos may mean: words that are a few letters away, and names that share letters with it.

Row j is a name, given in words. Costs are of the kind that ``search`` adds up: the higher, the less likely.
"""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from srec.dataset.dataset import Floats, Ints

EDIT = 3.0  # the cost of a letter too many, too few, another one or two that changed places
_OTHER_START = 2.0  # people rarely miss the first letter
_PREFIX = 0.7  # a word that has only been begun
_LONGER_NUMBER = 3.0
_NEAREST = 8
_FARTHEST = 75.0  # the similarity, of 100, below which a name is no answer to a query with typos
_CANDIDATES = 200
_RAREST = 16  # pairs of letters that are looked up: common ones take long and say little
_NO_WORD_OF_IT, _SHORT = 6.0, 1.0  # without a word in common, above all of few letters, it is a guess


class Vocabulary:
    """The words of all names, and which names have them.

    Args:
        words: one list of words for each spelling of a name.
        rows: int [S], the row of each spelling.
        likely: float [V], the cost of each row; a word is as likely as the likeliest name that has it.
    """

    def __init__(self, words: Sequence[list[str]], rows: Ints, likely: Floats) -> None:
        self._count = len(likely)
        number: dict[str, int] = {}
        numbers = np.array([number.setdefault(word, len(number)) for one in words for word in one], np.int32)
        owners = np.repeat(rows, [len(one) for one in words]).astype(np.int32)
        self._words = sorted(number)
        place = np.empty(len(number), np.int32)
        place[[number[word] for word in self._words]] = np.arange(len(number), dtype=np.int32)
        places = place[numbers]
        order = np.argsort(places, kind="stable")
        self._rows = owners[order]
        self._offsets = np.searchsorted(places[order], np.arange(len(number) + 1))
        self._likely = np.full(len(number), np.inf, np.float32)
        np.minimum.at(self._likely, places, likely[owners])

    def costs(self, words: Sequence[str], *, typos: bool) -> Floats:
        """What it costs to find each word of a query in a name, float32 [V]; inf where one is missing."""
        costs = np.zeros(self._count, np.float32)
        for word in words:
            one = np.full(self._count, np.inf, np.float32)
            for low, high, cost in self._readings(word, typos=typos):
                one[self._rows[self._offsets[low] : self._offsets[high]]] = cost
            costs += one
        return costs

    def _readings(self, word: str, *, typos: bool) -> list[tuple[int, int, float]]:
        """Ranges of words that a word may stand for, with their costs, the highest first."""
        low, end = self._range(word)
        readings = [(low, end, _LONGER_NUMBER if word.isdecimal() else _PREFIX)]
        if low < end and self._words[low] == word:
            readings.append((low, low + 1, 0.0))
        if typos and len(word) > 3 and word.isalpha():
            readings += [(place, place + 1, cost) for place, cost in self._near(word)]
        return sorted(readings, key=lambda reading: -reading[2])

    def _near(self, word: str) -> list[tuple[int, float]]:
        most = 1 if len(word) < 6 else 2
        found = list[tuple[float, int, float]]()
        for first in dict.fromkeys(word[:2]):
            low, high = self._range(first)
            near = process.extract(
                word, self._words[low:high], scorer=OSA.distance, score_cutoff=most, limit=None
            )
            for _, distance, at in near:
                cost = EDIT * distance + (_OTHER_START if first != word[0] else 0.0)
                found.append((cost + float(self._likely[low + at]), low + at, cost))
        return [(place, cost) for _, place, cost in sorted(found)[:_NEAREST]]

    def _range(self, prefix: str) -> tuple[int, int]:
        low = bisect_left(self._words, prefix)
        return low, bisect_left(self._words, prefix + "\U0010ffff", low)


class Resemblance:
    """Names by the pairs of letters that they have, for queries whose words cannot be told apart.

    Args:
        texts: the names, without spaces.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        pairs, owners = _pairs(texts)
        order = np.argsort(pairs, kind="stable")
        pairs, owners = pairs[order], owners[order]
        fresh = np.ones(len(pairs), np.bool_)
        fresh[1:] = (pairs[1:] != pairs[:-1]) | (owners[1:] != owners[:-1])
        pairs, self._owners = pairs[fresh], owners[fresh]
        self._offsets = np.searchsorted(pairs, np.arange(0x10001))
        counts = np.diff(self._offsets)
        self._idf = np.log1p(len(texts) / np.maximum(counts, 1)).astype(np.float32)
        weights = np.bincount(self._owners, self._idf[pairs], len(texts))
        self._scale = np.sqrt(np.maximum(weights, 1.0))

    def costs(self, text: str) -> list[tuple[int, float]]:
        """Rows whose names share many rare pairs with a text, and what their edit distance costs."""
        pairs = np.unique(_pairs([text])[0])
        pairs = pairs[np.argsort(-self._idf[pairs], kind="stable")[:_RAREST]]
        ranges = [slice(*self._offsets[[pair, int(pair) + 1]]) for pair in pairs]
        owners = np.concatenate([self._owners[range_] for range_ in ranges])
        weights = np.repeat(self._idf[pairs], [range_.stop - range_.start for range_ in ranges])
        shared = np.bincount(owners, weights, len(self._texts)) / self._scale
        most = min(_CANDIDATES, len(shared))
        rows = np.argpartition(-shared, most - 1)[:most].tolist()
        scored = [(row, _similarity(text, self._texts[row])) for row in rows]
        least = _NO_WORD_OF_IT + (_SHORT if len(text) <= 8 else 0.0)
        return [
            (row, least + EDIT * len(text) * (1 - score / 100)) for row, score in scored if score >= _FARTHEST
        ]


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
