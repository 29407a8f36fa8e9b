import numpy as np
import pytest
from panels import Fixed, Near, asked, lists

from srec.errors import SRecError
from srec.evaluation.asking import standardised
from srec.evaluation.players import padded


def test_what_is_named_is_never_answered() -> None:
    model = asked(Fixed(5, 4, 3, 2, 1), [1] * 5)
    top = model.best(lists([1, 2], [3, 0], [1, 0]), 3, disliked_EM=lists([3], [1], [0]))
    assert top.tolist() == [[4, 5, 0], [2, 4, 5], [2, 3, 4]]


def test_a_sum_reads_dislikes_and_any_other_model_does_not() -> None:
    near, fixed = Near(4), Fixed(4, 3, 2, 1)
    for model in (near, fixed):
        asked(model, [1] * 4).best(lists([2, 0], [1, 3]), 1, disliked_EM=lists([4], [0]))
    assert near.requests == [([[2, 4, 0], [1, 3, 0]], [[1, -1, 0], [1, 1, 0]], None)]
    assert [items.tolist() for items in fixed.asked] == [[[2, 0], [1, 3]]]


def test_the_weight_of_popularity_is_the_models_own_or_a_term_that_is_added() -> None:
    """Standardised, 1, 0, 0, 0 is 1.73 and three times -0.58; counts of 1, 1, 1, 8 are the mirror of that."""
    near = Near(4)
    asked(near, [9, 8, 1, 1]).best_by_weight(lists([1]), 2, [0, 0.7])
    assert [weight for _, _, weight in near.requests] == [0, 0.7]
    fixed = Fixed(1, 0, 0, 0)
    top = asked(fixed, [1, 1, 1, 8]).best_by_weight(lists([2], [2], [2]), 2, [0.0, 0.45, 0.55])
    assert top[:, 0].tolist() == [[1, 3], [1, 4], [4, 1]]
    assert len(fixed.asked) == 2, "each batch is scored once, whatever the number of weights"


def test_scores_that_are_the_same_or_infinite_are_standardised_too() -> None:
    found = standardised(np.array([[3, 3, 3], [1, 3, -np.inf]], np.float32))
    assert found.tolist() == [[0, 0, 0], [-1, 1, -np.inf]]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(SRecError, match="not a number"):
        asked(Fixed(1, np.nan), [1, 1]).best(lists([1]), 1)
    with pytest.raises(SRecError, match="belongs to another"):
        asked(Fixed(1, 2, 3), [1, 1]).best(lists([1]), 1)


def test_lists_are_padded_on_the_right() -> None:
    assert padded([np.array([1, 2]), np.array([3])]).tolist() == [[1, 2], [3, 0]]
    assert padded([]).shape == (0, 0)


def test_what_a_model_does_not_recommend_stays_out_whatever_its_popularity() -> None:
    model = asked(Fixed(1, 2, -np.inf, 0), [1, 1, 99, 1])
    assert model.best_by_weight(lists([4]), 3, [0, 0.5, 1])[:, 0].tolist() == [
        [2, 1, 0],
        [2, 1, 0],
        [1, 2, 0],
    ]
