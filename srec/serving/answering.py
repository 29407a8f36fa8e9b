"""What the endpoints answer from, and their answers as JSON."""

import time
from collections.abc import Collection, Sequence
from typing import Any

from srec import __version__
from srec.inference.answers import Answer, Request
from srec.inference.naming import Hits, Names
from srec.inference.recommender import Recommender
from srec.publishing.version import Version
from srec.serving.answers import AnswerWriter
from srec.serving.counts import Counts
from srec.serving.gathering import Gathering
from srec.serving.library import Libraries, Library, NoLibrary
from srec.serving.metrics import Metrics
from srec.serving.site import Site
from srec.serving.watched import Answers


class Answering:
    """A bundle in memory, with all that makes answers of it.

    Args:
        recommender: it answers.
        names: the games of its bundle by name.
        counts: where answers are counted.
        site: where the games' pages and pictures are, and what the owner calls them.
    """

    def __init__(self, recommender: Recommender, names: Names, counts: Counts, *, site: Site) -> None:
        self.site = site
        self.of_own_id = {own: app_id for app_id, own in site.ids.items()}
        self.recommender, self.names = recommender, names
        self.bundle = bundle = recommender.bundle
        self.infos = {game.app_id: game for game in bundle.catalogue}
        # What is invented is in nobody's library.
        asked = site.steam_key and not bundle.simulated
        self.libraries = Libraries(site.steam_key or "", self.infos) if asked else None
        self._writer, self._gathering = AnswerWriter(recommender, site), Gathering(recommender)
        self._answers = Answers(bundle, counts)
        self.metrics = Metrics(counts, Version.read(bundle.path, 0))

    async def recommend(self, request: Request, unknown: Sequence[str] = ()) -> bytes:
        """The answer to a request.

        Args:
            request: what is asked for.
            unknown: names that somebody wrote, of which it is not sure which game they mean.

        Raises:
            SRecError: as ``Recommender.recommend``.
        """
        started = time.perf_counter()
        answer = await self._gathering.answer(request)
        answer.unknown += unknown
        content = self._writer.answer(answer)
        self._answers.count(request, answer, started)
        return content

    def similar(self, request: Request) -> bytes:
        """The answer to a request that names one game.

        Raises:
            UnknownGame: the bundle does not know the game.
        """
        started, (app_id,) = time.perf_counter(), request.liked
        answer = self.recommender.similar(app_id, k=request.k, recommender=request.recommender)
        content = self._writer.answer(answer)
        self._answers.count(request, answer, started)
        return content

    def games(self, text: str, ids: Sequence[int] | None, limit: int) -> bytes:
        """Games by id, or else by name.

        Args:
            text: a name, or how it begins.
            ids: app ids; those not known here are left out.
            limit: the most games that a name finds.
        """
        if not ids:
            return self._writer.games(self.names.find(text, limit))
        found = [self.infos[app_id] for app_id in dict.fromkeys(ids) if app_id in self.infos]
        return self._writer.games(Hits(found, bool(found)))

    def library(self, profile: str) -> Library:
        """The library of a profile.

        Args:
            profile: the profile's address, or its 17 digits, or its own name.

        Raises:
            NoLibrary: as ``Libraries.read``, and where the owner gave no key.
        """
        if self.libraries is None:
            raise NoLibrary(404, "this server reads no libraries")
        return self.libraries.read(profile)

    def is_unrated(self, app_id: int) -> bool:
        """Whether a game is known, but nobody reviewed it."""
        return app_id in self.infos and not self.recommender.knows(app_id)

    def write(self, answer: Answer) -> bytes:
        """An answer as JSON."""
        return self._writer.answer(answer)

    def version(self) -> dict[str, Any]:
        """What is running, and on which bundle."""
        bundle = self.bundle
        return {
            "srec": __version__,
            "bundle": bundle.fingerprint,
            "model": str(bundle.config["model"]),
            "games": len(bundle.games),
            "popularity_weight": bundle.sum.popularity_weight if bundle.sum else None,
            "simulated": bundle.simulated,
            "kernel": self.recommender.index.kernel,
        }

    def meant(self, named: Collection[str]) -> dict[str, int]:
        """The app ids of own ids, and of those names of which it is sure which game they mean."""
        own = {one: self.of_own_id[one] for one in named if one in self.of_own_id}
        return own | self.names.meant(one for one in named if one not in own)

    def read(self, names: Sequence[str]) -> bytes:
        """What each of some names means, or may mean."""
        return self._writer.names([(name, self.names.find(name, 3)) for name in names])
