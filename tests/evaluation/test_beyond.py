import math

import numpy as np
import pytest

from srec.dataset.dataset import Ragged
from srec.evaluation.beyond import beyond_accuracy, concentration, gini, percentiles, tag_diversity

# Items 1, 2: tag A. Item 3: tag B. Item 4: A and B alike. Item 5: none.
TAGS = Ragged(
    np.array([0, 0, 1, 2, 3, 5, 5]),
    np.array([0, 0, 1, 0, 1], np.int32),
    np.array([1.0, 0.5, 1.0, 0.7, 0.7], np.float32),
    ("A", "B"),
)
COUNTS = np.array([0, 8, 4, 2, 2, 0])


def test_all_measures_by_hand() -> None:
    top = np.array([[1, 2], [1, 3]])
    found = beyond_accuracy(top, COUNTS, TAGS)
    assert found["coverage"] == 3 / 5
    assert found["mean_popularity"] == (8 + 4 + 8 + 2) / 4
    # 8 beats 4 items, 4 beats 3, and 2 beats 1 and ties with 1; each item also ties with itself.
    assert found["mean_popularity_percentile"] == pytest.approx((90 + 70 + 90 + 40) / 4)
    # Shares 8/16, 4/16, 8/16, 2/16: 1, 2, 1 and 3 bits.
    assert found["novelty_bits"] == pytest.approx((1 + 2 + 1 + 3) / 4, rel=0.2)
    # Items 1 and 2 have the same direction, items 1 and 3 nothing in common.
    assert found["tag_diversity"] == pytest.approx((0 + 1) / 2, abs=1e-6)
    # Exposure 2, 1, 1, 0, 0, in ascending order weighted by -4, -2, 0, 2, 4: 10 of 20.
    assert found["gini"] == pytest.approx((2 * 1 + 4 * 2 - 2 * 0 - 4 * 0 + 0 * 1) / (5 * 4))


def test_an_unseen_item_has_a_finite_novelty() -> None:
    found = beyond_accuracy(np.array([[5, 5]]), COUNTS, TAGS)["novelty_bits"]
    assert found is not None
    assert math.isfinite(found)
    assert found > -math.log2(2 / 16), "nothing is more novel than what nobody has reviewed"


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ([[1, 2]], 0.0),
        ([[1, 3]], 1.0),
        ([[1, 4]], 1 - math.sqrt(0.5)),  # A against (A + B) / sqrt 2
        ([[1, 2, 3]], 1 - 1 / 3),  # pairs: 1, 0, 0
        ([[1, 5, 3, 0]], 1.0),  # item 5 has no tags and does not count, 0 is an empty place
        ([[1, 2], [1, 3], [1, 5]], 0.5),  # the last list has one item with tags: left out
        ([[5, 0]], None),
    ],
)
def test_tag_diversity_by_hand(top: list[list[int]], expected: float | None) -> None:
    assert tag_diversity(np.array(top), TAGS) == (
        expected if expected is None else pytest.approx(expected, abs=1e-6)
    )


def test_blocks_do_not_change_the_diversity() -> None:
    top = np.random.default_rng(0).integers(0, 6, (50, 4))
    assert tag_diversity(top, TAGS, block=7) == pytest.approx(tag_diversity(top, TAGS))


@pytest.mark.parametrize(
    ("exposure", "expected"),
    [
        ([3, 3, 3, 3], 0.0),
        ([0, 0, 0, 8], 3 / 4),  # one of n items takes all: (n - 1) / n
        ([1, 3], 1 / 4),  # |1 - 3| * 2 / (2 * 4 * 2)
        ([0, 0], None),
    ],
)
def test_gini_by_hand(exposure: list[int], expected: float | None) -> None:
    assert gini(np.array(exposure)) == expected


def test_percentiles_by_hand() -> None:
    assert percentiles(COUNTS).tolist() == [0, 90, 70, 40, 40, 10]


def test_concentration_ends_at_everything() -> None:
    curve = concentration(np.array([1, 1, 1, 2, 0]), COUNTS)
    assert curve.catalogue[0] == 1 / 5
    assert curve.reached[0] == 3 / 4, "item 1 is the most popular fifth of the catalogue"
    assert curve.reached[-1] == curve.catalogue[-1] == 1.0
