"""Dislikes: do disliked games stay away, do games like a newly disliked one fall, and what does that cost?

Intrusion is the share of a player's held-out disliked games that are among the first places. It is measured
when nothing disliked is told, and for players of several dislikes when half of them are told; the told ones
are in no answer, so that only the scores differ. Shapes: E lists, M disliked games, K places, B of a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srec.dataset.dataset import Floats, Ints, Ragged
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Bootstrap
from srec.evaluation.fold_in import Told, gains
from srec.evaluation.nearest import nearest_by_tags
from srec.evaluation.players import Players, padded
from srec.evaluation.visited import Disliked, Response, Telling

FIRST = 20
NEAREST = 5


def disliked(
    models: Mapping[str, Asked],
    players: Players,
    told: Told,
    *,
    tags: Ragged,
    length: int,
    resamples: int,
    seed: int,
) -> dict[str, Disliked]:
    """Every model and dislikes.

    Args:
        models: the models by name.
        players: their dislikes are held out, or half of them told.
        told: the lists of these players.
        tags: of the dataset.
        length: K of recall@K.
        resamples: how often the players are drawn again.
        seed: draws the told dislikes, the new dislikes and the resamples.
    """
    some = _part(told, [at for at, player in enumerate(told.players_E) if len(players.disliked[player])])
    several = _part(
        some, [at for at, player in enumerate(some.players_E) if len(players.disliked[player]) > 1]
    )
    generator = np.random.default_rng(seed)
    halves = [generator.permutation(players.disliked[player]) for player in several.players_E]
    named_EM = padded([one[: len(one) // 2] for one in halves])
    away = [one[len(one) // 2 :] for one in halves]
    found = {}
    for name, model in models.items():
        boot = _Resampling(resamples, seed)
        intrusion = telling = None
        if len(some):
            held = [players.disliked[player] for player in some.players_E]
            intrusion = boot(some.players_E, _intrusion(model.best(some.liked_EN, FIRST), held)).mean(0)
        if len(several):
            telling = _telling(model, several, named_EM, away, length=length, boot=boot)
        response = _response(model, told, tags, boot=boot, seed=seed) if model.sum and len(told) else None
        found[name] = Disliked(intrusion, telling, response)
    return found


@dataclass(frozen=True)
class _Resampling:
    """Resamples of players, the same for all models."""

    resamples: int
    seed: int

    def __call__(self, players_E: Ints, *columns: Floats) -> Bootstrap:
        generator = np.random.default_rng(self.seed)
        return Bootstrap(np.column_stack(columns), players_E, resamples=self.resamples, generator=generator)


def _telling(
    model: Asked, told: Told, named_EM: Ints, away: Sequence[Ints], *, length: int, boot: _Resampling
) -> Telling:
    columns = []
    for reads in (False, True):
        top_EK = model.best(told.liked_EN, max(FIRST, length), disliked_EM=named_EM, read_dislikes=reads)
        nothing = np.zeros(len(model.known_counts), bool)
        recall_E = next(iter(gains(top_EK[:, :length], told, nothing).values()))
        columns += [_intrusion(top_EK[:, :FIRST], away), recall_E]
    found = boot(told.players_E, *columns)
    return Telling(
        *(found.mean(0), found.mean(2), found.difference(2, 0)),
        *(found.mean(1), found.mean(3), found.difference(3, 1)),
    )


def _response(model: Asked, told: Told, tags: Ragged, *, boot: _Resampling, seed: int) -> Response | None:
    """Each list dislikes one of the first places of its answer, and its nearest games are ranked again.

    None where no game has tags to be near by.
    """
    generator = np.random.default_rng(seed)
    top_EK = model.best(told.liked_EN, FIRST)
    filled_E = np.maximum((top_EK > 0).sum(axis=1), 1)
    new_E1 = top_EK[np.arange(len(told)), generator.integers(filled_E)].astype(np.int64)[:, None]
    distinct, inverse = np.unique(new_E1[:, 0], return_inverse=True)
    near_EN = nearest_by_tags(tags, distinct, NEAREST)[inverse]
    # A game that the visitor has named has no place, before or after.
    near_EN = np.where((near_EN[:, :, None] == told.liked_EN[:, None, :]).any(axis=2), 0, near_EN)
    before_EN, after_EN = (
        _places(model, told.liked_EN, new_E1, near_EN, read_dislikes=reads) for reads in (False, True)
    )
    counted = near_EN > 0
    kept = counted.any(axis=1)
    if not kept.any():
        return None
    number_E = counted.sum(axis=1)[kept]
    fall_EN = np.where(counted, after_EN - before_EN, 0)[kept]
    found = boot(told.players_E[kept], fall_EN.sum(axis=1) / number_E, (fall_EN > 0).sum(axis=1) / number_E)
    return Response(found.mean(0), found.mean(1))


def _places(model: Asked, liked_EL: Ints, new_E1: Ints, items_EN: Ints, *, read_dislikes: bool) -> Ints:
    """int64 [E, N]: the place of each item in the whole order without the new dislikes; 1 is the best."""
    places_EN = np.zeros(items_EN.shape, np.int64)
    for at, scores_BV in model.scores(liked_EL, new_E1, read_dislikes=read_dislikes):
        rows_B = np.arange(len(scores_BV))
        scores_BV[rows_B, new_E1[at, 0] - 1] = -np.inf
        for column, items_B in enumerate(items_EN[at].T):
            own_B = scores_BV[rows_B, items_B - 1]
            places_EN[at, column] = 1 + (scores_BV > own_B[:, None]).sum(axis=1)
    return places_EN


def _intrusion(top_EK: Ints, away: Sequence[Ints]) -> Floats:
    """float64 [E]: the share of the games of each list that are in its answer."""
    return np.array(
        [np.isin(games, top_K).mean() for top_K, games in zip(top_EK, away, strict=True)], np.float64
    )


def _part(told: Told, kept: Sequence[int]) -> Told:
    return Told(told.liked_EN[list(kept)], told.players_E[list(kept)], [told.expected[at] for at in kept])
