"""The models that count sequences, on sessions small enough to count by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from srec.dataset.dataset import Dataset
from srec.models.blend import Blend, BlendSettings
from srec.models.ease import EASE, EASESettings
from srec.models.item_knn import ItemKNN, ItemKNNSettings
from srec.models.markov import Markov, MarkovSettings
from srec.models.own_items import OwnItems, OwnItemsSettings
from srec.models.rules import Rules, RulesSettings
from srec.models.session_knn import VSKNN, VSTAN, VSKNNSettings, VSTANSettings
from srec.models.slim import SLIM, SLIMSettings
from srec.settings import Settings
from srec.testing.toys import chains, write_dataset

TRAIN = [[1, 2, 3], [1, 2], [1, 3], [4, 1, 2], [5, 5, 4]]
# Popularity: item 1 four times, 2 and 5 and 4 and 3: 3, 2, 2, 2; 6 never.


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "dataset", [(session, [], [6]) for session in TRAIN], 6)


def test_own_items_by_count_then_recency(dataset: Dataset) -> None:
    scores = OwnItems.fit(dataset, OwnItemsSettings(), "fit").score(np.array([[4, 2, 2, 5], [3, 0, 0, 0]]))
    assert np.argsort(-scores[0], kind="stable")[:3].tolist() == [1, 4, 3]
    assert np.isneginf(scores[0][[0, 2, 5]]).all()
    assert np.isfinite(scores[1]).tolist() == [False, False, True, False, False, False]


def test_markov_counts_what_came_next(dataset: Dataset) -> None:
    """After 1 came 2 three times and 3 once; the rest by popularity: 1, then 4 and 5, then 6."""
    scores = Markov.fit(dataset, MarkovSettings(), "fit").score(np.array([[5, 1]]))[0]
    assert scores[[1, 2]].tolist() == [3, 1]
    assert (np.argsort(-scores, kind="stable") + 1).tolist() == [2, 3, 1, 4, 5, 6]
    assert scores[[0, 3, 4, 5]].max() < 0


def test_rules_fade_with_distance_and_age(dataset: Dataset) -> None:
    settings = RulesSettings(distance=2, decay=0.5, backward=0.0, damping=0.0)
    scores = Rules.fit(dataset, settings, "fit").score(np.array([[4, 1]]))[0]
    # From 1: 2 at distance 1 three times; 3 at distances 2 and 1. From 4, half as strong: 1, and 2 at 2.
    assert scores[1] == pytest.approx(3 + 0.5 * 0.5)
    assert scores[2] == pytest.approx(1 / 2 + 1)
    assert scores[0] == pytest.approx(0.5 * 1)


def test_rules_count_backwards_with_less_weight(dataset: Dataset) -> None:
    settings = RulesSettings(distance=1, backward=0.25, damping=0.0)
    scores = Rules.fit(dataset, settings, "fit").score(np.array([[3]]))[0]
    # 3 came after 2 once and after 1 once; nothing came after it.
    assert scores[[0, 1]].tolist() == pytest.approx([0.25, 0.25])


def test_a_frequent_items_rules_are_damped(dataset: Dataset) -> None:
    settings = RulesSettings(distance=1, backward=0.0, damping=1.0)
    scores = Rules.fit(dataset, settings, "fit").score(np.array([[1]]))[0]
    assert scores[[1, 2]].tolist() == pytest.approx([3 / 4, 1 / 4])


def test_similar_sessions_vote_for_their_items(dataset: Dataset) -> None:
    """Of five sessions, 1 and 4 share both items with (1, 2); 2 and 3 share fewer."""
    settings = VSKNNSettings(neighbours=10, recency=1.0, length_power=0.0, age=None, rarity=1.0)
    scores = VSKNN.fit(dataset, settings, "fit").score(np.array([[1, 2]]))[0]
    old, new = math.exp(-1), 1.0
    # Of five sessions 3 is in two: [1, 2, 3], similar by both items, and [1, 3], by the older one.
    assert scores[2] == pytest.approx((old + new + old) * math.log(5 / 2), rel=1e-5)
    # 4 is in two, of which [4, 1, 2] is similar; 5 is in none that is.
    assert scores[3] == pytest.approx((old + new) * math.log(5 / 2), rel=1e-5)
    assert scores[4] < 0


def test_only_the_most_similar_of_the_latest_vote(dataset: Dataset) -> None:
    settings = VSKNNSettings(neighbours=1, sample=2, recency=1.0, length_power=0.0, age=None)
    scores = VSKNN.fit(dataset, settings, "fit").score(np.array([[1, 2]]))[0]
    # The latest two that share an item are [1, 3] and [4, 1, 2]; the second is the more similar.
    assert scores[3] > 0
    assert scores[2] < 0


def test_votes_fade_with_the_distance_from_the_match(dataset: Dataset) -> None:
    settings = VSTANSettings(recency=1.0, length_power=0.0, age=None, distance=1.0, rarity=1.0)
    scores = VSTAN.fit(dataset, settings, "fit").score(np.array([[4]]))[0]
    # [4, 1, 2] and [5, 5, 4] have it. 1 is one step from it, 2 two; 5 one and two.
    assert scores[0] == pytest.approx(math.exp(-1) * math.log(5 / 4), rel=1e-5)
    assert scores[1] == pytest.approx(math.exp(-2) * math.log(5 / 3), rel=1e-5)
    assert scores[4] == pytest.approx((math.exp(-1) + math.exp(-2)) * math.log(5), rel=1e-5)


def test_older_sessions_weigh_less(dataset: Dataset) -> None:
    settings = VSTANSettings(recency=1.0, length_power=0.0, age=0.5, distance=None, rarity=1.0)
    scores = VSTAN.fit(dataset, settings, "fit").score(np.array([[3]]))[0]
    # [1, 2, 3] is the first of five sessions and [1, 3] the third.
    ages = math.exp(-5 / 2.5) + math.exp(-3 / 2.5)
    assert scores[0] == pytest.approx(ages * math.log(5 / 4), rel=1e-5)


def test_a_session_that_resembles_none_gets_what_is_popular(dataset: Dataset) -> None:
    for kind in (VSKNN, VSTAN):
        scores = kind.fit(dataset, kind.settings_type(), "fit").score(np.array([[6]]))[0]
        assert int(scores.argmax()) + 1 == 1
        assert scores.max() < 0


def test_items_of_the_same_sessions_are_alike(dataset: Dataset) -> None:
    scores = ItemKNN.fit(dataset, ItemKNNSettings(shrinkage=0.0), "fit").score(np.array([[1, 3]]))[0]
    # 2 is in three sessions, all of them with 1 (of four), and one with 3 (of two).
    assert scores[1] == pytest.approx(3 / math.sqrt(3 * 4) + 1 / math.sqrt(3 * 2), rel=1e-5)
    assert scores[4] < 0
    one = ItemKNN.fit(dataset, ItemKNNSettings(shrinkage=0.0, neighbours=1), "fit").score(np.array([[1]]))[0]
    assert [item + 1 for item in np.flatnonzero(one > 0)] == [2]


def test_an_item_further_back_says_less_where_it_decays(dataset: Dataset) -> None:
    model = ItemKNN.fit(dataset, ItemKNNSettings(shrinkage=0.0, decay=0.5), "fit")
    # The newest item counts whole, the one before it by half.
    assert model.score(np.array([[3, 1]]))[0][1] == pytest.approx(
        3 / math.sqrt(3 * 4) + 0.5 / math.sqrt(3 * 2), rel=1e-5
    )


def test_ease_solves_its_own_equation(dataset: Dataset) -> None:
    """Of all weights with a zero diagonal, EASE's are where the gradient of the penalised error is 0."""
    settings = EASESettings(penalty=0.5)
    model = EASE.fit(dataset, settings, "fit")
    weights = np.stack([model.score(np.array([[item]]))[0] for item in range(1, 7)]).astype(np.float64)
    has = np.zeros((5, 6))
    for row, session in enumerate(TRAIN):
        has[row, np.array(session) - 1] = 1
    gradient = has.T @ (has @ weights - has) + settings.penalty * weights
    np.fill_diagonal(gradient, 0)
    np.testing.assert_allclose(gradient, 0, atol=1e-5)
    np.testing.assert_allclose(np.diag(weights), 0)


