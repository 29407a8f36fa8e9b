"""Full ranking: every item except the inputs is a candidate, and the target's place is its rank.

Of equal scores, the lower item number ranks first, which is also the order a visitor sees. So a constant
scorer ranks by the numbering (app ids) and gains nothing from its ties. No candidates are sampled, because
that can reverse the order of models (Krichene & Rendle, "On sampled metrics for item recommendation", 2020).

Shapes: E examples, B examples of a batch, V items, K places of a list.
"""

import time
from dataclasses import dataclass

import numpy as np

from srec.dataset.batches import Examples, batches
from srec.dataset.dataset import Ints
from srec.errors import SRecError
from srec.evaluation.settings import BATCH_SIZE
from srec.models.base import Scorer, ScoresBV
from srec.ranking import top_k

MISSED = 1 << 40  # a rank beyond every list, however few items there are


@dataclass(frozen=True)
class Ranking:
    """The outcome for every example, in the examples' order.

    Attributes:
        ranks: int64 [E], 1 is best; MISSED if the target is excluded or scored -inf.
        top_items: int32 [E, K], items 1..V, best first; 0 fills the places of short lists.
        unanswerable: how many targets are among their own inputs.
        seconds: the time spent in the scorer.
    """

    ranks: Ints
    top_items: Ints
    unanswerable: int
    seconds: float


def rank_all(
    scorer: Scorer,
    data: Examples,
    item_count: int,
    *,
    top: int = 20,
    exclude_inputs: bool = True,
    batch_size: int = BATCH_SIZE,
) -> Ranking:
    """Rank every item for every example.

    Args:
        scorer: the model to measure.
        data: the examples.
        item_count: V.
        top: K, how many of the best items to keep for each example; 0 skips the search for them.
        exclude_inputs: whether the input's own items are excluded from the answer.
        batch_size: examples scored at a time; it bounds the memory and changes no rank.

    Raises:
        SRecError: a score is NaN, or the number of scores is not the number of items.
    """
    ranks = np.zeros(len(data), np.int64)
    top_items = np.zeros((len(data), top), np.int32)
    unanswerable, seconds = 0, 0.0
    for chosen in batches(data, batch_size):
        items_BL, targets_B = data.inputs(chosen), data.targets[chosen].astype(np.int64)
        started = time.perf_counter()
        scores_BV = scorer.score(items_BL)
        seconds += time.perf_counter() - started
        check_scores(scores_BV, (len(chosen), item_count))
        if exclude_inputs:
            unanswerable += int((items_BL == targets_B[:, None]).any(axis=1).sum())
            rows, places = np.nonzero(items_BL)
            scores_BV[rows, items_BL[rows, places] - 1] = -np.inf
        ranks[chosen] = _ranks(scores_BV, targets_B)
        if top:
            top_items[chosen] = top_items_of(scores_BV, top)
    return Ranking(ranks, top_items, unanswerable, seconds)


def statement(item_count: int, unanswerable: int | None) -> list[str]:
    """The protocol in sentences, for the report.

    Args:
        item_count: V.
        unanswerable: the number of targets among their own inputs; None if inputs may be answers.
    """
    inputs = [
        "The games of the input are excluded from the answer. A target that is among its own inputs cannot be"
        f" answered and counts as a miss: {unanswerable:,} here."
        if unanswerable is not None
        else "Items of the input may be answers: sessions repeat them."
    ]
    return [
        f"Each example asks for the next game of a session. The model ranks all {item_count:,} games, not a"
        " sample of them.",
        *inputs,
        "Ties: of equal scores, the lower item number ranks first, which is also the order a visitor sees.",
        "HR@K: the target is among the first K. MRR@K: 1/rank if it is, else 0. NDCG@K: 1/log2(rank + 1) if"
        " it is, else 0 (there is one right answer).",
    ]


def check_scores(scores_BV: ScoresBV, shape: tuple[int, int]) -> None:
    """Refuse scores that cannot be ranked.

    Raises:
        SRecError: a score is NaN, or the scores are not of this shape.
    """
    if scores_BV.shape != shape:
        raise SRecError(
            f"the model gives scores of shape {scores_BV.shape}, but {shape} is needed: it belongs to another"
            " dataset"
        )
    # The minimum is NaN if any score is NaN.
    if np.isnan(scores_BV.min()):
        raise SRecError("a score is not a number (NaN): the model cannot be ranked, train it again")


def _ranks(scores_BV: ScoresBV, targets_B: Ints) -> Ints:
    """1 + the items that score higher, or the same with a lower number; MISSED for -inf. It sorts nothing."""
    ranks_B = np.empty(len(targets_B), np.int64)
    for row, (scores_V, target) in enumerate(zip(scores_BV, targets_B - 1, strict=True)):
        score = scores_V[target]
        if score == -np.inf:
            ranks_B[row] = MISSED
            continue
        ranks_B[row] = 1 + np.count_nonzero(scores_V > score) + np.count_nonzero(scores_V[:target] == score)
    return ranks_B


def top_items_of(scores_BV: ScoresBV, top: int) -> Ints:
    """int32 [B, K]: the items 1..V of the best scores, as ``top_k`` orders them; 0 fills short lists."""
    best_BK = np.zeros((len(scores_BV), top), np.int32)
    for best_K, scores_V in zip(best_BK, scores_BV, strict=True):
        found = top_k(scores_V, top)
        best_K[: len(found)] = found + 1
    return best_BK
