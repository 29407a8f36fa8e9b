"""Answers as JSON, put together from parts that are encoded once.

The result is what the models of ``api`` describe; a test compares the two.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import repeat
from typing import Any

from srec.inference.answers import Answer
from srec.inference.games import GameInfo
from srec.inference.naming import Hits
from srec.inference.recommender import Recommender
from srec.serving.site import Site

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class AnswerWriter:
    """Writes games and answers as JSON; safe to use from several threads.

    A game's part is encoded when it is first needed: half a kilobyte, kept for as long as the server runs.

    Args:
        recommender: whose games and answers are written.
        site: where their pages and pictures are.
    """

    def __init__(self, recommender: Recommender, site: Site) -> None:
        self._site = site
        self._recommender = recommender
        self._simulated = recommender.bundle.simulated
        self._tags = {name: _json(name) for name in recommender.bundle.tag_names}
        self._parts: dict[int, bytes] = {}

    def games(self, hits: Hits) -> bytes:
        """The hits of a search, as UTF-8."""
        return b'{"games":[%b],"sure":%b}' % (self._list(hits.games), _json(hits.sure))

    def names(self, read: Iterable[tuple[str, Hits]]) -> bytes:
        """Names, and what they may mean, as UTF-8."""
        names = [
            b'{"name":%b,"sure":%b,"games":[%b]}' % (_json(name), _json(hits.sure), self._list(hits.games))
            for name, hits in read
        ]
        return b'{"names":[%b]}' % b",".join(names)

    def answer(self, answer: Answer) -> bytes:
        """An answer of the recommender, as UTF-8."""
        tag = self._tags.__getitem__
        games = [
            b'{%b,"score":%.9g,%b,"shared_tags":[%b]}' % (part, score, why, b",".join(map(tag, shared)))
            for part, score, why, shared in zip(
                map(self._part, answer.infos), answer.scores, _why(answer), answer.shared_tags, strict=True
            )
        ]
        explained = answer.sum
        return (
            b'{"recommender":"%b","games":[%b],"unknown":%b,"named":%b,"popularity_weight":%b,"without":%b}'
            % (
                answer.recommender.encode(),
                b",".join(games),
                _json(answer.unknown),
                _json(explained.named) if explained else b"[]",
                _json(explained.weight) if explained else b"null",
                _json(answer.without) if answer.without else b"{}",
            )
        )

    def _list(self, games: Iterable[GameInfo]) -> bytes:
        return b",".join(b"{%b}" % self._part(game) for game in games)

    def _part(self, info: GameInfo) -> bytes:
        part = self._parts.get(info.app_id)
        if part is None:
            part = self._parts[info.app_id] = _json(self._facts(info))[1:-1]
        return part

    def _facts(self, info: GameInfo) -> dict[str, Any]:
        real = not self._simulated
        return {
            **asdict(info),
            "id": self._site.own_id(info.app_id),
            "tags": self._recommender.tags(info.app_id),
            "image_url": self._site.picture(info.app_id) if real else None,
            "store_url": self._site.link(info.app_id) if real else None,
        }


def _why(answer: Answer) -> Iterable[bytes]:
    """The parts of each game's score."""
    if answer.sum is None:
        return repeat(b'"parts":null,"quality":null,"popularity":null', len(answer.infos))
    return (
        b'"parts":[%b],"quality":%.9g,"popularity":%.9g'
        % (b",".join([b"%.9g" % part for part in parts]), quality, popularity)
        for parts, quality, popularity in zip(
            answer.sum.parts, answer.sum.quality, answer.sum.popularity, strict=True
        )
    )


def _json(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()
