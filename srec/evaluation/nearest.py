"""The games that resemble a game most, by the cosine of their weighted tags."""

import numpy as np

from srec.dataset.dataset import Ints, Ragged
from srec.evaluation.settings import BATCH_SIZE
from srec.models.tags import TagScorer
from srec.ranking import top_k


def nearest_by_tags(tags: Ragged, items: Ints, k: int) -> Ints:
    """int64 [N, k]: the most similar other items, best first; 0 where no other item shares a tag.

    Args:
        tags: of the dataset.
        items: int [N], from 1.
        k: how many.
    """
    assert tags.weights is not None
    scorer = TagScorer(tags.offsets, tags.ids, tags.weights, tag_count=len(tags.names))
    found = np.zeros((len(items), k), np.int64)
    for at in range(0, len(items), BATCH_SIZE):
        some = np.asarray(items[at : at + BATCH_SIZE], np.int64)
        scores_BV = scorer.score(some[:, None])
        scores_BV[np.arange(len(some)), some - 1] = -np.inf
        scores_BV[scores_BV <= 0] = -np.inf
        for row, scores_V in enumerate(scores_BV):
            best = top_k(scores_V, k)
            found[at + row, : len(best)] = best + 1
    return found


def first_not_in(candidates_EK: Ints, lists_EL: Ints) -> Ints:
    """int64 [E]: the first candidate that is not in the list of its row; 0 if there is none."""
    fresh_EK = (candidates_EK > 0) & ~(candidates_EK[:, :, None] == lists_EL[:, None, :]).any(axis=2)
    first_E = candidates_EK[np.arange(len(candidates_EK)), fresh_EK.argmax(axis=1)]
    return np.where(fresh_EK.any(axis=1), first_E, 0)
