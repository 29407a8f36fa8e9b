from pathlib import Path

import numpy as np
import pytest
from panels import Fixed, Near, asked, lists

from srec.dataset.dataset import Ragged
from srec.evaluation.nearest import first_not_in, nearest_by_tags
from srec.evaluation.stability import LONGEST, SHORTEST, agreement, changes, stability, trained_again
from srec.models.base import ItemsBL, ScoresBV
from srec.testing.toys import chains, write_dataset

ITEMS = 40


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> Ragged:
    """Item i has the tags i and i + 1 of five, the first twice as heavy: i and i + 5 have the same."""
    path: Path = tmp_path_factory.mktemp("stability") / "dataset"
    return write_dataset(path, chains(ITEMS, 9, seed=0, noise=False), ITEMS).tags


def test_answers_are_compared_by_hand() -> None:
    """1 2 3 and 2 1 4: no agreement at depth 1, 2 of 2 at depth 2, 2 of 3 at depth 3."""
    found = agreement(lists([1, 2, 3]), lists([2, 1, 4]))
    assert found["Jaccard@3"].tolist() == [2 / 4]
    p = 0.9
    expected = 2 / 3 * p**3 + (1 - p) / p * (0 * p + 1 * p**2 + 2 / 3 * p**3)
    assert found["RBO@3"].tolist() == pytest.approx([expected])


def test_equal_answers_agree_wholly_and_others_not_at_all() -> None:
    same = agreement(lists([3, 1, 2], [4, 5, 0], [0, 0, 0]), lists([3, 1, 2], [4, 5, 0], [0, 0, 0]))
    assert same["RBO@3"].tolist() == pytest.approx([1, 1, 0])
    assert same["Jaccard@3"].tolist() == [1, 1, 1]
    other = agreement(lists([1, 2, 3]), lists([4, 5, 6]))
    assert other["RBO@3"].tolist() == other["Jaccard@3"].tolist() == [0]


def test_the_nearest_game_has_the_same_tags(tags: Ragged) -> None:
    found = nearest_by_tags(tags, np.array([1, 7]), 8)
    assert found[:, :7].tolist() == [[6, 11, 16, 21, 26, 31, 36], [2, 12, 17, 22, 27, 32, 37]]
    assert first_not_in(found, lists([1, 6, 16], [7, 0, 0])).tolist() == [11, 2]
    assert first_not_in(lists([5, 0]), lists([5])).tolist() == [0]


def test_each_change_is_the_one_it_says(tags: Ragged) -> None:
    generator = np.random.default_rng(0)
    games = [generator.permutation(ITEMS)[: 8 + at % 3] + 1 for at in range(30)]
    found = changes([*games, games[0][:LONGEST]], tags, seed=1)
    assert len(found.lists_EL) == 30, "a visitor of seven games has no eighth one to add"
    sizes = (found.lists_EL > 0).sum(axis=1)
    assert {*sizes.tolist()} == set(range(SHORTEST, LONGEST + 1))
    for row, (named, size) in enumerate(zip(games, sizes, strict=True)):
        before = named[:size].tolist()
        one = {kind: [item for item in of[row].tolist() if item] for kind, of in found.changed.items()}
        assert found.lists_EL[row, :size].tolist() == before
        assert sorted(one["permuted"]) == sorted(before)
        assert one["added"] == [*before, named[size]]
        assert len(one["dropped"]) == size - 1
        assert set(one["dropped"]) < set(before)
        gone, new = {*before} - {*one["swapped"]}, {*one["swapped"]} - {*before}
        assert len(gone) == len(new) == 1
        assert (gone.pop() - new.pop()) % 5 == 0


class Newest:
    """Answers with the games after the one that is named last."""

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        last = items_BL[np.arange(len(items_BL)), (items_BL > 0).sum(axis=1) - 1]
        return -((np.arange(1, ITEMS + 1) - last[:, None]) % ITEMS).astype(np.float32)


def test_a_set_does_not_mind_the_order_and_the_newest_game_decides_a_sequence(tags: Ragged) -> None:
    generator = np.random.default_rng(0)
    games = [generator.permutation(ITEMS)[:9] + 1 for _ in range(60)]
    models = {"newest": asked(Newest(), [1] * ITEMS), "set": asked(Near(ITEMS), [1] * ITEMS)}
    found = stability(models, changes(games, tags, seed=0), baselines=["newest"], resamples=100, seed=0)
    assert found["permuted"].models["set"].metrics["RBO@10"].value == pytest.approx(1)
    for kind in ("permuted", "added"):
        assert found[kind].models["set"].against["Jaccard@10"].verdict == "better"
    assert found["permuted"].models["newest"].metrics["Jaccard@10"].value < 0.8


def test_a_model_that_was_trained_again_on_other_games_is_compared_by_app_ids() -> None:
    """The second knows the games 10, 30, 40, 50, 60, 70 as 1..6 and scores them in the same order."""
    first, second = asked(Fixed(7, 6, 5, 4, 3, 2, 1), [1] * 7), asked(Fixed(7, 5, 4, 3, 2, 1), [1] * 6)
    ids, theirs = 10 * np.arange(8), np.array([0, 10, 30, 40, 50, 60, 70])
    found = trained_again(first, second, lists([1, 2], [2, 3]), app_ids=ids, second_app_ids=theirs)
    assert found["RBO@10"].tolist() == pytest.approx([1, 1])
    again = trained_again(first, first, lists([1, 2]), app_ids=ids)
    assert again["Jaccard@10"].tolist() == [1]
