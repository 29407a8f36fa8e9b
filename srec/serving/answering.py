"""What the endpoints answer from, and their answers as JSON."""

import time
from collections.abc import Sequence

from srec.inference.answers import Request
from srec.inference.naming import Hits, Names
from srec.inference.recommender import Recommender
from srec.publishing.version import Version
from srec.serving.answers import AnswerWriter
from srec.serving.counts import Counts
from srec.serving.gathering import Gathering
from srec.serving.metrics import Metrics
from srec.serving.watched import Answers


class Answering:
    """A bundle in memory, with all that makes answers of it.

    Args:
        recommender: it answers.
        names: the games of its bundle by name.
        counts: where answers are counted.
    """

    def __init__(self, recommender: Recommender, names: Names, counts: Counts) -> None:
        self.recommender, self.names = recommender, names
        self.bundle = bundle = recommender.bundle
        self._infos = {game.app_id: game for game in bundle.games}
        self._writer, self._gathering = AnswerWriter(recommender), Gathering(recommender)
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
        found = [self._infos[app_id] for app_id in dict.fromkeys(ids) if app_id in self._infos]
        return self._writer.games(Hits(found, bool(found)))

    def read(self, names: Sequence[str]) -> bytes:
        """What each of some names means, or may mean."""
        return self._writer.names([(name, self.names.find(name, 3)) for name in names])
