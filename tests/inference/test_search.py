import string
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srec.inference.search import GameSearch

NAMES = [
    "The Witcher 3: Wild Hunt",
    "The Witcher 2: Assassins of Kings",
    "Portal",
    "Portal 2",
    "F.E.A.R.",
    "Sid Meier's Civilization V",
    "Grand Theft Auto V",
    "Counter-Strike: Global Offensive",
    "Wild Terra",
    "Pokémon Uranium",
    "東方紅魔郷",
    "Half-Life 2",
    "Røki",
    "Final Fantasy XIII",
    "Final Fantasy XIV Online",
    "HITMAN World of Assassination II",
    "Hitman 2",
]


@pytest.fixture(scope="module")
def index() -> GameSearch:
    return GameSearch(NAMES, np.arange(len(NAMES), 0, -1.0))


def find(index: GameSearch, query: str, limit: int = 10) -> list[str]:
    return [NAMES[row] for row in index.search(query, limit)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("portal", "Portal"),  # the name itself stands before the more popular that begin with it
        ("Portal 2", "Portal 2"),
        ("witcher", "The Witcher 3: Wild Hunt"),  # without the article
        ("the witcher 2", "The Witcher 2: Assassins of Kings"),
        ("witcher3", "The Witcher 3: Wild Hunt"),  # without the space
        ("hunt", "The Witcher 3: Wild Hunt"),  # a later word
        ("wild", "Wild Terra"),  # a name that begins so stands before a later word
        ("fear", "F.E.A.R."),  # without points
        ("civilization 5", "Sid Meier's Civilization V"),  # Arabic for Roman
        ("sid meiers", "Sid Meier's Civilization V"),  # without the apostrophe
        ("gtav", "Grand Theft Auto V"),  # initials
        ("pokemon", "Pokémon Uranium"),  # without accents
        ("東方", "東方紅魔郷"),
        ("roki", "Røki"),  # a letter that is no other with an accent
        ("final fantasy 14", "Final Fantasy XIV Online"),
        ("hitman ii", "Hitman 2"),  # Roman for Arabic
        ("kings witcher", "The Witcher 2: Assassins of Kings"),  # words in another order
        ("witchr", "The Witcher 3: Wild Hunt"),  # a letter forgotten
        ("conter strike", "Counter-Strike: Global Offensive"),
        ("halflif", "Half-Life 2"),
    ],
)
def test_what_is_meant_comes_first(index: GameSearch, query: str, first: str) -> None:
    assert find(index, query)[0] == first


def test_equal_hits_come_by_popularity() -> None:
    names = ["Star A", "Star B", "Star C"]
    index = GameSearch(names, np.array([1.0, 3.0, 2.0]))
    assert index.search("star") == [1, 2, 0]
    assert index.search("star", limit=2) == [1, 2]


def test_nothing_resembles_nonsense(index: GameSearch) -> None:
    assert find(index, "qqqqxxxx") == []


def test_a_query_without_letters_gives_what_is_popular(index: GameSearch) -> None:
    assert find(index, " -!? ", 2) == NAMES[:2]


@given(st.text(max_size=100), st.integers(1, 20))
def test_any_text_is_answered(query: str, limit: int) -> None:
    index = GameSearch(NAMES, np.arange(len(NAMES), 0, -1.0))
    found = index.search(query, limit)
    assert len(found) == len(set(found)) <= limit
    assert all(0 <= row < len(NAMES) for row in found)


@given(st.sampled_from(NAMES), st.integers(1, 30))
def test_every_beginning_of_a_name_finds_it(name: str, letters: int) -> None:
    index = GameSearch(NAMES, np.arange(len(NAMES), 0, -1.0))
    assert name in find(index, name[:letters], len(NAMES))


def test_150_000_names_are_searched_in_under_20_ms() -> None:
    """The median of each kind of query: the longest are the ones with typos."""
    generator = np.random.default_rng(0)
    syllables = ["".join(pair) for pair in zip(string.ascii_lowercase * 3, "aeiou" * 16, strict=False)]
    words = np.array(["".join(generator.choice(syllables, generator.integers(2, 5))) for _ in range(8000)])
    drawn = words[generator.integers(len(words), size=(150_000, 4))]
    names = [
        " ".join(row[:length]) for row, length in zip(drawn, generator.integers(1, 5, 150_000), strict=True)
    ]
    index = GameSearch(names, generator.pareto(1, len(names)))
    chosen = [names[row] for row in generator.choice(len(names), 30)]
    for change in (lambda name: name[:2], lambda name: name[:6], lambda name: name, typo):
        seconds = []
        for name in chosen:
            started = time.perf_counter()
            index.search(change(name))
            seconds.append(time.perf_counter() - started)
        assert np.median(seconds) < 0.020


def typo(name: str) -> str:
    middle = len(name) // 2
    return name[:middle] + name[middle + 1 :] + "z"
