"""Cold games: whole games are withheld from the training, and asked for among all games.

A model that was trained without them can place them only by what it knows of a game beside reviews.
Shapes: E lists, K places, V items.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Comparison, compare_where_defined
from srec.evaluation.fold_in import Mask, gains, tell


def withheld_mask(item_count: int, share: float, seed: int) -> Mask:
    """The games to withhold, drawn at random: bool [V + 1].

    Args:
        item_count: V.
        share: of the games, in (0, 1).
        seed: of the draw.
    """
    mask = np.zeros(item_count + 1, bool)
    drawn = np.random.default_rng(seed).permutation(item_count)[: max(1, round(share * item_count))]
    mask[drawn + 1] = True
    return mask


def cold(
    models: Mapping[str, Asked],
    ordered: Sequence[Sequence[Ints]],
    withheld: Mask,
    *,
    count: int,
    lengths: Sequence[int] = (12, 100),
    baselines: Sequence[str],
    resamples: int,
    seed: int,
) -> Comparison:
    """How well withheld games are found, and the others: "withheld@K" and "others@K" are recall@K.

    Args:
        models: the models by name, trained without the withheld games.
        ordered: by draw and player, the games in the order in which they are told, as ``fold_in.orders``
            gives them; withheld games are not told.
        withheld: bool [V + 1].
        count: how many games are told.
        lengths: each K.
        baselines: the models that the others must beat.
        resamples: how often the players are drawn again.
        seed: of the resamples.
    """
    split = [
        [np.concatenate((games[~withheld[games]], games[withheld[games]])) for games in draw]
        for draw in ordered
    ]
    known = [[games if (~withheld[games]).sum() >= count else games[:0] for games in draw] for draw in split]
    told = tell(known, count)
    values: dict[str, dict[str, Floats]] = {}
    for name, model in models.items():
        top_EK = model.best(told.liked_EN, max(lengths))
        values[name] = {}
        for length in lengths:
            for kind, hidden in (("withheld", ~withheld), ("others", withheld)):
                found = list(gains(top_EK[:, :length], told, hidden).values())
                values[name][f"{kind}@{length}"] = found[-1]
    return compare_where_defined(values, told.players_E, baselines=baselines, resamples=resamples, seed=seed)
