"""Filters leave exactly the games that meet them, before the best are chosen."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bundles import GAMES, TAGS, contents, sum_contents, write, write_toy_bundle, write_toy_sum
from hypothesis import given
from hypothesis import strategies as st

from srec.errors import ArtifactError
from srec.inference.answers import Filters, Request
from srec.inference.bundle import Bundle, BundleContents
from srec.inference.filters import Filtering
from srec.inference.games import GameInfo
from srec.inference.recommender import Recommender
from srec.inference.scans import kernels

FIRST, SECOND = 900_000_010, 900_000_020
THREE = Filters(must=("Indie",), must_not=("Horror",), released_from=2012)
ANY_TAGS = st.lists(st.sampled_from((*TAGS, "no such tag")), max_size=2, unique=True).map(tuple)


@pytest.fixture(scope="module")
def summed(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """Some games lack a year or a price."""
    made = sum_contents()
    games = [
        dataclasses.replace(
            game,
            release_year=None if at % 7 == 0 else game.release_year,
            price_usd_cents=None if at % 5 == 0 else game.price_usd_cents,
            is_free=None if at % 4 == 0 else game.is_free,
        )
        for at, game in enumerate(made.games)
    ]
    made = dataclasses.replace(made, games=games)
    return Recommender(write(tmp_path_factory.mktemp("filters") / "b", made))


def meets(bundle: Bundle, item: int, filters: Filters) -> bool:
    """The obvious way."""
    game: GameInfo = bundle.games[item - 1]
    row = slice(bundle.tag_offsets[item], bundle.tag_offsets[item + 1])
    tags = {bundle.tag_names[tag] for tag in bundle.tag_ids[row]}
    cents = 0 if game.is_free else game.price_usd_cents or None  # a price of 0 alone says nothing
    return (
        tags.issuperset(filters.must)
        and not tags.intersection(filters.must_not)
        and (filters.released_from is None or (game.release_year or 0) >= filters.released_from)
        and (filters.released_to is None or (game.release_year or 9999) <= filters.released_to)
        and (filters.most_cents is None or (cents is not None and cents <= filters.most_cents))
    )


@given(
    filters=st.builds(
        Filters,
        must=ANY_TAGS,
        must_not=ANY_TAGS,
        released_from=st.none() | st.integers(2003, 2026),
        released_to=st.none() | st.integers(2003, 2026),
        most_cents=st.none() | st.integers(0, 4000),
    )
)
def test_those_that_meet_the_filters_are_allowed_and_no_others(summed, filters):
    allowed = Filtering.of(summed.bundle).allowed(filters)
    assert allowed.tolist() == [meets(summed.bundle, item, filters) for item in range(1, GAMES + 1)]


@pytest.mark.parametrize("name", ["smart", "tags", "popular"])
def test_an_answer_has_all_games_that_meet_the_filters_in_the_order_without_them(summed, name):
    whole = summed.recommend([FIRST, SECOND], k=GAMES, recommender=name)
    found = summed.recommend([FIRST, SECOND], k=GAMES, recommender=name, filters=THREE)
    item_of = {info.app_id: item for item, info in enumerate(summed.bundle.games, 1)}
    pairs = list(zip(whole.infos, whole.scores, strict=True))
    wanted = [pair for pair in pairs if meets(summed.bundle, item_of[pair[0].app_id], THREE)]
    assert 5 < len(wanted) < GAMES / 2
    assert list(zip(found.infos, found.scores, strict=True)) == wanted
    few = summed.recommend([FIRST, SECOND], k=4, recommender=name, filters=THREE)
    assert list(zip(few.infos, few.scores, strict=True)) == wanted[:4]


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("written", [write_toy_bundle, write_toy_sum])
def test_filters_apply_before_the_cut_for_a_network_and_a_sum(written, kernel, tmp_path: Path):
    recommender = Recommender(written(tmp_path / "b"), kernel)
    liked = recommender.bundle.app_ids[[0, 40, 90]].tolist()
    whole = recommender.recommend(liked, k=GAMES)
    allowed = Filtering.of(recommender.bundle).allowed(THREE)
    there = {info.app_id for info, may in zip(recommender.bundle.games, allowed, strict=True) if may}
    found = recommender.recommend(liked, k=7, filters=THREE)
    assert found.infos == [info for info in whole.infos if info.app_id in there][:7]
    assert recommender.index.counts.outside == 0


def test_filters_that_nothing_meets_answer_with_nothing(summed):
    for name in ("smart", "tags", "popular"):
        filters = Filters(must=("no such tag",))
        answer = summed.recommend([FIRST], recommender=name, filters=filters)
        assert (answer.infos, answer.scores, answer.shared_tags) == ([], [], [])
    assert summed.recommend([FIRST], filters=Filters(must_not=("no such tag",))).infos


def test_no_filter_is_the_same_as_none(summed):
    assert summed.recommend([FIRST], filters=Filters()) == summed.recommend([FIRST])


def test_requests_with_other_filters_are_answered_together_as_alone(summed):
    every = [None, THREE, Filters(released_to=2010), THREE, Filters(most_cents=0), None]
    requests = [Request([FIRST, SECOND], filters=filters) for filters in every]
    assert summed.answer(requests) == [summed.answer([one])[0] for one in requests]


def test_what_is_remembered_cannot_be_changed(summed):
    filtering = Filtering.of(summed.bundle)
    allowed = filtering.allowed(THREE)
    assert filtering.allowed(Filters(must=("Indie",), must_not=("Horror",), released_from=2012)) is allowed
    with pytest.raises(ValueError, match="read-only"):
        allowed[0] = True
    before = np.array(allowed)
    summed.recommend([FIRST], filters=THREE)
    np.testing.assert_array_equal(allowed, before)


def test_tags_that_visitors_make_up_are_not_kept(summed: Recommender) -> None:
    filtering = Filtering.of(summed.bundle)
    for number in range(600):
        assert not filtering.allowed(Filters(must=(f"made up {number}",))).any()
    assert filtering._tagged.cache_info().currsize == 1
    assert filtering.allowed.cache_info().currsize < 600


@pytest.mark.parametrize("kind", [contents, sum_contents])
def test_what_is_hidden_is_named_and_never_answered(
    tmp_path: Path, kind: Callable[[], BundleContents]
) -> None:
    made = kind()
    hidden = [game.app_id for game in made.games[3:90]]
    made = dataclasses.replace(made, golden=[], config=made.config | {"hidden": hidden})
    recommender = Recommender(write(tmp_path / "b", made))
    ask = functools.partial(recommender.recommend, [hidden[0], FIRST], k=GAMES)
    answers = [ask(recommender=by) for by in ("smart", "tags", "popular")]
    answers += [ask(filters=Filters(must=(TAGS[0],))), recommender.recommend([], k=GAMES)]
    for answer in answers:
        assert answer.games
        assert not {game.app_id for game in answer.games} & set(hidden)
        assert answer.unknown == []
    found = recommender.recommend_batch([[hidden[0]]], k=GAMES)
    assert not set(found.app_ids.ravel().tolist()) & set(hidden)


def test_a_bundle_that_hides_what_it_does_not_have_is_refused(tmp_path: Path) -> None:
    made = sum_contents()
    made = dataclasses.replace(made, config=made.config | {"hidden": [5]})
    with pytest.raises(ArtifactError, match=r"config\.json must list what is hidden by app ids"):
        Bundle(write(tmp_path / "b", made))
