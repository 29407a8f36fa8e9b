import math
from pathlib import Path

import numpy as np
import pytest

from srec.errors import SRecError
from srec.evaluation.metrics import accuracy
from srec.evaluation.validation import validator
from srec.models.popularity import Popularity, PopularitySettings
from srec.testing.toys import write_dataset

# Ranks 1, 3, 6, 11, 50:   @5            @10                 @20
#   HR  (found)            1, 3          1, 3, 6             1, 3, 6, 11
#   MRR (1 / rank)         1 + 1/3       + 1/6               + 1/11
#   NDCG (1/log2(rank+1))  1 + 1/2       + 1/log2(7)         + 1/log2(12)
RANKS = np.array([1, 3, 6, 11, 50])
EXPECTED = {
    "HR@5": 2 / 5,
    "HR@10": 3 / 5,
    "HR@20": 4 / 5,
    "MRR@5": (4 / 3) / 5,  # 0.26667
    "MRR@10": (3 / 2) / 5,  # 0.3
    "MRR@20": (3 / 2 + 1 / 11) / 5,  # 0.31818
    "NDCG@5": 1.5 / 5,
    "NDCG@10": (1.5 + 0.35620719) / 5,  # log2(7) = 2.8073549
    "NDCG@20": (1.5 + 0.35620719 + 0.27894295) / 5,  # log2(12) = 3.5849625
}


def test_accuracy_by_hand() -> None:
    assert accuracy(RANKS) == pytest.approx(EXPECTED)


@pytest.mark.parametrize(
    ("rank", "hr", "mrr", "ndcg"),
    [
        (1, 1.0, 1.0, 1.0),
        (2, 1.0, 1 / 2, 1 / math.log2(3)),
        (10, 1.0, 1 / 10, 1 / math.log2(11)),  # the last place of a list of ten counts
        (11, 0.0, 0.0, 0.0),
    ],
)
def test_one_rank_by_hand(rank: int, hr: float, mrr: float, ndcg: float) -> None:
    expected = {"HR@10": hr, "MRR@10": mrr, "NDCG@10": ndcg}
    assert accuracy(np.array([rank]), (10,)) == pytest.approx(expected)


def test_the_validator_measures_the_validation_window(tmp_path: Path) -> None:
    """Training counts are 3, 2, 1, 0 for items 1..4; the items of the input are no candidates."""
    sessions = [([1, 2], [3], [4]), ([1, 2], [4], [3]), ([1, 3], [], [2])]
    dataset = write_dataset(tmp_path / "d", sessions, 4)
    scorer = Popularity.fit(dataset, PopularitySettings(), "train")
    # After 1, 2 the list is 3, 4: ranks 1 and 2. The third session has no validation example.
    found = validator(dataset, 50)(scorer)
    assert found["MRR@20"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["HR@5"] == 1.0


def test_an_empty_validation_window_is_named(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "d", [([1, 2], [], [3])], 4)
    with pytest.raises(SRecError, match=r"prepare\.valid_days"):
        validator(dataset, 50)
