import numpy as np
import pytest
from panels import Fixed, Near, asked, players

from srec.dataset.dataset import Ragged
from srec.evaluation.cold import cold, withheld_mask
from srec.evaluation.dislikes import disliked
from srec.evaluation.fold_in import orders, tell

ITEMS = 60
#: Neighbours by number have a tag in common: 1 to 6, 7 to 12, ...
TAGS = Ragged(
    np.concatenate(([0], np.arange(ITEMS + 1))),
    (np.arange(ITEMS) // 6).astype(np.int32),
    np.ones(ITEMS, np.float32),
    tuple(map(str, range(10))),
)
MODELS = {"sum": Near(ITEMS, popularity_weight=0), "fixed": Fixed(*range(ITEMS, 0, -1))}


def measured(*disliked_games: list[int]) -> dict[str, object]:
    """Each of these players likes 20 to 23, told one of them."""
    people = players(*[[20, 21, 22, 23]] * len(disliked_games), disliked=disliked_games)
    told = tell(orders(people, most_played=10, draws=1, seed=0), 1)
    models = {name: asked(model, [1] * ITEMS, batch_size=4) for name, model in MODELS.items()}
    return disliked(models, people, told, tags=TAGS, length=12, resamples=100, seed=0)


def test_the_share_of_disliked_games_among_the_first_is_the_intrusion() -> None:
    """The fixed model answers 1 to 20 or, if 20 is liked, 1 to 19 and 21: 5 is in, 50 is not."""
    found = measured([5, 50], [5], [50], [])
    assert found["fixed"].intrusion.value == pytest.approx((0.5 + 1 + 0) / 3)
    assert found["fixed"].intrusion.sessions == 3


def test_a_told_dislike_pushes_the_others_out_and_costs_what_it_costs() -> None:
    """Who likes 20 to 23 and dislikes 28 and 29: one of them is told, and both are near."""
    found = measured(*[[28, 29]] * 40)
    telling = found["sum"].telling
    assert telling.intrusion.value == 1
    assert telling.intrusion_told.value < 1
    assert telling.intrusion_change.verdict == "worse", "less of what is disliked"
    assert telling.recall.value == telling.recall_told.value == 1
    assert telling.recall_change.verdict == "no clear difference"
    unmoved = found["fixed"].telling
    assert unmoved.intrusion == unmoved.intrusion_told
    assert unmoved.recall_change.value == 0


def test_games_like_a_newly_disliked_one_fall_in_a_sum_only() -> None:
    found = measured(*[[]] * 40)
    assert found["fixed"].response is None
    response = found["sum"].response
    assert response.fallen.value > 0.8, "one that is nearer to what is liked may stay where it is"
    assert response.places.value > 30
    assert found["sum"].intrusion is None
    assert found["sum"].telling is None


def test_withheld_games_are_asked_for_among_all() -> None:
    """Players like 1, 2, 3 and the withheld 60. One model never answers it, the other puts it first."""
    withheld = np.zeros(ITEMS + 1, bool)
    withheld[60] = True
    people = players(*[[60, 1, 2, 3]] * 30, [1, 2, 3], [1, 60])
    blind, open_ = np.arange(ITEMS, 0, -1.0), np.arange(ITEMS, 0, -1.0)
    open_[59] = 99
    models = {"blind": asked(Fixed(*blind), [1] * ITEMS), "open": asked(Fixed(*open_), [1] * ITEMS)}
    found = cold(
        models,
        orders(people, most_played=10, draws=1, seed=0),
        withheld,
        count=2,
        lengths=(2,),
        baselines=["blind"],
        resamples=100,
        seed=0,
    )
    assert found.sessions == 31, "who has only one other game is left out"
    assert found.models["blind"].metrics["withheld@2"].value == 0
    assert found.models["open"].metrics["withheld@2"].value == 1
    assert found.models["open"].metrics["withheld@2"].sessions == 30
    assert found.models["open"].metrics["others@2"].value == 1
    assert found.models["open"].against["withheld@2"].verdict == "better"


def test_the_seed_decides_which_games_are_withheld() -> None:
    first, again, other = (withheld_mask(50, 0.1, seed) for seed in (0, 0, 1))
    assert first.sum() == 5
    assert not first[0]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