@pytest.mark.parametrize(("kind", "settings"), [(ItemKNN, ItemKNNSettings()), (EASE, EASESettings())])
def test_an_item_counts_once_however_often_a_session_has_it(
    kind: type[ItemKNN] | type[EASE], settings: Settings, dataset: Dataset
) -> None:
    """As in training, only the set of a session's items matters."""
    scores = kind.fit(dataset, settings, "fit").score(np.array([[1, 3, 3, 3], [1, 3, 0, 0]]))
    np.testing.assert_array_equal(scores[0], scores[1])


def test_ease_models_the_most_popular_of_too_many(dataset: Dataset) -> None:
    model = EASE.fit(dataset, EASESettings(most_items=2), "fit")
    scores = model.score(np.array([[1], [5]]))
    # 1 and 2 are modelled. 5 is not, so its session gets what is popular; so do the others' places, below.
    assert scores[0].argmax() == 1
    assert scores[0][[2, 3, 4, 5]].max() < min(scores[0][0], scores[0][1])
    assert scores[1].argmax() == 0


def test_published_figures(shared_data: Path, tmp_path: Path) -> None:
    """The figures of the three models without hyperparameters, on Diginetica's test set, in %."""
    from srec.dataset.batches import examples
    from srec.dataset.sessions import prepare_sessions
    from srec.evaluation.metrics import accuracy
    from srec.evaluation.protocol import rank_all
    from srec.models import MODELS

    sets = prepare_sessions(shared_data / "gce-gnn" / "diginetica", tmp_path / "diginetica", 0.0)
    data = examples(sets.sequences, "test", 200)
    wanted = {"popularity": (0.93, 0.21), "own-items": (20.51, 13.89), "markov": (34.04, 12.78)}
    for name, figures in wanted.items():
        kind = MODELS[name].load()
        scorer = kind.fit(sets, kind.settings_type(), "fit")
        found = accuracy(rank_all(scorer, data, sets.item_count, top=0, exclude_inputs=False).ranks)
        assert (round(100 * found["HR@20"], 2), round(100 * found["MRR@20"], 2)) == figures, name


