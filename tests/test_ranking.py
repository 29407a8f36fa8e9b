"""The one search for the best scores finds the same as sorting all of them."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from srec.ranking import top_k

TIED = st.sampled_from([-np.inf, -1.5, -0.0, 0.0, 1.0, 2.0, np.inf])
ANY = st.floats(allow_nan=False, width=32)
SCORES = st.sampled_from([np.float32, np.float64]).flatmap(
    lambda kind: arrays(kind, st.integers(0, 60), elements=TIED | ANY)
)


def sorted_whole(scores_V: npt.NDArray[np.floating], k: int) -> list[int]:
    """Of equal scores, the lower place comes first; -inf never appears."""
    order = np.argsort(-scores_V, kind="stable").tolist()
    return [place for place in order if scores_V[place] > -np.inf][:k]


@given(SCORES, st.integers(0, 70))
def test_the_best_are_those_of_a_whole_stable_sort(scores_V: npt.NDArray[np.floating], k: int) -> None:
    before = scores_V.copy()
    assert top_k(scores_V, k).tolist() == sorted_whole(scores_V, k)
    np.testing.assert_array_equal(scores_V, before)


@given(arrays(np.float32, st.integers(1, 40), elements=TIED), st.integers(1, 40))
def test_a_tie_at_the_cut_goes_to_the_lower_places(scores_V: npt.NDArray[np.float32], k: int) -> None:
    found = top_k(scores_V, k)
    left_out = np.setdiff1d(np.flatnonzero(scores_V > -np.inf), found)
    if len(found) and len(left_out):
        last = found[-1]
        assert (scores_V[left_out] <= scores_V[last]).all()
        assert (left_out[scores_V[left_out] == scores_V[last]] > last).all()


def test_fewer_come_back_where_fewer_may_be_recommended() -> None:
    assert top_k(np.array([-np.inf, 3.0, -np.inf]), 2).tolist() == [1]
    assert top_k(np.full(3, -np.inf), 2).tolist() == []
