import numpy as np

from srec.dataset.batches import Examples
from srec.evaluation import slices


def test_lengths() -> None:
    found = dict(slices.by_length(np.array([1, 2, 3, 4, 5, 9, 10, 50])))
    assert {name: np.flatnonzero(mask).tolist() for name, mask in found.items()} == {
        "1": [0],
        "2": [1],
        "3-4": [2, 3],
        "5-9": [4, 5],
        "10+": [6, 7],
    }


def test_popularity_of_the_target() -> None:
    """Counts 50, 30, 10, 6, 4 of 100: item 1 makes 50 %, items 1 and 2 make 80 %, the others the rest."""
    found = dict(slices.by_popularity(np.array([1, 2, 3, 4, 5, 1]), np.array([0, 50, 30, 10, 6, 4])))
    assert {name: np.flatnonzero(mask).tolist() for name, mask in found.items()} == {
        "head": [0, 5],
        "middle": [1],
        "tail": [2, 3, 4],
    }


def test_slices_without_examples_are_left_out() -> None:
    assert [name for name, _ in slices.by_length(np.array([2, 2]))] == ["2"]


def test_the_taste_of_the_input() -> None:
    """Items 1 and 2 have 80 of 100 reviews. Item 1 alone has the first half, so it alone is the head."""
    items = np.array([1, 1, 2, 1, 3, 1, 4], np.int32)
    # [1] -> 1, [1, 1] -> 2, [2] -> 1, [3, 1] -> 4
    data = Examples(items, np.array([0, 0, 2, 4]), np.array([1, 2, 3, 6]), np.array([0, 0, 0, 1]))
    found = dict(slices.by_taste(data, np.array([0, 50, 30, 10, 6, 4])))
    assert {name: np.flatnonzero(mask).tolist() for name, mask in found.items()} == {
        "only head games": [0, 1],
        "other games too": [2, 3],
    }
