import time
from dataclasses import astuple

import numpy as np
import pytest

from srec.dataset.batches import Examples
from srec.evaluation.comparison import (
    FEWEST_SESSIONS,
    Bootstrap,
    Difference,
    Estimate,
    compare,
    independent_groups,
)


def boot(
    values: list[list[float]] | np.ndarray, sessions: object, resamples: int = 1000, seed: int = 0
) -> Bootstrap:
    return Bootstrap(
        np.asarray(values, float),
        np.asarray(sessions),
        resamples=resamples,
        generator=np.random.default_rng(seed),
    )


def test_the_value_is_the_mean_over_examples_not_over_sessions() -> None:
    """Sessions of 3 and 1 examples: (1 + 1 + 1 + 0) / 4, whereas the mean over sessions would be 1/2."""
    assert boot([[1], [1], [1], [0]], [0, 0, 0, 7]).mean(0).value == 0.75


def test_two_sessions_have_three_resamples() -> None:
    """Drawing twice from sessions with the means 0 and 1 gives 0, 1/2 or 1, at 1/4, 1/2 and 1/4."""
    found = boot([[0], [1]], [4, 9], resamples=4000)
    values, counts = np.unique(found.means_RC, return_counts=True)
    assert values.tolist() == [0.0, 0.5, 1.0]
    assert counts / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    assert astuple(found.mean(0)) == (0.5, 0.0, 1.0, 2)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Sessions agree within themselves, so that resampling examples would claim far too much."""
    generator = np.random.default_rng(0)
    covered = naive = 0
    for trial in range(200):
        sessions = np.repeat(np.arange(100), 5)
        values = np.repeat(generator.random(100) < 0.3, 5).astype(float)[:, None]
        found = boot(values, sessions, resamples=300, seed=trial).mean(0)
        covered += found.low <= 0.3 <= found.high
        alone = boot(values, np.arange(500), resamples=300, seed=trial).mean(0)
        naive += alone.low <= 0.3 <= alone.high
    assert 0.89 <= covered / 200 <= 0.99
    assert naive / 200 < 0.75


def test_a_difference_is_paired() -> None:
    """One model is always 0.1 above the other: the difference is certain, even if each value is not."""
    values = np.random.default_rng(1).random(200)
    found = boot(np.column_stack([values + 0.1, values]), np.arange(200))
    assert astuple(found.difference(0, 1))[:3] == pytest.approx((0.1, 0.1, 0.1))
    assert found.mean(0).high - found.mean(0).low > 0.05


@pytest.mark.parametrize(
    ("low", "high", "sessions", "verdict"),
    [
        (0.01, 0.2, 100, "better"),
        (-0.2, -0.01, 100, "worse"),
        (-0.1, 0.1, 100, "no clear difference"),
        (0.0, 0.1, 100, "no clear difference"),
        (0.01, 0.2, FEWEST_SESSIONS - 1, "too few sessions"),
    ],
)
def test_what_an_interval_shows(low: float, high: float, sessions: int, verdict: str) -> None:
    estimate = Estimate((low + high) / 2, low, high, sessions)
    assert Difference.judged(estimate).verdict == verdict


def test_each_model_meets_the_strongest_baseline_of_each_metric() -> None:
    generator = np.random.default_rng(2)
    ones, zeros = np.ones(50), np.zeros(50)
    values = {
        "a": {"HR": zeros, "MRR": ones},
        "b": {"HR": ones, "MRR": zeros},
        "model": {"HR": zeros + 0.5, "MRR": ones + 0.5},
    }
    found = compare(values, np.arange(50), baselines=["a", "b"], resamples=100, generator=generator).models
    against = {
        metric: (one.baseline, one.value, one.verdict) for metric, one in found["model"].against.items()
    }
    assert against == {"HR": ("b", -0.5, "worse"), "MRR": ("a", 0.5, "better")}
    assert found["a"].against == {}, "a baseline is not judged"
    assert list(found["a"].differences) == ["b"]
    assert list(found["model"].differences) == ["a", "b"]


def test_the_same_seed_gives_the_same_intervals() -> None:
    values = np.random.default_rng(3).random((300, 2))
    first, second, other = (boot(values, np.arange(300), seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(first.means_RC, second.means_RC)
    assert not np.array_equal(first.means_RC, other.means_RC)


def test_a_thousand_resamples_of_many_examples_take_seconds() -> None:
    sessions = np.repeat(np.arange(20_000), 5)
    started = time.monotonic()
    boot(np.random.default_rng(4).random((100_000, 9)), sessions)
    assert time.monotonic() - started < 10


def test_beginnings_of_one_session_are_no_independent_examples() -> None:
    """As in the papers' files: 1 2 3 -> 4, 1 2 -> 3, 1 -> 2, then another session, then one with two rows."""
    rows = [[1, 2, 3, 4], [1, 2, 3], [1, 2], [5, 6], [7, 8], [7, 8, 9]]
    ends = np.cumsum([len(row) for row in rows]) - 1
    starts = ends - np.array([len(row) - 1 for row in rows])
    data = Examples(np.concatenate(rows).astype(np.int32), starts, ends, np.arange(6))
    assert independent_groups(data).tolist() == [0, 0, 0, 1, 2, 2]
    same = Examples(data.items, starts, ends, np.array([0, 0, 0, 0, 1, 1]))
    assert independent_groups(same).tolist() == [0, 0, 0, 0, 1, 1]
