"""From the games a visitor names to the next ones. Item numbers stay inside; app ids go in and out."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import get_args

import numpy as np

from srec.errors import SRecError
from srec.inference.answers import Answer, Asked, Batch, Explained, Filters, Name, Request
from srec.inference.arranging import arrange
from srec.inference.bundle import Bundle
from srec.inference.encoded import Encoded
from srec.inference.explanations import TagExplanations
from srec.inference.filters import Counts, Filtering
from srec.inference.golden import check_answer
from srec.inference.reference import Found
from srec.inference.summed import Summed
from srec.inference.unrated import Unrated
from srec.inference.whole import Whole
from srec.models.base import Scorer
from srec.models.popularity import Popularity
from srec.models.tags import TagScorer
from srec.ranking import top_k

Best = tuple[list[int], list[float]]  # items, best first, and their scores
BLOCK = 256  # lists that are searched together
_NAMES: dict[str, Name] = {name: name for name in get_args(Name)}
_EVERYTHING = Filters()


class UnknownGame(SRecError):  # noqa: N818 -- it is what the visitor asked for
    """The bundle does not know the game."""


class Recommender:
    """Answers requests from a bundle; safe to use from several threads.

    Args:
        bundle: what to answer from, or the path of its directory.
        kernel: how the model's items are searched (see ``exact``); the fastest way where None.

    Attributes:
        index: the model's items.

    Raises:
        ArtifactError: the bundle is missing or damaged, or a golden request is answered differently than the
            trained model did.
    """

    def __init__(self, bundle: Bundle | str | Path, kernel: str | None = None) -> None:
        bundle = bundle if isinstance(bundle, Bundle) else Bundle(bundle)
        self.bundle = bundle
        self._item_of = {int(app_id): item for item, app_id in enumerate(bundle.app_ids, 1)}
        self._explanations = TagExplanations(bundle, bundle.tag_names)
        self._max_length = int(bundle.config["max_length"])
        self._model: Summed | Whole | Encoded
        if bundle.sum:
            self._model = Summed(bundle.sum, kernel)
        elif bundle.counted:
            self._model = Whole(bundle.counted, len(bundle.games), kernel)
        else:
            self._model = Encoded(bundle, kernel)
        self._filtering = Filtering.of(bundle)
        self._unrated = Unrated(bundle) if bundle.others else None
        self.index = self._model.index
        self._scorers: dict[Name, Scorer] = {
            "tags": TagScorer(
                bundle.tag_offsets, bundle.tag_ids, bundle.tag_weights, tag_count=len(bundle.tag_names)
            ),
            "popular": Popularity(np.asarray(bundle.popularity)),
        }
        self._check()

    def recommend(
        self,
        liked: Sequence[int],
        *,
        k: int = 10,
        recommender: str = "smart",
        disliked: Sequence[int] = (),
        popularity: float | None = None,
        excluded: Sequence[int] = (),
        filters: Filters | None = None,
    ) -> Answer:
        """The next games for those that a visitor likes: the answer to one request.

        Args:
            liked: app ids; a repeated id counts once. The order counts unless the model is a sum: the oldest
                liking comes first.
            k: the most games to answer.
            recommender: "smart" (the bundle's model), "tags" or "popular".
            disliked: app ids that are never answered, also if they are liked; games like them come later
                where the model is a sum.
            popularity: the weight of popularity, from 0 (only my taste) to 1 (what everybody plays); None
                means the bundle's own. A model that is no sum has none, and takes no notice of it.
            excluded: app ids that are never answered and say nothing, such as games that the visitor owns.
            filters: what every answered game meets.

        Raises:
            SRecError: there is no such recommender, or the weight of popularity is not from 0 to 1.
        """
        asked = Request(liked, k, recommender, disliked, popularity, excluded, filters)
        return self.answer([asked])[0]

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to several requests, as if each were asked alone; the items are read once for all.

        Raises:
            SRecError: as ``recommend``, for any of them.
        """
        new = [at for at, request in enumerate(requests) if request.filters and request.filters.unrated]
        if new:
            return self._with_unrated(requests, set(new))
        asked = [self._read(request) for request in requests]
        learnt = self._learnt([one for one in asked if one.name == "smart"])
        best = [next(learnt) if one.name == "smart" else self._counted(one) for one in asked]
        best = [self._arranged(one, *found) for one, found in zip(asked, best, strict=True)]
        games = self.bundle.games
        shared = self._explanations.shared([items for items, _ in best], [one.known for one in asked])
        return [
            Answer(
                one.name,
                [games[item - 1] for item in items],
                scores,
                tags,
                list(one.unknown),
                self._explained(one, items),
                self._filtering.without(one.filters, one.barred) if len(items) < one.k else {},
            )
            for one, (items, scores), tags in zip(asked, best, shared, strict=True)
        ]

    def _with_unrated(self, requests: Sequence[Request], new: set[int]) -> list[Answer]:
        """The answers to requests, some of which are for games that nobody reviewed."""
        others = iter(self.answer([request for at, request in enumerate(requests) if at not in new]))
        return [
            self._of_unrated(request) if at in new else next(others) for at, request in enumerate(requests)
        ]

    def _of_unrated(self, request: Request) -> Answer:
        self._read(request)  # it refuses what is wrong
        if self._unrated is None:
            return Answer("popular", [], [], [], [])
        return self._unrated.answer(request)

    def recommend_batch(self, liked: Sequence[Sequence[int]], *, k: int = 10) -> Batch:
        """The answers of the learnt model to many lists at once, without descriptions.

        Args:
            liked: B lists of app ids, each the oldest liking first.
            k: the most games to answer for each; all of the catalogue at most.
        """
        k = min(k, len(self.bundle.games))
        app_ids = np.full((len(liked), k), -1, np.int64)
        scores = np.full((len(liked), k), -np.inf)
        asked = [self._read(Request(one, k)) for one in liked]
        named = [at for at, one in enumerate(asked) if one.known]
        for first in range(0, len(named), BLOCK):
            chosen = named[first : first + BLOCK]
            found = self._model.find([asked[at] for at in chosen], k, self._filtering.allowed(_EVERYTHING))
            app_ids[chosen] = np.where(found.rows >= 0, self.bundle.app_ids[found.rows], -1)
            scores[chosen] = found.scores
        for at, one in enumerate(asked):
            if not one.known:
                items, values = self._counted(one)
                app_ids[at, : len(items)] = self.bundle.app_ids[np.array(items, np.int64) - 1]
                scores[at, : len(items)] = values
        return Batch(app_ids, scores)

    def _check(self) -> None:
        """Check that the engine answers the bundle's golden requests as the trained model did.

        Raises:
            ArtifactError: it answers one differently than the trained model did.
        """
        # Where no game is left that may be shown, there is nothing to compare: the engine does not hide any.
        for golden in filter(lambda one: one.app_ids, self.bundle.golden):
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

    def knows(self, app_id: int) -> bool:
        """Whether it is a game that somebody reviewed."""
        return app_id in self._item_of

    def tags(self, app_id: int) -> list[str]:
        """The tags of a game that the bundle knows, the heaviest first."""
        if self._unrated and self._unrated.knows(app_id):
            return self._unrated.tags(app_id)
        return self._explanations.tags(self._item_of[app_id])

    def counts(self, filters: Filters) -> Counts:
        """What could be answered under filters."""
        found = self._unrated if filters.unrated else self._filtering
        return found.counts(filters) if found else Counts({}, {})

    def _read(self, request: Request) -> Asked:
        if request.recommender not in _NAMES:
            raise SRecError(f"there is no recommender {request.recommender!r}; there are {', '.join(_NAMES)}")
        name = _NAMES[request.recommender]
        disliked, others = self._known(request.disliked)
        known, unknown = self._known(request.liked)
        known = [item for item in known if item not in disliked] if disliked else known
        if request.popularity is not None and not 0 <= request.popularity <= 1:
            raise SRecError(f"popularity is {request.popularity}: it is from 0 to 1")
        summed = name == "smart" and self.bundle.sum is not None and bool(known or disliked)
        if not (summed or known) or (name == "tags" and not self._explanations.tagged(known)):
            name = "popular"
        excluded, _ = self._known(request.excluded)
        barred = [item - 1 for item in dict.fromkeys(known + disliked + excluded)]
        k = min(request.k, len(self.bundle.games) - len(barred))
        unknown += [app_id for app_id in others if app_id not in unknown]
        return Asked(
            name,
            known,
            unknown,
            k,
            disliked,
            barred,
            request.popularity,
            request.filters or _EVERYTHING,
            request.variety,
            request.seed,
        )

    def _arranged(self, asked: Asked, items: list[int], scores: list[float]) -> Best:
        """The games found, or some of them where variety or a draw is asked for."""
        if not asked.variety and asked.seed is None:
            return items, scores
        chosen = arrange(
            lambda count: list(range(len(items)))[:count],
            lambda places: [set(self._explanations.tags(items[place])) for place in places],
            asked.k,
            variety=asked.variety,
            seed=asked.seed,
        )
        return [items[place] for place in chosen], [scores[place] for place in chosen]

    def _counted(self, asked: Asked) -> Best:
        """By one of the scorers."""
        if asked.k <= 0:
            return [], []
        # A copy: the scorer's own array must not change.
        items = asked.known[-self._max_length :] or [0]
        scores_V = np.array(self._scorers[asked.name].score(np.array([items]))[0])
        scores_V[np.array(asked.barred, np.int64)] = -np.inf
        scores_V[~self._filtering.allowed(asked.filters)] = -np.inf
        best_K = top_k(scores_V, min(asked.depth, len(scores_V)))
        best_K = best_K[np.isfinite(scores_V[best_K])]
        return (best_K + 1).tolist(), scores_V[best_K].tolist()

    def _learnt(self, asked: Sequence[Asked]) -> Iterator[Best]:
        """By the bundle's model; each names known games. Requests in a row with equal filters go together."""
        for filters, alike in groupby(asked, key=lambda one: one.filters):
            together = list(alike)
            allowed_V = self._filtering.allowed(filters)
            found: Found = self._model.find(
                together, min(max(1, *(one.depth for one in together)), len(self.bundle.games)), allowed_V
            )
            for rows, scores, one in zip(found.rows.tolist(), found.scores.tolist(), together, strict=True):
                items = [row + 1 for row in rows[: one.depth] if row >= 0]
                yield items, scores[: len(items)]

    def _explained(self, asked: Asked, items: Sequence[int]) -> Explained | None:
        """What the scores of an answer add up from; None if they are no sum."""
        if asked.name != "smart" or not isinstance(self._model, Summed):
            return None
        parts, shared = self._model.parts(asked, [item - 1 for item in items])
        quality, popularity = ([of_game[at] for of_game in shared] for at in range(2))
        named = [self.bundle.games[item - 1].app_id for item in asked.named]
        return Explained(named, self._model.share(asked), parts, quality, popularity)

    def _known(self, named: Sequence[int]) -> tuple[list[int], list[int]]:
        once = dict.fromkeys(named)
        known = [item for item in map(self._item_of.get, once) if item]  # items are 1..V
        if len(known) == len(once):
            return known, []
        return known, [app_id for app_id in once if app_id not in self._item_of]
