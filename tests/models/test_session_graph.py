import itertools

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from srec.models.session_graph import dense_edges


def slow_edges(session: list[int]) -> dict[tuple[int, int], int]:
    """The rule of the paper's Figure 2, walked pair by pair from the newest item to the oldest."""
    newest_first = session[::-1]
    edges = {(item, item): 1 for item in session}
    steps = {(a, b) for a, b in itertools.pairwise(newest_first) if a != b}
    for a, b in steps:
        edges[a, b] = 4 if (b, a) in steps else 2
        edges[b, a] = 4 if (b, a) in steps else 3
    return edges


def as_edges(session: list[int], padding: int) -> dict[tuple[int, int], int]:
    items = torch.tensor([session + [0] * padding])
    types = dense_edges(items)
    edges: dict[tuple[int, int], int] = {}
    for row, column in np.argwhere(types[0].numpy() > 0):
        assert column < len(session), "padding has no edges"
        assert session.index(session[column]) == column, "a repeated item is one node"
        if row < len(session):
            edges[session[row], session[column]] = int(types[0, row, column])
    return edges


def test_the_example_of_the_four_types() -> None:
    # 1 -> 2 -> 1 -> 3: 1 and 2 are joined both ways; 3 has an edge out to the older 1, and 1 one in from 3.
    edges = {(1, 1): 1, (2, 2): 1, (3, 3): 1, (1, 2): 4, (2, 1): 4, (3, 1): 2, (1, 3): 3}
    assert as_edges([1, 2, 1, 3], 0) == edges


@given(st.lists(st.integers(1, 5), min_size=1, max_size=9), st.integers(0, 3))
def test_it_equals_the_slow_walk(session: list[int], padding: int) -> None:
    assert as_edges(session, padding) == slow_edges(session)
