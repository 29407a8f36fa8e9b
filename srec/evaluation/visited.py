"""The types of what a visitor gets: the part of a report that looks at answers as a visitor does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srec.evaluation.comparison import Comparison, Difference, Estimate
from srec.evaluation.sameness import Sameness
from srec.evaluation.settings import VisitorSettings
from srec.results import Frozen

#: The kinds of change that stability is measured under.
CHANGES = {
    "permuted": "the same games in another order",
    "added": "one more game",
    "dropped": "one game less",
    "swapped": "one game replaced by the nearest by tags",
}


@dataclass(frozen=True)
class Point:
    """A model at one weight of popularity.

    Attributes:
        weight: the weight; None for a point between two measured ones.
        overlap: of an answer, how many games are the most popular ones left.
        recall: the mean recall@K.
        off_head: the mean recall@K of expected games outside the head; None if there are none.
    """

    weight: float | None
    overlap: float
    recall: float
    off_head: float | None


@dataclass(frozen=True)
class Front:
    """A model's points, the least popular answers first.

    Attributes:
        points: by overlap.
    """

    points: Sequence[Point]

    def at(self, overlap: float) -> Point | None:
        """The point at an overlap, on the line between two measured ones; None outside of them."""
        reached = [point.overlap for point in self.points]
        if not reached or not reached[0] <= overlap <= reached[-1]:
            return None
        recall = float(np.interp(overlap, reached, [point.recall for point in self.points]))
        off = [point.off_head for point in self.points if point.off_head is not None]
        off_head = float(np.interp(overlap, reached, off)) if len(off) == len(reached) else None
        return Point(None, overlap, recall, off_head)


@dataclass(frozen=True)
class Telling:
    """What it changes that half of a player's dislikes are told.

    Attributes:
        intrusion: of the other dislikes, before they are told.
        intrusion_told: the same when they are told.
        intrusion_change: the second minus the first.
        recall: of the expected games, before dislikes are told.
        recall_told: the same when they are told.
        recall_change: the second minus the first.
    """

    intrusion: Estimate
    intrusion_told: Estimate
    intrusion_change: Difference
    recall: Estimate
    recall_told: Estimate
    recall_change: Difference


@dataclass(frozen=True)
class Response:
    """What happens to the games nearest by tags when a recommended game is disliked.

    Attributes:
        places: by how many places they fall, on average.
        fallen: the share of them that fall.
    """

    places: Estimate
    fallen: Estimate


@dataclass(frozen=True)
class Disliked:
    """A model and dislikes.

    Attributes:
        intrusion: when nothing disliked is told; None if no player dislikes a game.
        telling: what telling changes; None if no player has two dislikes.
        response: to a new dislike; None if the model does not read dislikes.
    """

    intrusion: Estimate | None
    telling: Telling | None
    response: Response | None


@dataclass(frozen=True)
class Visited:
    """A model as visitors meet it.

    Attributes:
        sameness: of its answers to the lists of ``settings.main`` games.
        on_tastes: the same of its answers to the tastes of the catalogue.
        popularity_weight: the weight of popularity in these answers; None if the score is no sum.
        front: over the weight of popularity; None without held-out players.
        disliked: what it does with dislikes; None without held-out players.
    """

    sameness: Sameness
    on_tastes: Sameness
    popularity_weight: float | None
    front: Front | None
    disliked: Disliked | None


@dataclass(frozen=True)
class Part:
    """All models on some of the lists of ``settings.main`` games."""

    name: str
    compared: Comparison


@dataclass(frozen=True)
class Example:
    """A taste of the catalogue, and what each model answers.

    Attributes:
        tag: the tag that leads its games.
        liked: the app ids of these games.
        answers: by model, the app ids, best first.
    """

    tag: str
    liked: Sequence[int]
    answers: Mapping[str, Sequence[int]]


class Visitors(Frozen):
    """What a visitor gets, of every model.

    Attributes:
        settings: how it was measured.
        source: whose games were told.
        players: how many held-out players there are; 0 if what they expect cannot be measured.
        baselines: the models that the others are compared with.
        fold_in: by the number of told games, the recall, NDCG and off-head recall of the expected ones.
        parts: the recall on parts of the lists of ``settings.main`` games.
        behind: by model, how far its recall is from that of the best, if there are held-out players.
        stability: by kind of change, how much of an answer stays.
        models: what else there is of each model.
        examples: the answers to the tastes of the catalogue.
        names: the name of each game that is in an example or in ``models``, by app id.
    """

    settings: VisitorSettings
    source: str
    players: int
    baselines: Sequence[str]
    fold_in: Mapping[int, Comparison]
    parts: Sequence[Part]
    behind: Mapping[str, Difference]
    stability: Mapping[str, Comparison]
    models: Mapping[str, Visited]
    examples: Sequence[Example]
    names: Mapping[int, str]

    @property
    def main(self) -> Comparison | None:
        """The fold-in of ``settings.main`` games; None without held-out players."""
        return self.fold_in.get(self.settings.main)

    @property
    def recall(self) -> str:
        """The name of the recall, such as "recall@12"."""
        return f"recall@{self.settings.length}"

    @property
    def off_head(self) -> str:
        """The name of the off-head recall."""
        return f"off-head@{self.settings.length}"
