"""The exact top k against the reference, for every kernel that can run here; NumPy is always one of them."""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import reload

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from srec.inference import exact, scans
from srec.inference.exact import ExactTopK
from srec.inference.reference import reference_scores, reference_top_k
from srec.inference.scans import kernels

KERNELS = kernels()
FLOATS = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.floats(-2, 2, width=32),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 3.4e38, -3.4e38, 1e-38]),
)


def check(items_VD, vectors_BD, k, kernel, allowed_V=None, excluded=None, typical_BD=None):
    index = ExactTopK(items_VD, kernel, typical_BD)
    found = index.search(vectors_BD, k, allowed_V=allowed_V, excluded=excluded)
    wanted = reference_top_k(items_VD, vectors_BD, k, allowed_V, excluded)
    np.testing.assert_array_equal(found.rows, wanted.rows)
    np.testing.assert_array_equal(found.scores, wanted.scores)
    assert index.counts.outside == 0
    return found


@st.composite
def cases(draw):
    count, dimension = draw(st.integers(1, 36)), draw(st.integers(1, 11))
    items_VD = draw(arrays(np.float32, (count, dimension), elements=FLOATS))
    if draw(st.booleans()):
        # As many equal rows as possible, and some that differ in the last bit of a number.
        items_VD = items_VD[draw(arrays(np.int64, count, elements=st.integers(0, count - 1)))]
        near = draw(st.integers(0, count - 1)), draw(st.integers(0, dimension - 1))
        items_VD[near] = np.nextafter(items_VD[near], np.float32(0))
    vectors_BD = draw(arrays(np.float32, (draw(st.integers(1, 3)), dimension), elements=FLOATS))
    allowed_V = draw(st.none() | arrays(np.bool_, count))
    rows = st.lists(st.integers(0, count - 1), max_size=5)
    excluded = draw(st.none() | st.lists(rows, min_size=len(vectors_BD), max_size=len(vectors_BD)))
    typical_BD = draw(st.none() | st.just(vectors_BD) | arrays(np.float32, (2, dimension), elements=FLOATS))
    return items_VD, vectors_BD, draw(st.integers(1, count + 2)), allowed_V, excluded, typical_BD


@pytest.mark.parametrize("kernel", KERNELS)
# A busy machine draws slowly, which says nothing about the code.
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_equals_the_reference_for_any_matrix_query_k_and_filter(kernel, case):
    items_VD, vectors_BD, k, allowed_V, excluded, typical_BD = case
    check(items_VD, vectors_BD, k, kernel, allowed_V, excluded, typical_BD)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("count", "dimension"), [(5000, 128), (3001, 100), (777, 368), (17, 4100)])
def test_equals_the_reference_at_real_sizes(kernel, count, dimension):
    rng = np.random.default_rng(count)
    items_VD = (rng.normal(size=(count, dimension)) * rng.gamma(4, size=(count, 1))).astype(np.float32)
    vectors_BD = rng.normal(size=(70, dimension)).astype(np.float32)
    excluded = [rng.integers(0, count, 5) for _ in vectors_BD]
    allowed_V = rng.random(count) < 0.3
    for leaning in (0, 1, 30):  # of the queries, all the same way
        vectors_BD += np.float32(leaning)
        check(items_VD, vectors_BD, 10, kernel, allowed_V, excluded, vectors_BD)


@pytest.mark.parametrize("kernel", KERNELS)
def test_ties_go_to_the_lower_row_and_filters_apply_before_the_cut(kernel):
    items_VD = np.ones((50, 3), np.float32)
    vectors_BD = np.ones((1, 3), np.float32)
    assert check(items_VD, vectors_BD, 4, kernel).rows.tolist() == [[0, 1, 2, 3]]
    allowed_V = np.arange(50) >= 46
    found = check(items_VD, vectors_BD, 4, kernel, allowed_V, [[47]])
    assert found.rows.tolist() == [[46, 48, 49, -1]]
    assert found.scores.tolist() == [[3, 3, 3, -np.inf]]


