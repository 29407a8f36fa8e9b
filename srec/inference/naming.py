"""Games by their names: what people write, read as app ids."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from srec.errors import SRecError
from srec.inference.aliases import Aliases
from srec.inference.bundle import Bundle
from srec.inference.games import GameInfo
from srec.inference.search import GameSearch


class Hits(NamedTuple):
    """What a name may mean.

    Attributes:
        games: the likeliest first.
        sure: whether the first one is meant; else there is no such game here, or it is unclear which.
    """

    games: list[GameInfo]
    sure: bool


class Names:
    """Finds the games of a bundle by name; safe to use from several threads.

    Args:
        bundle: whose games.
        aliases: other names (see ``aliases``); those of the table that comes with SRec where None.
    """

    def __init__(self, bundle: Bundle, aliases: Aliases | None = None) -> None:
        self._games = bundle.catalogue
        self._ids = {game.app_id for game in self._games}
        # Those that nobody reviewed come after all that somebody did, in their own order.
        least = float(np.min(bundle.popularity, initial=0))
        others = np.arange(len(self._games) - len(bundle.games))
        popularity = np.concatenate((bundle.popularity, least - 1 - others))
        self._search = GameSearch([game.name for game in self._games], popularity, aliases)

    def find(self, name: str, limit: int = 10) -> Hits:
        """The games that a name, or how it begins, may mean."""
        found = self._search.find(name, limit)
        return Hits([self._games[row] for row in found.rows], found.sure)

    def app_ids(self, named: Sequence[int | str]) -> list[int]:
        """The app ids of games that are named by name or by id.

        Args:
            named: names, or app ids, also as digits.

        Raises:
            SRecError: no game has a name, or it is unclear which; the line says what was perhaps meant.
        """
        return [self._app_id(one) for one in named]

    def meant(self, names: Iterable[str]) -> dict[str, int]:
        """The app ids of those names of which it is sure which game they mean."""
        hits = {name: self.find(name, 1) for name in names}
        return {name: one.games[0].app_id for name, one in hits.items() if one.sure}

    def _app_id(self, named: int | str) -> int:
        if isinstance(named, int) or (named.isdecimal() and int(named) in self._ids):
            return int(named)
        hits = self.find(named, 3)
        if hits.sure:
            return hits.games[0].app_id
        if named.isdecimal():
            return int(named)  # an app id that is not known here
        meant = " or ".join(f"{game.name!r}" for game in hits.games)
        raise SRecError(f"there is no game {named!r} here" + (f"; did you mean {meant}?" if meant else ""))
