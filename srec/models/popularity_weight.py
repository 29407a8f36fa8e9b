"""How much popularity an answer has where a visitor does not say: chosen on the validation window.

Recall alone rewards the popular list, which a visitor knows, and recall of what is off the head rewards the
obscure. So the rule looks at neither: it takes the largest weight whose answers hold at most a fifth of the
popular list. That is as much of the safe guess as leaves most of an answer to the visitor's taste.

Shapes: B users, V items.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Dataset, Ints

if TYPE_CHECKING:
    from srec.models.sums import Sum

GRID = tuple(round(0.05 * step, 2) for step in range(15))
SHOWN = 12
MOST_POPULAR = SHOWN / 5
_HEAD = 50
_TOLD = 5  # items of a user whose session is all validation
_BATCH = 100


def choose(
    before: "Sum", dataset: Dataset, *, users: int, otherwise: float
) -> tuple[float, list[dict[str, float]]]:
    """The chosen weight, and what each weight of GRID reached.

    A user of the validation window tells the games before it, and the games in it are expected. A user whose
    whole session lies in the window tells the first half of it, five games at most.

    Args:
        before: counted on the data before the validation window.
        dataset: the dataset.
        users: at most so many users are asked, evenly spread.
        otherwise: the weight where the window has no such user.

    Returns:
        The weight, and for each weight of the grid its "weight", "recall@12" and "off_head_recall@12", the
        share of the expected games that are among 12, of all and of those outside the 50 most popular, and
        "overlap", how many of the 12 are the 12 most popular games that are not told.
    """
    asked = _asked(dataset, users)
    if not asked:
        return otherwise, []
    items, _, _ = dataset.sequences.learnable("train")
    counts_V = np.bincount(items, minlength=dataset.item_count + 1)[1:]
    popular_V = np.argsort(-counts_V, kind="stable")
    gains = np.zeros((len(GRID), 3))
    totals = np.zeros(3)
    for at in range(0, len(asked), _BATCH):
        _add(before, asked[at : at + _BATCH], popular_V, gains=gains, totals=totals)
    means = gains / np.maximum(totals, 1)
    log = [
        {"weight": weight, "recall@12": recall, "off_head_recall@12": off, "overlap": overlap}
        for weight, (recall, off, overlap) in zip(GRID, means.round(6).tolist(), strict=True)
    ]
    allowed = [line["weight"] for line in log if line["overlap"] <= MOST_POPULAR]
    return max(allowed, default=0.0), log


def _asked(dataset: Dataset, users: int) -> list[tuple[Ints, Ints]]:
    """What some users of the validation window tell, and what is expected."""
    known = dataset.sequences
    begins, middles, ends = known.offsets[:-1], known.train_ends, known.valid_ends
    whole = middles == begins
    splits = np.where(whole, begins + np.minimum((ends - begins) // 2, _TOLD), middles)
    there = np.flatnonzero((ends > splits) & (splits > begins) & (ends > middles))
    chosen = there[np.unique(np.linspace(0, len(there) - 1, min(users, len(there)), dtype=np.int64))]
    return [
        (known.items[begins[user] : splits[user]], known.items[splits[user] : ends[user]]) for user in chosen
    ]


def _add(
    before: "Sum",
    asked: Sequence[tuple[Ints, Ints]],
    popular_V: Ints,
    *,
    gains: npt.NDArray[np.float64],
    totals: npt.NDArray[np.float64],
) -> None:
    """Add some users' recalls and overlaps at each weight to ``gains``; ``totals`` counts who has any."""
    items_BL = np.zeros((len(asked), max(len(told) for told, _ in asked)), np.int64)
    for row_L, (told, _) in zip(items_BL, asked, strict=True):
        row_L[: len(told)] = told
    taste_BV = before.taste(items_BL, (items_BL > 0).astype(np.float32))
    counted = np.zeros((3, *taste_BV.shape), np.bool_)  # expected, expected off-head, popular
    for expected_V, left_V, (told, expected) in zip(counted[0], counted[2], asked, strict=True):
        expected_V[expected - 1] = True
        expected_V[told - 1] = False
        popular = popular_V[: SHOWN + len(told)]
        left_V[popular[~np.isin(popular, told - 1)][:SHOWN]] = True
    counted[1] = counted[0]
    counted[1][:, popular_V[:_HEAD]] = False
    possible = np.minimum(counted.sum(axis=2), SHOWN)
    possible[2] = 1
    totals += (possible > 0).sum(axis=1)
    rows, places = np.nonzero(items_BL)
    for place, weight in enumerate(GRID):
        scores_BV = np.float32(1 - weight) * taste_BV + np.float32(weight) * before.parts.popularity
        scores_BV[rows, items_BL[rows, places] - 1] = -np.inf
        shown = min(SHOWN, scores_BV.shape[1])
        top_BK = np.argpartition(-scores_BV, shown - 1, axis=1)[:, :shown]
        hits = np.take_along_axis(counted, top_BK[None], axis=2).sum(axis=2)
        gains[place] += (hits / np.maximum(possible, 1)).sum(axis=1)


def described(log: Sequence[Mapping[str, float]], weight: float) -> dict[str, float]:
    """What the chosen weight reached, by metric; empty where nothing was measured."""
    return next(
        (
            {name: value for name, value in line.items() if name != "weight"}
            for line in log
            if line["weight"] == weight
        ),
        {},
    )