@pytest.mark.parametrize("kernel", KERNELS)
def test_nothing_in_nothing_out(kernel):
    assert check(np.zeros((3, 0), np.float32), np.zeros((1, 0), np.float32), 2, kernel).rows.tolist() == [
        [0, 1]
    ]
    index = ExactTopK(np.zeros((0, 4), np.float32), kernel)
    assert index.search(np.ones((2, 4), np.float32), 3).rows.tolist() == [[-1] * 3] * 2
    assert (
        len(ExactTopK(np.ones((3, 4), np.float32), kernel).search(np.ones((0, 4), np.float32), 3).rows) == 0
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_few_rows_are_looked_at_closely(kernel):
    rng = np.random.default_rng(4)
    # Thirty rows to each of 267 directions, which lie far apart.
    items_VD = np.repeat(rng.normal(size=(267, 64)), 30, 0)[:8000] + rng.normal(0, 0.1, (8000, 64))
    items_VD = items_VD.astype(np.float32)
    index = ExactTopK(items_VD, kernel)
    index.search(items_VD[::400], 10)
    assert index.counts.queries == 20
    assert 200 <= index.counts.rescored < 20 * 100
    assert index.counts.opened < 20 * 500 / 4
    assert (index.counts.opened > 0) == (kernel != "numpy")


@pytest.mark.parametrize("kernel", sorted({*KERNELS} - {"numpy"}))
def test_what_queries_have_in_common_spares_looking(kernel):
    rng = np.random.default_rng(5)
    items_VD = rng.normal(size=(8000, 64)).astype(np.float32)
    common_D = rng.normal(size=64).astype(np.float32)
    vectors_BD = common_D + 0.2 * rng.normal(size=(20, 64)).astype(np.float32)
    counts = []
    for typical_BD in (None, vectors_BD, -vectors_BD):  # the last sorts the worst rows first
        index = ExactTopK(items_VD, kernel, typical_BD)
        found = index.search(vectors_BD, 10)
        np.testing.assert_array_equal(found.rows, reference_top_k(items_VD, vectors_BD, 10).rows)
        counts.append(index.counts)
    without, with_it, against = counts
    assert with_it.opened < against.opened < without.opened / 2
    assert with_it.rescored == against.rescored < without.rescored


def test_the_reference_is_the_sum_that_its_page_describes():
    rng = np.random.default_rng(0)
    items_VD, vector_D = rng.normal(size=(30, 21)).astype(np.float32), rng.normal(size=21).astype(np.float32)
    for row, score in zip(items_VD, reference_scores(items_VD, vector_D), strict=True):
        lanes = [0.0] * 8
        for at in range(21):
            lanes[at % 8] += float(row[at]) * float(vector_D[at])
        low = (lanes[0] + lanes[4]) + (lanes[2] + lanes[6])
        assert score == low + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))


@pytest.mark.parametrize("kernel", KERNELS)
def test_several_threads_share_an_index(kernel):
    rng = np.random.default_rng(1)
    items_VD = rng.normal(size=(2000, 24)).astype(np.float32)
    vectors_BD = rng.normal(size=(200, 24)).astype(np.float32)
    index, wanted = ExactTopK(items_VD, kernel), reference_top_k(items_VD, vectors_BD, 7)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda vector_D: index.search(vector_D[None], 7).rows[0], vectors_BD))
    np.testing.assert_array_equal(found, wanted.rows)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_score_outside_of_its_bounds_is_counted_and_answered_by_the_reference(kernel):
    rng = np.random.default_rng(2)
    items_VD = rng.normal(size=(300, 16)).astype(np.float32)
    vectors_BD = rng.normal(size=(4, 16)).astype(np.float32)
    index = ExactTopK(items_VD.copy(), kernel)
    # This simulates damaged memory: the bounds belong to other rows.
    index._items_VD[:] = items_VD[::-1]
    found = index.search(vectors_BD, 5)
    assert index.counts.outside > 0
    np.testing.assert_array_equal(found.rows, reference_top_k(items_VD[::-1], vectors_BD, 5).rows)


@pytest.mark.parametrize(
    ("items_VD", "vectors_BD", "k", "more"),
    [
        ([[np.nan]], [[1]], 1, {}),
        ([[1]], [[np.inf]], 1, {}),
        ([[1]], [[1, 2]], 1, {}),
        ([[1]], [[1]], 0, {}),
        ([[1]], [[1]], 1, {"allowed_V": np.ones(2, np.bool_)}),
        ([[1]], [[1]], 1, {"excluded": [[1]]}),
        ([[1]], [[1]], 1, {"excluded": [[-1]]}),
        ([[1]], [[1]], 1, {"excluded": [[0], [0]]}),
    ],
)
def test_what_does_not_fit_is_refused(items_VD, vectors_BD, k, more):
    with pytest.raises(ValueError, match="must"):
        ExactTopK(np.array(items_VD, np.float32)).search(np.array(vectors_BD, np.float32), k, **more)
    with pytest.raises(ValueError, match="less than 32,768 in a row"):
        ExactTopK(np.ones((1, 2**15), np.float32))
    with pytest.raises(ValueError, match="finite vectors of 2 numbers"):
        ExactTopK(np.ones((1, 2), np.float32), typical_BD=np.ones((1, 3), np.float32))
    with pytest.raises(ValueError, match="there is no kernel"):
        ExactTopK(np.ones((1, 1), np.float32), "abacus")


def test_without_the_native_module_numpy_answers(monkeypatch):
    monkeypatch.setitem(sys.modules, "srec.inference._scan", None)
    monkeypatch.delattr("srec.inference._scan", raising=False)
    try:
        reload(scans)
        reload(exact)
        assert scans.kernels() == ["numpy"]
        index = exact.ExactTopK(np.eye(3, dtype=np.float32))
        assert index.kernel == "numpy"
        assert index.search(np.array([[1, 3, 2]], np.float32), 2).rows.tolist() == [[1, 2]]
    finally:
        monkeypatch.undo()
        reload(scans)
        reload(exact)
