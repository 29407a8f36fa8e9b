"""From the games a visitor likes to the next ones. Item numbers stay inside; app ids go in and out."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from srec.errors import SRecError
from srec.inference.answers import Answer, Asked, Batch, Name, Request
from srec.inference.bundle import Bundle
from srec.inference.exact import ExactTopK
from srec.inference.explanations import TagExplanations
from srec.inference.golden import check_answer
from srec.inference.reference import Found
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.models.base import Scorer
from srec.models.popularity import Popularity
from srec.models.tags import TagScorer
from srec.ranking import top_k

Best = tuple[list[int], list[float]]  # items, best first, and their scores
BLOCK = 256  # lists that are encoded and searched together
_NAMES: dict[str, Name] = {name: name for name in get_args(Name)}
_SHORT = 4  # lists up to this length are not worth telling apart


class UnknownGame(SRecError):  # noqa: N818 -- it is what the visitor asked for
    """The bundle does not know the game."""


class Recommender:
    """Answers requests from a bundle; safe to use from several threads.

    Args:
        bundle: what to answer from, or the path of its directory.
        kernel: how the learnt model's items are searched (see ``exact``); the fastest way where None.

    Attributes:
        index: the learnt model's items.
    """

    def __init__(self, bundle: Bundle | str | Path, kernel: str | None = None) -> None:
        bundle = bundle if isinstance(bundle, Bundle) else Bundle(bundle)
        self.bundle = bundle
        self._item_of = {int(app_id): item for item, app_id in enumerate(bundle.app_ids, 1)}
        self._explanations = TagExplanations(bundle)
        self._max_length = int(bundle.config["max_length"])
        self._encoder = OnnxEncoder(bundle.encoder)
        self.index = ExactTopK(bundle.items, kernel, self._encoder.typical(len(bundle.items)))
        self._scorers: dict[Name, Scorer] = {
            "tags": TagScorer(
                bundle.tag_offsets, bundle.tag_ids, bundle.tag_weights, tag_count=len(bundle.tag_names)
            ),
            "popular": Popularity(np.asarray(bundle.popularity)),
        }

    def recommend(self, liked: Sequence[int], *, k: int = 10, recommender: str = "smart") -> Answer:
        """The next games for those that a visitor likes: the answer to one request.

        Args:
            liked: app ids, the oldest liking first; a repeated id counts once, at its first place.
            k: the most games to answer.
            recommender: "smart" (the learnt model), "tags" or "popular".

        Raises:
            SRecError: there is no such recommender.
        """
        return self.answer([Request(liked, k, recommender)])[0]

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to several requests, as if each were asked alone; the items are read once for all.

        Raises:
            SRecError: a request names a recommender that does not exist.
        """
        asked = [self._read(request) for request in requests]
        learnt = iter(self._learnt([one for one in asked if one.name == "smart"]))
        best = [
            next(learnt) if one.name == "smart" else self._counted(one.name, one.known, one.k)
            for one in asked
        ]
        games = self.bundle.games
        shared = self._explanations.shared([items for items, _ in best], [one.known for one in asked])
        return [
            Answer(one.name, [games[item - 1] for item in items], scores, tags, one.unknown)
            for one, (items, scores), tags in zip(asked, best, shared, strict=True)
        ]

    def recommend_batch(self, liked: Sequence[Sequence[int]], *, k: int = 10) -> Batch:
        """The answers of the learnt model to many lists at once, without descriptions.

        Args:
            liked: B lists of app ids, each the oldest liking first.
            k: the most games to answer for each.
        """
        app_ids = np.full((len(liked), k), -1, np.int64)
        scores = np.full((len(liked), k), -np.inf)
        lists = [self._known(one)[0] for one in liked]
        named = [at for at, items in enumerate(lists) if items]
        for first in range(0, len(named), BLOCK):
            chosen = named[first : first + BLOCK]
            found = self._search([lists[at] for at in chosen], k)
            app_ids[chosen] = np.where(found.rows >= 0, self.bundle.app_ids[found.rows], -1)
            scores[chosen] = found.scores
        empty = [at for at, items in enumerate(lists) if not items]
        if empty:
            items, values = self._counted("popular", [], min(k, len(self.bundle.games)))
            app_ids[empty, : len(items)] = self.bundle.app_ids[np.array(items, np.int64) - 1]
            scores[empty, : len(items)] = values
        return Batch(app_ids, scores)

    def check(self) -> None:
        """Check that the engine answers the bundle's golden requests as the trained model did.

        Raises:
            ArtifactError: it answers one differently than the trained model did.
        """
        for golden in self.bundle.golden:
            found = self.recommend_batch([golden.liked], k=len(golden.app_ids))
            check_answer(
                f"the engine ({self.index.kernel})",
                golden,
                app_ids=found.app_ids[0],
                scores=found.scores[0],
            )

    def similar(self, app_id: int, *, k: int = 10, recommender: str = "smart") -> Answer:
        """The next games for one game.

        Args:
            app_id: the game.
            k: the most games to answer.
            recommender: as for ``recommend``.

        Raises:
            UnknownGame: the bundle does not know the game.
            SRecError: there is no such recommender.
        """
        if app_id not in self._item_of:
            raise UnknownGame(f"there is no game {app_id} here: search /api/games for those there are")
        return self.recommend([app_id], k=k, recommender=recommender)

    def tags(self, app_id: int) -> list[str]:
        """The tags of a game that the bundle knows, the heaviest first."""
        return self._explanations.tags(self._item_of[app_id])

    def _read(self, request: Request) -> Asked:
        if request.recommender not in _NAMES:
            raise SRecError(f"there is no recommender {request.recommender!r}; there are {', '.join(_NAMES)}")
        name = _NAMES[request.recommender]
        known, unknown = self._known(request.liked)
        if not known or (name == "tags" and not self._explanations.tagged(known)):
            name = "popular"
        return Asked(name, known, unknown, min(request.k, len(self.bundle.games) - len(known)))

    def _counted(self, name: Name, known: list[int], k: int) -> Best:
        """By one of the scorers."""
        if k <= 0:
            return [], []
        # A copy: the scorer's own array must not change.
        scores_V = np.array(self._scorers[name].score(np.array([known[-self._max_length :] or [0]]))[0])
        scores_V[np.asarray(known, np.int64) - 1] = -np.inf
        best_K = top_k(scores_V, k)
        return (best_K + 1).tolist(), scores_V[best_K].tolist()

    def _learnt(self, asked: Sequence[Asked]) -> list[Best]:
        """By the learnt model; each has known games."""
        if not asked:
            return []
        found = self._search([one.known for one in asked], max(1, *(one.k for one in asked)))
        items, scores = (found.rows + 1).tolist(), found.scores.tolist()
        return [(items[at][: one.k], scores[at][: one.k]) for at, one in enumerate(asked)]

    def _search(self, lists: Sequence[list[int]], k: int) -> Found:
        """The learnt model's k best rows (items - 1) for each list of items; no list is empty."""
        newest = [items[-self._max_length :] for items in lists]
        similar: dict[int, list[int]] = {}
        for at, items in enumerate(newest):  # lists are encoded with those of similar length: padding costs
            similar.setdefault(max(len(items), _SHORT).bit_length(), []).append(at)
        vectors_BD = np.empty((len(lists), self.bundle.items.shape[1]), np.float32)
        for places in similar.values():
            items_BL = np.zeros((len(places), max(len(newest[at]) for at in places)), np.int64)
            for row_L, at in zip(items_BL, places, strict=True):
                row_L[: len(newest[at])] = newest[at]
            vectors_BD[places] = self._encoder.encode(items_BL)
        return self.index.search(vectors_BD, k, excluded=[[item - 1 for item in items] for items in lists])

    def _known(self, liked: Sequence[int]) -> tuple[list[int], list[int]]:
        once = dict.fromkeys(liked)
        known = [item for item in map(self._item_of.get, once) if item]  # items are 1..V
        if len(known) == len(once):
            return known, []
        return known, [app_id for app_id in once if app_id not in self._item_of]
