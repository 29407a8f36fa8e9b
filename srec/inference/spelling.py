"""Names and queries as words: without case, accents and punctuation, with Roman numerals and number words.

So "civilization 5" is "Sid Meier's Civilization V", and "portal two" is "Portal 2".
"""

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+")
_DROPPED = str.maketrans("", "", "'’`´®™©")  # noqa: RUF001 -- these are what names have
_TENS, _ONES = ("", "x"), ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = [ten + one for ten in _TENS for one in _ONES][1:]
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {roman: str(number) for number, roman in enumerate(_ROMAN, 1) if number > 1} | {
    word: str(number) for number, word in enumerate(_WORDS, 1)
}
# Letters that do not decompose into one without an accent.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})
_ARTICLES = ("a", "an", "the")
_ENDED = re.compile(r"([^\W\d_]+)(\d+)")
LONGEST = 64  # letters of a name or a query that are looked at
# What comes with a game and is none: the words at the end of its name say so.
_BESIDE = re.compile(
    r"\b(demo|dlc|soundtracks?|ost|art ?book|artwork|play ?test|dedicated server|server|sdk|season pass|"
    r"add ?ons?|expansion pass|packs?|prologue|beta|editor|toolkit|tools?|creation kit|authoring tools|"
    r"wallpapers?|skins?|trailer|upgrade|costumes?|bonus content|teaser|benchmark)\b( v?\d+| edition)*$"
)


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case and without accents."""
    text = text.translate(_DROPPED)
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _WORD.findall(text.casefold().translate(_PLAIN))


def spellings(words: list[str]) -> Iterator[list[str]]:
    """The words, and where they have Roman numerals or number words, the words with digits."""
    yield words
    digits = [*words[:1], *(_NUMBERS.get(word, word) for word in words[1:])]
    if digits != words:
        yield digits


def split_numbers(words: list[str]) -> list[str]:
    """The words, with a number at the end of one as a word of its own: "fo4" is "fo", "4"."""
    split: list[str] = []
    for word in words:
        ended = _ENDED.fullmatch(word)
        split += ended.groups() if ended else [word]
    return split


def beginnings(words: list[str]) -> Iterator[tuple[str, bool]]:
    """The text from each word on, and whether that is how the name begins, articles aside."""
    whole, at = "".join(words)[:LONGEST], 0
    head = len(words[0]) if words and words[0] in _ARTICLES else 0
    for word in words:
        if at >= LONGEST:
            return
        yield whole[at:], at <= head
        at += len(word)


def initials(words: list[str]) -> str:
    """The first letters, and numbers as a whole: "ff14"; nothing for names of fewer than three words."""
    if len(words) < 3:
        return ""
    return "".join(word if word.isdecimal() or word in _ROMAN else word[0] for word in words)


def is_beside(words: list[str]) -> bool:
    """Whether a name is that of a demo, a soundtrack, a tool or the like, and not of a game."""
    return bool(_BESIDE.search(" ".join(words[1:])))
