from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srec.models.global_graph import count_neighbours, global_graph, pack

sessions_of_items = st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=8), min_size=1, max_size=8)


def flat(sessions: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    items = np.array([item for session in sessions for item in session], np.int32)
    return items, np.repeat(np.arange(len(sessions)), [len(session) for session in sessions])


def slow_counts(sessions: list[list[int]], window: int) -> Counter[tuple[int, int]]:
    counts: Counter[tuple[int, int]] = Counter()
    for session in sessions:
        for distance in range(1, window + 1):
            for older, newer in zip(session, session[distance:], strict=False):
                counts[older, newer] += 1
                counts[newer, older] += 1
    return counts


@given(sessions_of_items, st.integers(1, 3))
def test_counts_equal_the_slow_count(sessions: list[list[int]], window: int) -> None:
    items, flat_sessions = flat(sessions)
    item, neighbour, count = count_neighbours(
        pack(items, flat_sessions, window), np.arange(len(items)), bits=3, window=window
    )
    assert dict(zip(zip(item, neighbour, strict=True), count, strict=True)) == slow_counts(sessions, window)


@given(sessions_of_items, st.integers(1, 4), st.integers(1, 40))
def test_counting_in_ranges_changes_nothing(sessions: list[list[int]], neighbours: int, pairs: int) -> None:
    items, flat_sessions = flat(sessions)
    whole = global_graph(items, flat_sessions, 8, window=3, neighbours=neighbours, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srec.models.global_graph.PAIRS", pairs)
        parts = global_graph(items, flat_sessions, 8, window=3, neighbours=neighbours, seed=1)
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one, other)


def test_the_heaviest_neighbours_are_kept() -> None:
    # 1 meets 2 three times, 3 twice, 4 once.
    items, sessions = flat([[1, 2], [2, 1], [1, 2], [1, 3], [3, 1], [1, 4]])
    neighbours, weights = global_graph(items, sessions, 5, window=3, neighbours=2, seed=0)
    assert neighbours[1].tolist() == [2, 3]
    assert weights[1].tolist() == [3.0, 2.0]


def test_few_neighbours_are_drawn_again_and_none_is_item_0() -> None:
    items, sessions = flat([[1, 2], [1, 3]])
    neighbours, weights = global_graph(items, sessions, 4, window=3, neighbours=12, seed=0)
    assert set(neighbours[1]) == {2, 3}, "drawn with replacement from those it has"
    assert set(neighbours[2]) == {1}
    assert neighbours[4].tolist() == [0] * 12
    assert weights[4].tolist() == [0.0] * 12
    assert not neighbours[0].any()


def test_an_item_that_follows_itself_is_its_own_neighbour() -> None:
    items, sessions = flat([[1, 1]])
    neighbours, weights = global_graph(items, sessions, 1, window=3, neighbours=1, seed=0)
    assert (neighbours[1, 0], weights[1, 0]) == (1, 2.0)


def test_sessions_of_one_item_have_no_neighbours() -> None:
    neighbours, weights = global_graph(*flat([[1], [2]]), 2, window=3, neighbours=3, seed=0)
    assert not neighbours.any()
    assert not weights.any()
