import math

import numpy as np
import pytest
from panels import Fixed, asked, lists, players

from srec.evaluation.comparison import compare_where_defined
from srec.evaluation.fold_in import Told, gains, in_head, orders, tell, tell_most

HEAD = in_head(np.array([0, 9, 5, 5, 2, 1, 1]), 2)


def test_the_head_is_the_most_popular_and_ties_go_to_the_lower_item() -> None:
    assert np.flatnonzero(HEAD).tolist() == [1, 2]


def test_recall_and_ndcg_are_those_counted_by_hand() -> None:
    """Of the answer 1, 4, 3: the first list expects 3, 4, 5, 6; the second expects 1 and nothing off-head."""
    told = Told(lists([2], [2]), np.array([0, 1]), [np.array([3, 4, 5, 6]), np.array([1])])
    found = gains(np.array([[1, 4, 3], [1, 4, 3]]), told, HEAD)
    second, third = 1 / math.log2(3), 1 / math.log2(4)
    assert found["recall@3"].tolist() == pytest.approx([2 / 3, 1])
    assert found["NDCG@3"].tolist() == pytest.approx([(second + third) / (1 + second + third), 1])
    assert found["off-head@3"][0] == pytest.approx(2 / 3)
    assert math.isnan(found["off-head@3"][1])


def test_an_empty_place_is_no_hit() -> None:
    told = Told(lists([2]), np.array([0]), [np.array([3])])
    assert gains(np.array([[1, 0, 0]]), told, HEAD)["recall@3"].tolist() == [0]


def test_the_most_played_are_told_first_and_the_rest_is_expected() -> None:
    """The two most played of 5, 6, 7, 8 are 6 and 8, in either order."""
    people = players([5, 6, 7, 8], hours=[[1, 40, 2, 30]])
    drawn = orders(people, most_played=2, draws=20, seed=0)
    assert {tuple(draw[0][:2].tolist()) for draw in drawn} == {(6, 8), (8, 6)}
    told = tell(drawn, 3)
    assert set(told.liked_EN[:, 2].tolist()) == {7}
    assert [games.tolist() for games in told.expected] == [[5]] * 20


def test_without_hours_any_game_may_be_told_and_the_seed_decides_which() -> None:
    people = players(range(1, 9))
    first, again, other = (orders(people, most_played=2, draws=3, seed=seed) for seed in (1, 1, 2))
    assert [one.tolist() for draw in first for one in draw] == [
        one.tolist() for draw in again for one in draw
    ]
    assert [one.tolist() for draw in first for one in draw] != [
        one.tolist() for draw in other for one in draw
    ]
    assert all(sorted(draw[0].tolist()) == list(range(1, 9)) for draw in first)


def test_who_has_nothing_left_to_expect_is_left_out() -> None:
    told = tell(orders(players([1, 2], [3, 4, 5]), most_played=10, draws=2, seed=0), 2)
    assert told.players_E.tolist() == [1, 1]
    assert len(tell(orders(players([1]), most_played=10, draws=1, seed=0), 3)) == 0


def test_intervals_are_over_players_and_differences_are_paired() -> None:
    """Forty players like 1, 2 and 3: one model always answers 1, the other never; 3 alone is off-head."""
    people = players(*[[1, 2, 3]] * 40)
    told = tell(orders(people, most_played=10, draws=2, seed=0), 1)
    good, bad = asked(Fixed(6, 5, 4, 3, 2, 1), [1] * 6), asked(Fixed(1, 2, 3, 4, 5, 6), [1] * 6)
    values = {
        name: gains(model.best(told.liked_EN, 2), told, HEAD)
        for name, model in {"bad": bad, "good": good}.items()
    }
    found = compare_where_defined(values, told.players_E, baselines=["bad"], resamples=100, seed=0)
    assert (found.sessions, found.examples) == (40, 80)
    assert found.models["good"].metrics["recall@2"].value == 1
    assert found.models["good"].against["recall@2"].verdict == "better"
    off = found.models["good"].metrics["off-head@2"]
    assert off.sessions == len({*told.players_E[told.liked_EN[:, 0] != 3].tolist()})
    assert off.value == 1


def test_of_few_games_all_but_one_are_told() -> None:
    ordered = [[np.array([4, 5]), np.array([6, 7, 8, 9])]]
    told = tell_most(ordered, 3)
    assert told.liked_EN.tolist() == [[4, 0, 0], [6, 7, 8]]
    assert [games.tolist() for games in told.expected] == [[5], [9]]
