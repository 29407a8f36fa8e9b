"""Games with few or no reviews borrow from the games most like them."""

import numpy as np
import pytest
import scipy.sparse as sp

from srec.models import borrowing
from srec.models.likeness import Rows

ITEMS = 20
COUNTS = np.array([0.0, 2.0] + [50.0] * 18)  # items 0 and 1 are in need


@pytest.fixture
def alike() -> list[Rows]:
    """Items 0 and 5 are most alike, then 0 and 6; 1 is like 7 only, and like 0, which has nothing to lend."""
    matrix = sp.lil_matrix((ITEMS, ITEMS), dtype=np.float32)
    for one, other, much in ((0, 5, 4), (0, 6, 2), (1, 7, 3), (1, 0, 9)):
        matrix[one, other] = matrix[other, one] = much
    whole = matrix.tocsr()
    return [lambda rows: whole[rows]]


def lent(alike: list[Rows]) -> sp.csr_matrix:
    none = np.zeros((ITEMS, 0), np.float32)
    needs_V = borrowing.needs(COUNTS)
    return borrowing.lenders(alike, none, none, needs_V=needs_V, counts_V=COUNTS, block=7)


def test_the_fewer_reviews_the_more_is_borrowed() -> None:
    needs_V = borrowing.needs(np.array([0.0, 3.0, 10.0, 1000.0]))
    assert needs_V.tolist() == pytest.approx([1, 0.5, 3 / 13, 0])


def test_the_most_alike_lends_most_and_who_has_nothing_lends_nothing(alike: list[Rows]) -> None:
    shares = lent(alike).toarray()
    assert shares[0, [5, 6]] == pytest.approx([64 / 72, 8 / 72])
    assert shares[1, 7] == pytest.approx(1)
    assert np.count_nonzero(shares) == 3, "games with reviews of their own borrow nothing"


def test_a_game_without_reviews_is_near_what_its_lenders_are_near(alike: list[Rows]) -> None:
    counted = sp.lil_matrix((ITEMS, ITEMS), dtype=np.float32)
    counted[5, 9], counted[9, 5], counted[9, 6], counted[12, 13] = 2, 3, 1, 5
    rows = borrowing.borrowed(counted.tocsr(), lent(alike), borrowing.needs(COUNTS))
    found = rows(slice(0, ITEMS)).toarray()
    assert found[0, 9] == pytest.approx(2 * 64 / 72), "named"
    wanted = borrowing._STRENGTH * (3 * 64 + 1 * 8) / 72
    assert found[9, 0] == pytest.approx(wanted, rel=1e-5), "answered"
    assert found[12, 13] == 5
    assert (rows(slice(9, 12)).toarray() == found[9:12]).all()
    assert not found.diagonal().any()


def test_popularity_is_drawn_towards_the_lenders(alike: list[Rows]) -> None:
    logs_V = np.log1p(COUNTS).astype(np.float32)
    drawn_V = borrowing.popularity(logs_V, lent(alike), borrowing.needs(COUNTS))
    assert drawn_V[0] == pytest.approx(np.log(51))
    assert drawn_V[1] == pytest.approx(0.6 * np.log(51) + 0.4 * np.log(3))
    assert (drawn_V[2:] == logs_V[2:]).all()


def test_where_nobody_has_reviews_nobody_lends(alike: list[Rows]) -> None:
    none, nothing = np.zeros((ITEMS, 0), np.float32), np.zeros(ITEMS)
    needs_V = borrowing.needs(nothing)
    found = borrowing.lenders(alike, none, none, needs_V=needs_V, counts_V=nothing)
    assert found.shape == (ITEMS, ITEMS)
    assert found.nnz == 0
    assert (borrowing.popularity(nothing.astype(np.float32), found, needs_V) == 0).all()
