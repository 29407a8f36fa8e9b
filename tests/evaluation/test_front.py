import numpy as np
import pytest
from panels import Fixed, Near, asked, lists

from srec.evaluation.fold_in import Told, in_head
from srec.evaluation.front import front
from srec.evaluation.sameness import overlaps, sameness
from srec.evaluation.visited import Front, Point

COUNTS = [9, 8, 7, 2, 1, 1]


def test_the_overlap_is_with_the_popular_list_without_what_was_told() -> None:
    """After 1 was told, the two most popular left are 2 and 3; after 5, they are 1 and 2."""
    counts = np.array([0, *COUNTS])
    found = overlaps(np.array([[2, 3], [3, 1], [4, 0]]), lists([1], [5], [2]), counts)
    assert found.tolist() == [2, 1, 0]


def test_sameness_counts_games_and_first_games() -> None:
    found = sameness(np.array([[2, 3], [2, 4], [4, 0]]), lists([1], [1], [2]), np.array([0, *COUNTS]))
    assert (found.distinct, found.first_item, found.first_lists, found.lists) == (3, 2, 2, 3)
    assert found.first_share == pytest.approx(2 / 3)
    assert found.overlap == 1, "2 and 3 of the first, 2 of the second, none of the third"


def test_a_front_goes_from_taste_to_what_everybody_plays() -> None:
    """The model prefers 6; with enough popularity it answers 1. Of two lists one expects 6, the other 1."""
    told = Told(lists([2], [2]), np.array([0, 1]), [np.array([6]), np.array([1, 3])])
    head = in_head(np.array([0, *COUNTS]), 3)
    model = asked(Fixed(0, 0, 0, 0, 1, 5), COUNTS)
    points = front(model, told, head, length=2, weights=(0, 1)).points
    assert [(one.weight, one.overlap, one.recall, one.off_head) for one in points] == [
        (0, 0, 0.5, 1),
        (1, 2, 0.5, 0),
    ]


def test_a_sum_is_measured_at_its_own_weight_too() -> None:
    told = Told(lists([2]), np.array([0]), [np.array([3])])
    found = front(asked(Near(6), COUNTS), told, in_head(np.array([0, *COUNTS]), 6), length=2, weights=(0,))
    assert {one.weight for one in found.points} == {0, 0.5}
    assert {one.off_head for one in found.points} == {None}


def test_between_two_points_a_front_is_a_line_and_beyond_them_unknown() -> None:
    found = Front([Point(0, 2, 0.2, 0.1), Point(1, 4, 0.3, 0.05)])
    assert found.at(3) == Point(None, 3, pytest.approx(0.25), pytest.approx(0.075))
    assert found.at(1.9) is None
    assert found.at(4.1) is None
    assert Front([]).at(3) is None
