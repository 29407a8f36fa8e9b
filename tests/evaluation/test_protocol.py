"""rank_all against a slow and obvious version, and its rules at the edges."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srec.dataset.batches import Examples
from srec.dataset.dataset import Ints
from srec.errors import SRecError
from srec.evaluation.protocol import MISSED, rank_all
from srec.models.base import ItemsBL, ScoresBV


class Table:
    """Looks scores up by the sum of an example's input, so that the order of batches does not matter."""

    def __init__(self, table: npt.NDArray[np.float32]) -> None:
        self.table = table

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        return self.table[items_BL.sum(1) % len(self.table)]


def cut(sessions: list[list[int]]) -> Examples:
    """One example of each session: its last item after all others."""
    lengths = np.array([len(session) for session in sessions])
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    items = np.array([item for session in sessions for item in session], np.int32)
    return Examples(items, offsets[:-1], offsets[1:] - 1, np.arange(len(sessions)))


def slow(scores: Ints, inputs: list[int], target: int, exclude: bool) -> tuple[int, list[int]]:
    """The rank of the target and the whole list, by a stable sort; items with -inf are not recommended."""
    order = [int(item) + 1 for item in np.argsort(-scores, kind="stable") if scores[item] > -np.inf]
    shown = [item for item in order if not (exclude and item in inputs)]
    return (shown.index(target) + 1 if target in shown else MISSED), shown


@st.composite
def worlds(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], list[list[int]]]:
    """A table of scores with many ties and infinities, and sessions that may repeat their target."""
    item_count = draw(st.integers(1, 8))
    values = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf])
    rows = draw(st.lists(st.lists(values, min_size=item_count, max_size=item_count), min_size=1, max_size=4))
    session = st.lists(st.integers(1, item_count), min_size=2, max_size=6)
    return np.array(rows, np.float32), draw(st.lists(session, min_size=1, max_size=9))


@given(worlds(), st.booleans(), st.integers(1, 10), st.integers(1, 4))
def test_ranks_are_those_of_a_stable_sort(
    world: tuple[npt.NDArray[np.float32], list[list[int]]], exclude: bool, top: int, batch_size: int
) -> None:
    table, sessions = world
    item_count = table.shape[1]
    ranking = rank_all(
        Table(table), cut(sessions), item_count, top=top, exclude_inputs=exclude, batch_size=batch_size
    )
    missed = 0
    for place, (*inputs, target) in enumerate(sessions):
        rank, shown = slow(table[sum(inputs) % len(table)], inputs, target, exclude)
        assert ranking.ranks[place] == rank
        assert ranking.top_items[place].tolist() == (shown + [0] * top)[:top]
        missed += exclude and target in inputs
    assert ranking.unanswerable == missed


def test_a_constant_scorer_ranks_by_number() -> None:
    """If all scores are equal, the target's rank is its number minus the inputs with lower numbers."""
    sessions = [[1, 2, 5], [4, 3], [2, 1], [5, 4, 5]]
    ranking = rank_all(Table(np.zeros((1, 6), np.float32)), cut(sessions), 6, top=3)
    # 5 behind 3, 4 (1 and 2 are inputs): 3rd. 3 behind 1, 2: 3rd. 1: 1st. 5 is its own input.
    assert ranking.ranks.tolist() == [3, 3, 1, MISSED]
    assert ranking.top_items.tolist() == [[3, 4, 5], [1, 2, 3], [1, 3, 4], [1, 2, 3]]
    assert ranking.unanswerable == 1
    assert (ranking.ranks.dtype, ranking.top_items.dtype) == (np.int64, np.int32)


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(SRecError, match="NaN"):
        rank_all(Table(np.array([[1, np.nan, 0]], np.float32)), cut([[1, 2]]), 3)


def test_scores_of_another_catalogue_are_refused() -> None:
    with pytest.raises(SRecError, match="another dataset"):
        rank_all(Table(np.zeros((1, 4), np.float32)), cut([[1, 2]]), 3)
