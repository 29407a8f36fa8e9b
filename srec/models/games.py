"""Which items of a catalogue are games: no demos, soundtracks, films, tools or devices.

Shapes: V items.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Ints, Ragged

_TAGS = 12
#: Steam's genres of what is no game. A game has another one beside these.
_OTHER_GENRES = frozenset(
    {
        *("Accounting", "Animation & Modeling", "Audio Production", "Design & Illustration", "Documentary"),
        *("Education", "Episodic", "Game Development", "Hardware", "Movie", "Photo Editing", "Short"),
        *("Software Training", "Tutorial", "Utilities", "Video Production", "Web Publishing"),
    }
)
#: Tags that are among the first ones of what is no game.
OTHER_TAGS = frozenset({"Documentary", "Movie", "Software", "Utilities"})
FIRST_TAGS = 3


def are_games(types: Sequence[str | None], tags_V: Ints) -> npt.NDArray[np.bool_]:
    """Which items may be answered by what the store calls them, bool [V].

    The store's catalogue does not tell the type of expansions, soundtracks and games that it no longer sells.
    Players give games many tags, and the others few, so of unknown types those with many tags are games.
    Where no type is known at all, everything is a game.

    Args:
        types: "game", "demo" and so on.
        tags_V: how many tags each has.
    """
    if not any(types):
        return np.ones(len(types), np.bool_)
    known_V = np.array([one is not None for one in types])
    return np.where(known_V, np.array([one == "game" for one in types]), tags_V >= _TAGS)


def have_tags_of_games(tags: Ragged) -> npt.NDArray[np.bool_]:
    """Which items do not have a tag of what is no game among their heaviest, bool [V].

    Args:
        tags: theirs, with weights; the first row is the padding's.
    """
    assert tags.weights is not None
    others = np.isin(tags.ids, [tag for tag, name in enumerate(tags.names) if name in OTHER_TAGS])
    games_V = np.ones(len(tags.offsets) - 2, np.bool_)
    for row in np.unique(np.searchsorted(tags.offsets, np.flatnonzero(others), side="right") - 1):
        own = slice(tags.offsets[row], tags.offsets[row + 1])
        heaviest = np.argsort(-np.asarray(tags.weights[own]), kind="stable")[:FIRST_TAGS]
        games_V[row - 1] = not others[own][heaviest].any()
    return games_V


def have_genres_of_games(genres: Sequence[Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Which items have a genre of games, or none at all, bool [V].

    Args:
        genres: theirs; an ampersand may be written as in HTML.
    """
    read = [
        {one.replace("&amp;", "&") for one in given} - {"Free To Play", "Early Access"} for given in genres
    ]
    return np.array([not one or not one <= _OTHER_GENRES for one in read], np.bool_)
