from pathlib import Path

import numpy as np
import pytest

from srec.models.popularity import (
    Popularity,
    PopularitySettings,
    RecentPopularity,
    RecentPopularitySettings,
)
from srec.models.tags import TagScorer
from srec.testing.toys import write_dataset

ANY = np.array([[1]])


def test_popularity_counts_what_comes_before_the_test(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "d", [([1, 2], [3], [4]), ([2], [], [4]), ([2], [3], [])], 4)
    settings = PopularitySettings()
    assert Popularity.fit(dataset, settings, "train").score(ANY).tolist() == [[1, 3, 0, 0]]
    assert Popularity.fit(dataset, settings, "fit").score(ANY).tolist() == [[1, 3, 2, 0]]


def test_recent_popularity_halves_with_each_half_life(tmp_path: Path) -> None:
    # One review an hour: item 1 two hours before the last, item 2 one hour before, item 3 last.
    dataset = write_dataset(tmp_path / "d", [([1, 2, 3], [], [])], 3)
    settings = RecentPopularitySettings(half_life_days=1 / 24)
    scores = RecentPopularity.fit(dataset, settings, "train").score(ANY)
    assert scores.tolist() == [[0.25, 0.5, 1.0]]


def test_tags_rank_by_the_cosine_of_weighted_tags() -> None:
    # Items: 1 {a: 1, b: 1}, 2 {a: 1}, 3 {c: 1}, 4 has none. Of 4 items a stands in 2, b and c in 1:
    # idf a = ln(1 + 4/2) = 1.0986, b = c = ln(1 + 4/1) = 1.6094. cos(1, 2) = 1.0986 / |(1.0986, 1.6094)|.
    offsets, ids = np.array([0, 0, 2, 3, 4, 4]), np.array([0, 1, 0, 2])
    scorer = TagScorer(offsets, ids, np.ones(4, np.float32), tag_count=3)
    np.testing.assert_allclose(scorer.score(np.array([[1]])), [[1, 0.56378, 0, 0]], atol=1e-5)
    assert scorer.score(np.array([[4]])).tolist() == [[0, 0, 0, 0]], "no tags, no preference"


def test_tags_answer_a_session_by_its_mean() -> None:
    offsets, ids = np.array([0, 0, 1, 2, 4]), np.array([0, 1, 0, 1])
    scorer = TagScorer(offsets, ids, np.ones(4, np.float32), tag_count=2)
    # Items 1 {a} and 2 {b} together are exactly item 3 {a, b}; alone each is 1/sqrt(2) of it.
    np.testing.assert_allclose(scorer.score(np.array([[1, 2]])), [[0.70711, 0.70711, 1]], atol=1e-5)
    assert scorer.score(np.array([[1, 0]]))[0, 2] == pytest.approx(2**-0.5)
