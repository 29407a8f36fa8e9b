"""A sum of parts: what is in a score, and what is not."""

from dataclasses import replace

import numpy as np
import pytest

from srec.models.base import SumScorer
from srec.models.sums import Parts, Sum

ITEMS = 6


@pytest.fixture
def parts() -> Parts:
    generator = np.random.default_rng(0)
    return Parts(
        offsets=np.array([0, 2, 3, 3, 5, 6, 7]),
        ids=np.array([1, 3, 0, 0, 5, 2, 4], np.int32),
        values=np.array([2, 1, 3, 0.5, 4, 1, 2], np.float32),
        inputs=generator.normal(size=(ITEMS, 3)).astype(np.float32),
        items=generator.normal(size=(ITEMS, 3)).astype(np.float32),
        quality=generator.normal(size=ITEMS).astype(np.float32),
        popularity=generator.normal(size=ITEMS).astype(np.float32),
    )


def part(parts: Parts, named: int, answered: int) -> float:
    """The part of one game in the score of another, both 1..V."""
    row = slice(parts.offsets[named - 1], parts.offsets[named])
    sparse = float(parts.values[row][parts.ids[row] == answered - 1].sum())
    return sparse + float(parts.inputs[named - 1] @ parts.items[answered - 1])


def test_a_score_is_the_mean_of_the_parts_and_quality_and_popularity(parts: Parts) -> None:
    scores_V = Sum(parts, 0.3).score(np.array([[1, 4, 6]]))[0]
    for item in range(1, ITEMS + 1):
        taste = np.mean([part(parts, named, item) for named in (1, 4, 6)]) + parts.quality[item - 1]
        assert scores_V[item - 1] == pytest.approx(0.7 * taste + 0.3 * parts.popularity[item - 1], abs=1e-5)


def test_what_a_disliked_game_is_like_is_taken_off_and_the_likes_say_as_much_as_before(parts: Parts) -> None:
    model = Sum(parts, 0.0)
    liked = model.weigh(np.array([[1, 4]]), np.ones((1, 2), np.float32))[0]
    both = model.weigh(np.array([[1, 4, 6]]), np.array([[1, 1, -1]], np.float32))[0]
    np.testing.assert_allclose(liked - both, parts.items @ parts.inputs[5] / 2, atol=1e-5)


def test_dislikes_never_weigh_more_than_the_likes(parts: Parts) -> None:
    model = Sum(parts, 0.0)
    liked = model.weigh(np.array([[1]]), np.ones((1, 1), np.float32))[0]
    all_three = model.weigh(np.array([[1, 3, 4, 6]]), np.array([[1, -1, -1, -1]], np.float32))[0]
    mean_D = parts.inputs[[2, 3, 5]].mean(0)
    np.testing.assert_allclose(liked - all_three, parts.items @ mean_D, atol=1e-5)


def test_quality_counts_however_many_games_are_disliked(parts: Parts) -> None:
    weights_BL = np.array([[-1, -1, -1]], np.float32)
    without = Sum(replace(parts, quality=np.zeros(ITEMS, np.float32)), 0.0)
    named = np.array([[1, 4, 6]])
    counted = Sum(parts, 0.0).weigh(named, weights_BL) - without.weigh(named, weights_BL)
    np.testing.assert_allclose(counted[0], parts.quality, atol=1e-5)


def test_parts_that_were_stored_without_quality_have_none(parts: Parts) -> None:
    stored = {name: array for name, array in parts.arrays().items() if name != "quality"}
    assert not Parts.of(stored).quality.any()
    with pytest.raises(KeyError, match="values"):
        Parts.of({name: array for name, array in stored.items() if name != "values"})


def test_a_weight_says_how_much_a_game_is_liked(parts: Parts) -> None:
    model = Sum(parts, 0.0)
    weighed = model.weigh(np.array([[1, 4]]), np.array([[3, 1]], np.float32))
    threes = [0.75 * part(parts, 1, item) + 0.25 * part(parts, 4, item) for item in range(1, ITEMS + 1)]
    np.testing.assert_allclose(weighed[0], threes + parts.quality, atol=1e-5)


def test_at_the_ends_only_taste_and_only_popularity_count(parts: Parts) -> None:
    model, named, likes = Sum(parts, 0.3), np.array([[1, 4]]), np.ones((1, 2), np.float32)
    assert isinstance(model, SumScorer)
    assert np.array_equal(model.weigh(named, likes, popularity=1)[0], parts.popularity)
    assert np.array_equal(model.weigh(named, likes, popularity=0), model.taste(named, likes))
    nothing_V = model.score(np.zeros((1, 1), np.int64))[0]
    np.testing.assert_allclose(nothing_V, 0.7 * parts.quality + 0.3 * parts.popularity, atol=1e-6)
    with pytest.raises(ValueError, match="it is from 0 to 1"):
        model.weigh(named, likes, popularity=1.5)


def test_neither_order_nor_repeats_change_a_score(parts: Parts) -> None:
    model = Sum(parts, 0.3)
    one, other, again = model.score(np.array([[1, 4, 6, 0], [6, 1, 4, 0], [4, 1, 4, 6]]))
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(one, again, atol=1e-6)


def test_stored_arrays_make_the_same_sum(parts: Parts) -> None:
    named = np.array([[2, 5]])
    stored = {name: array.copy() for name, array in parts.arrays().items()}
    assert np.array_equal(Sum.of(stored, 0.3).score(named), Sum(parts, 0.3).score(named))


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"popularity": np.zeros(5, np.float32)}, "must be of 6 items"),
        ({"quality": np.zeros(5, np.float32)}, "must be of 6 items"),
        ({"inputs": np.zeros((6, 2), np.float32)}, "matrices of one size"),
        ({"offsets": np.array([0, 2, 1, 3, 5, 6, 7])}, "must rise from 0 to 7"),
        ({"ids": np.array([1, 3, 0, 0, 9, 2, 4], np.int32)}, "must name items"),
        ({"ids": np.array([3, 1, 0, 0, 5, 2, 4], np.int32)}, "must rise, without its own"),
        ({"ids": np.array([0, 3, 0, 0, 5, 2, 4], np.int32)}, "must rise, without its own"),
        ({"values": np.zeros(3, np.float32)}, "of one length"),
        ({"ids": np.zeros(7, np.float32)}, "numbers of another type"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_arrays_that_do_not_fit_are_named(parts: Parts, broken: dict[str, np.ndarray], says: str) -> None:
    assert parts.problem(ITEMS) is None
    problem = replace(parts, **broken).problem(ITEMS)
    assert problem is not None
    assert says in problem