def test_a_blend_goes_on_where_one_of_its_models_has_nothing_to_say(tmp_path: Path) -> None:
    """Sessions are 1, 2, 1 and so on: a session's own items come first, then those of the other models."""
    sessions = [([1 + at % 3, 4 + at % 3, 1 + at % 3], [4 + at % 3], []) for at in range(30)]
    data = write_dataset(tmp_path / "d", sessions, 8)
    settings = BlendSettings(games=("rules", "own-items"))
    scores = Blend.fit(data, settings, "fit").score(np.array([[1]]))[0]
    best = (np.argsort(-scores, kind="stable") + 1).tolist()
    assert best[:2] == [1, 4]
    assert np.isfinite(scores).all()


def test_a_blend_learns_whom_to_trust(tmp_path: Path) -> None:
    settings = BlendSettings(games=("popularity", "markov"))
    chained = write_dataset(tmp_path / "chains", chains(12, 60, seed=0, noise=False), 12)
    weights = Blend.fit(chained, settings, "fit").weights
    assert weights["markov"] + weights["markov places"] > 1
    assert weights["popularity"] + weights["popularity places"] < 0.1
    noise = write_dataset(tmp_path / "noise", chains(12, 60, seed=0, noise=True), 12)
    heard = Blend.fit(noise, settings, "fit").weights
    assert heard["markov"] + heard["markov places"] < (weights["markov"] + weights["markov places"]) / 4


def test_without_held_out_choices_a_blend_weighs_its_models_equally(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "d", [([1, 2, 3], [], [4])] * 9, 5)
    weights = Blend.fit(data, BlendSettings(games=("popularity", "markov")), "fit").weights
    assert {name: weight for name, weight in weights.items() if weight} == {"popularity": 1.0, "markov": 1.0}


def test_slim_with_all_neighbours_is_ease(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sessions = [(rng.choice(8, 5, replace=False) + 1).tolist() for _ in range(40)]
    data = write_dataset(tmp_path / "d", [(session, [], []) for session in sessions], 8)
    items_BL = np.array([[3, 0], [1, 6]])
    slim = SLIM.fit(data, SLIMSettings(neighbours=8, penalty=5.0), "fit").score(items_BL)
    ease = EASE.fit(data, EASESettings(penalty=5.0), "fit").score(items_BL)
    told = ease > 0
    assert told.any()
    np.testing.assert_allclose(slim[told], ease[told], rtol=1e-4)
    few = SLIM.fit(data, SLIMSettings(neighbours=2, penalty=5.0), "fit").score(items_BL)
    assert ((few > 0).sum(axis=1) < (slim > 0).sum(axis=1)).any()


def test_a_counted_model_of_a_blend_says_places_too(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "d", [([1, 2], [], []), ([1, 2], [], []), ([1, 3], [], [])], 5)
    markov = Markov.fit(data, MarkovSettings(), "fit")
    scores = Blend({"markov": markov}, {"markov": 0.0, "markov places": 3.0}).score(np.array([[1]]))[0]
    # 2 followed 1 twice and 3 once; nothing else did, and to have no place says nothing.
    np.testing.assert_allclose(scores, [0, 3, 2, 0, 0])
