"""From the games a visitor likes to the next ones. Item numbers stay inside; app ids go in and out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from srec.errors import SRecError
from srec.inference.bundle import Bundle, GameInfo
from srec.inference.explanations import TagExplanations
from srec.inference.runtimes.onnx import OnnxScorer
from srec.models.base import Scorer, ScoresBV
from srec.models.popularity import Popularity
from srec.models.tags import TagScorer

Name = Literal["smart", "tags", "popular"]


class UnknownGame(SRecError):  # noqa: N818 -- it is what the visitor asked for
    """The bundle does not know the game."""


@dataclass(frozen=True)
class Recommended:
    """One game of an answer."""

    info: GameInfo
    score: float
    shared_tags: list[str]  # in common with the liked games, the heaviest first

    @property
    def app_id(self) -> int:
        """Its Steam app id."""
        return self.info.app_id

    @property
    def name(self) -> str:
        """Its title."""
        return self.info.name


@dataclass(frozen=True)
class Answer:
    """Games, best first, and what was not known.

    Attributes:
        recommender: who answered; "popular" where no liked game was known (or, for "tags", has tags).
        games: at most k, none of them liked already.
        unknown: the liked app ids that the bundle does not know, in the order given.
    """

    recommender: Name
    games: list[Recommended]
    unknown: list[int]


class Recommender:
    """Answers requests from a bundle; safe to use from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._item_of = {int(app_id): item for item, app_id in enumerate(bundle.app_ids, 1)}
        self._explanations = TagExplanations(bundle)
        self._max_length = int(bundle.config["max_length"])
        self._scorers: dict[Name, Scorer] = {
            "smart": OnnxScorer(bundle.encoder, bundle.items),
            "tags": TagScorer(bundle.tag_offsets, bundle.tag_ids, bundle.tag_weights, len(bundle.tag_names)),
            "popular": Popularity(np.asarray(bundle.popularity)),
        }

    def recommend(self, liked: Sequence[int], *, k: int = 10, recommender: str = "smart") -> Answer:
        """The next games for those a visitor likes.

        Args:
            liked: app ids, the oldest liking first; a repeated id counts once, at its first place.
            k: how many games to answer.
            recommender: "smart" (the learnt model), "tags" or "popular".

        Raises:
            SRecError: there is no such recommender.
        """
        name = self._name(recommender)
        known, unknown = self._known(liked)
        if not known or (name == "tags" and not self._explanations.tagged(known)):
            name = "popular"
        items_BL = np.array([known[-self._max_length :] or [0]])
        scores_V = self._scorers[name].score(items_BL)[0]
        best = _top(scores_V, known, k)
        shared = self._explanations.shared(best, known)
        games = [
            Recommended(self.bundle.games[item - 1], float(scores_V[item - 1]), tags)
            for item, tags in zip(best, shared, strict=True)
        ]
        return Answer(name, games, unknown)

    def similar(self, app_id: int, *, k: int = 10, recommender: str = "smart") -> Answer:
        """The next games for one game.

        Raises:
            UnknownGame: the bundle does not know it.
        """
        if app_id not in self._item_of:
            raise UnknownGame(f"there is no game {app_id} here: search /api/games for those there are")
        return self.recommend([app_id], k=k, recommender=recommender)

    def tags(self, app_id: int) -> list[str]:
        """The tags of a game that the bundle knows, the heaviest first."""
        return self._explanations.tags(self._item_of[app_id])

    def _name(self, recommender: str) -> Name:
        for name in self._scorers:
            if name == recommender:
                return name
        raise SRecError(f"there is no recommender {recommender!r}; there are {', '.join(self._scorers)}")

    def _known(self, liked: Sequence[int]) -> tuple[list[int], list[int]]:
        once = dict.fromkeys(liked)
        known = [self._item_of[app_id] for app_id in once if app_id in self._item_of]
        return known, [app_id for app_id in once if app_id not in self._item_of]


def _top(scores_V: Any, excluded: list[int], k: int) -> list[int]:
    """The k best items, best first, ties by the lower number, without the excluded ones."""
    scores: ScoresBV = np.array(scores_V)
    scores[np.asarray(excluded, np.int64) - 1] = -np.inf
    k = min(k, len(scores) - len(excluded))
    if k <= 0:
        return []
    # Every item as good as the k-th, so that a tie at the cut is broken by the number, not by chance.
    threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= threshold)
    order = np.argsort(-scores[candidates], kind="stable")[:k]
    return [int(item) for item in candidates[order] + 1]
