"""Games of the catalogue that nobody reviewed: found by name, and answered by tags where asked for."""

from pathlib import Path

import numpy as np
import pytest
from bundles import TAGS, sum_contents, with_others, write

from srec.errors import ArtifactError
from srec.inference.answers import Filters, Request
from srec.inference.bundle import Bundle
from srec.inference.naming import Names
from srec.inference.recommender import Recommender

NEW = Filters(unrated=True)
LAST = 900_003_000  # the last game with reviews


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle(write(tmp_path_factory.mktemp("others") / "toy", with_others(sum_contents())))


@pytest.fixture(scope="module")
def recommender(bundle: Bundle) -> Recommender:
    return Recommender(bundle)


def test_they_are_found_by_name_after_those_with_reviews(bundle: Bundle) -> None:
    names = Names(bundle)
    found = names.find("Unseen").games
    assert sorted(game.name for game in found) == ["Unseen Alpha", "Unseen Beta", "Unseen Gamma"]
    assert names.meant(["unseen gama"]) == {"unseen gama": LAST + 30}


def test_what_nobody_reviewed_comes_only_if_asked_for_and_then_alone(recommender: Recommender) -> None:
    games = recommender.bundle.games
    liked = next(game.app_id for game in games if recommender.tags(game.app_id)[0] == TAGS[1])
    usual = recommender.recommend([liked], k=400)
    assert max(game.app_id for game in usual.games) <= LAST
    new = recommender.recommend([liked], k=5, filters=NEW)
    assert (new.recommender, new.infos[0].name, new.shared_tags[0]) == ("tags", "Unseen Beta", [TAGS[1]])
    assert {game.app_id for game in new.games} == {LAST + 10, LAST + 20}, "what is hidden is not answered"
    assert new.sum is None


def test_one_of_them_can_be_liked_where_tags_decide(recommender: Recommender) -> None:
    new = recommender.recommend([LAST + 10], k=5, filters=NEW)
    assert ([game.app_id for game in new.games], new.unknown) == ([LAST + 20], [])
    assert recommender.recommend([LAST + 10], k=5).unknown == [LAST + 10]
    assert recommender.tags(LAST + 10) == [TAGS[0]]
    assert not recommender.knows(LAST + 10)


def test_filters_and_exclusions_hold_for_them(recommender: Recommender) -> None:
    free = Filters(unrated=True, most_cents=0)
    answer = recommender.recommend([], k=5, filters=free)
    assert ([game.app_id for game in answer.games], answer.without) == ([LAST + 10], {"most_cents": 2})
    owned = recommender.recommend([], k=5, excluded=[LAST + 10], filters=NEW)
    assert [game.app_id for game in owned.games] == [LAST + 20]
    assert recommender.counts(NEW).tags == {TAGS[0]: 1, TAGS[1]: 1}


def test_requests_of_both_kinds_are_answered_together(recommender: Recommender) -> None:
    asked = [Request([900_000_010], 3), Request([900_000_010], 3, filters=NEW), Request([], 3)]
    together = recommender.answer(asked)
    assert together == [recommender.answer([one])[0] for one in asked]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tag_offsets", np.array([0, 0, 1, 2])),
        ("tag_ids", np.array([0, 1, 99], np.int32)),
        ("hidden_rows", np.array([3])),
    ],
)
def test_damaged_ones_are_refused_in_one_line(tmp_path: Path, name: str, wrong: np.ndarray) -> None:
    made = with_others(sum_contents())
    assert made.others is not None
    object.__setattr__(made.others, name, wrong)
    with pytest.raises(ArtifactError, match="others does not fit together"):
        Bundle(write(tmp_path / "b", made))
