"""Stability: how much of an answer stays when the list changes a little, or the model is trained again.

Two answers are compared by Jaccard@K, and by RBO@K: the rank-biased overlap of Webber et al., "A similarity
measure for indefinite rankings", 2010, in the extrapolated form of their equation 32 for two lists of one
length, which takes the agreement at depth K to go on. It is 1 for equal lists, and weighs the top more.

Shapes: E lists, L games of a list, K places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srec.dataset.dataset import Floats, Ints, Ragged
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Comparison, compare
from srec.evaluation.nearest import first_not_in, nearest_by_tags
from srec.evaluation.players import padded

K = 10
SHORTEST, LONGEST = 3, 7
PERSISTENCE = 0.9


@dataclass(frozen=True)
class Changes:
    """Lists, and the same lists a little changed.

    Attributes:
        lists_EL: int64 [E, L], padded with 0 on the right.
        changed: by kind of change, a key of ``visited.CHANGES``: int64 [E, L].
    """

    lists_EL: Ints
    changed: Mapping[str, Ints]


def changes(games: Sequence[Ints], tags: Ragged, *, seed: int) -> Changes:
    """Lists of 3 to 7 games, and each of them changed in every way.

    Args:
        games: by visitor, the liked games in the order in which they are named; with fewer than 8 of them a
            visitor is left out.
        tags: of the dataset.
        seed: draws lengths, orders and places.
    """
    generator = np.random.default_rng(seed)
    games = [one for one in games if len(one) > LONGEST]
    sizes = generator.integers(SHORTEST, LONGEST + 1, size=len(games))
    lists = [one[:size] for one, size in zip(games, sizes, strict=True)]
    places = generator.integers(sizes) if len(games) else sizes
    gone = np.array([one[place] for one, place in zip(lists, places, strict=True)], np.int64)
    lists_EL = padded(lists)
    similar_E = first_not_in(nearest_by_tags(tags, gone, LONGEST + 1), lists_EL)
    swapped_EL = lists_EL.copy()
    swapped_EL[np.arange(len(lists)), places] = np.where(similar_E > 0, similar_E, gone)
    return Changes(
        lists_EL,
        {
            "permuted": padded([generator.permutation(one) for one in lists]),
            "added": padded([one[: size + 1] for one, size in zip(games, sizes, strict=True)]),
            "dropped": padded([np.delete(one, place) for one, place in zip(lists, places, strict=True)]),
            "swapped": swapped_EL,
        },
    )


def stability(
    models: Mapping[str, Asked], asked: Changes, *, baselines: Sequence[str], resamples: int, seed: int
) -> dict[str, Comparison]:
    """By kind of change, how much of each model's answers stays, with paired differences.

    Args:
        models: the models by name.
        asked: the lists; each is of another visitor.
        baselines: the models that the others must beat.
        resamples: how often the visitors are drawn again.
        seed: of the resamples.
    """
    before = {name: model.best(asked.lists_EL, K) for name, model in models.items()}
    return {
        kind: compare(
            {name: agreement(before[name], model.best(changed_EL, K)) for name, model in models.items()},
            np.arange(len(changed_EL)),
            baselines=baselines,
            resamples=resamples,
            generator=np.random.default_rng(seed),
        )
        for kind, changed_EL in asked.changed.items()
    }


def trained_again(
    first: Asked, second: Asked, lists_EL: Ints, *, app_ids: Ints, second_app_ids: Ints | None = None
) -> dict[str, Floats]:
    """How much of the answers stays with another seed, or with more reviews: float64 [E] by measure.

    Args:
        first: the model.
        second: the model trained again.
        lists_EL: int64 [E, L], in the items of ``first``, padded with 0 on the right.
        app_ids: int [V + 1], the app ids of the items of ``first``.
        second_app_ids: those of ``second``; None means the same. A game that it does not know is not told.
    """
    theirs = app_ids if second_app_ids is None else second_app_ids
    number = {int(app_id): item for item, app_id in enumerate(theirs)}
    told = [[number.get(int(app_id), 0) for app_id in app_ids[list_L]] for list_L in lists_EL]
    second_EL = padded([np.array([item for item in one if item], np.int64) for one in told])
    return agreement(app_ids[first.best(lists_EL, K)], theirs[second.best(second_EL, K)])


def agreement(first_EK: Ints, second_EK: Ints) -> dict[str, Floats]:
    """How alike two answers to each list are, in [0, 1]: float64 [E] by measure, "RBO@K" and "Jaccard@K".

    Args:
        first_EK: int [E, K]; 0 is an empty place.
        second_EK: int [E, K].
    """
    length = first_EK.shape[1]
    same_EKK = (first_EK[:, :, None] == second_EK[:, None, :]) & (first_EK > 0)[:, :, None]
    depths = np.arange(1, length + 1)
    common_EK = same_EKK.cumsum(axis=1).cumsum(axis=2)[:, depths - 1, depths - 1]
    weights = (1 - PERSISTENCE) * PERSISTENCE ** (depths - 1)
    sizes_E, others_E = ((top_EK > 0).sum(axis=1) for top_EK in (first_EK, second_EK))
    # Where both answers are short, what they have at their end goes on.
    shared_EK = common_EK / np.minimum(depths, np.maximum(np.maximum(sizes_E, others_E), 1)[:, None])
    rbo_E = shared_EK @ weights + PERSISTENCE**length * shared_EK[:, -1]
    union_E = sizes_E + others_E - common_EK[:, -1]
    jaccard_E = np.where(union_E > 0, common_EK[:, -1] / np.maximum(union_E, 1), 1.0)
    return {f"RBO@{length}": rbo_E, f"Jaccard@{length}": jaccard_E}
