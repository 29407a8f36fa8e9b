"""The contenders' inputs: a few random games, as in the author's post, and prefixes of real sessions."""

from dataclasses import dataclass

import numpy as np

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Ints

MOST = 5  # games of a random input


@dataclass(frozen=True)
class Inputs:
    """Sessions, one at a time.

    Attributes:
        sessions: int64 [1, L] each, oldest first, without padding.
        targets: int64 [N], the item that came next; None if there is none.
    """

    sessions: list[Ints]
    targets: Ints | None = None

    def __len__(self) -> int:
        return len(self.sessions)


def random_inputs(item_count: int, count: int, seed: int) -> Inputs:
    """One to five different items, uniformly drawn."""
    rng = np.random.default_rng(seed)
    most = min(MOST, item_count)
    return Inputs(
        [rng.choice(item_count, rng.integers(1, most + 1), replace=False)[None] + 1 for _ in range(count)]
    )


def real_inputs(dataset: Dataset, count: int, max_length: int) -> Inputs:
    """The inputs of the test's examples; if there are more than ``count``, an evenly spread choice."""
    data = examples(dataset.sequences, "test", max_length)
    at = np.linspace(0, len(data) - 1, min(count, len(data)), dtype=np.int64)
    return Inputs([data.inputs(one[None]) for one in at], data.targets[at].astype(np.int64))
