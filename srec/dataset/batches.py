"""Examples are ranges of the flat sequences, never copies; batches are cut so that little is padding.

An example is (what came before in the session -> the next item). Shapes: B examples, L padded length.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from srec.dataset.dataset import Floats, Ints, Sequences


@dataclass(frozen=True)
class Examples:
    """Example e asks for ``items[ends[e]]`` after ``items[starts[e]:ends[e]]``."""

    items: Ints  # int32 [N], the flat sequences
    starts: Ints  # int64 [E]
    ends: Ints  # int64 [E]
    sessions: Ints  # int64 [E], the session each example is cut from

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lengths(self) -> Ints:
        """int64 [E]: how many items each example's input has."""
        return self.ends - self.starts

    @cached_property
    def targets(self) -> Ints:
        """int32 [E]: the item each example asks for."""
        return self.items[self.ends]

    def longest(self) -> "Examples":
        """The last example of each session only: for a model that learns from all its positions at once."""
        last = np.flatnonzero(np.append(self.sessions[1:] != self.sessions[:-1], len(self) > 0))
        return Examples(self.items, self.starts[last], self.ends[last], self.sessions[last])

    def inputs(self, chosen: Ints) -> Ints:
        """int64 [B, L]: the inputs of the chosen examples, oldest first, padded with 0 on the right."""
        starts = self.starts[chosen]
        lengths = self.ends[chosen] - starts
        steps = np.arange(int(lengths.max(initial=0)))
        inside = steps < lengths[:, None]
        flat = np.where(inside, starts[:, None] + steps, 0)
        return np.where(inside, self.items[flat], 0).astype(np.int64)


def examples(sequences: Sequences, part: str, max_length: int) -> Examples:
    """The examples whose target lies in a part of the sequences: "train", "valid", "test" or "fit".

    "fit" is training and validation together: what a model may learn from before it meets the test.

    The input is all that the session holds before the target, in whatever part. A session's very first item
    has no input, so it is not the target of an example.

    Args:
        sequences: the sessions.
        part: where the targets lie.
        max_length: the most items of an input; the newest are kept.
    """
    first, last = sequences.offsets[:-1], sequences.offsets[1:]
    begin, end = {
        "train": (first, sequences.train_ends),
        "valid": (sequences.train_ends, sequences.valid_ends),
        "test": (sequences.test_begins, last),
        "fit": (first, sequences.valid_ends),
    }[part]
    begin = np.maximum(begin, first + 1)
    counts = np.maximum(end - begin, 0)
    ends = np.repeat(begin - np.concatenate(([0], np.cumsum(counts)[:-1])), counts) + np.arange(counts.sum())
    starts = np.maximum(np.repeat(first, counts), ends - max_length)
    return Examples(sequences.items, starts, ends, np.repeat(np.arange(len(sequences)), counts))


def batches(
    data: Examples,
    size: int,
    generator: np.random.Generator | None = None,
    *,
    shares: Floats | None = None,
    chunk: int = 64,
) -> Iterator[Ints]:
    """Cut all examples into batches of similar input length; yields their indices.

    With a generator the examples are shuffled, then sorted by length inside chunks of ``chunk`` batches,
    and the batches of a chunk come in random order. Without one they come sorted by length.

    Args:
        data: the examples.
        size: examples a batch; the last one may be smaller.
        generator: of the order.
        shares: float [E], sums to 1: E examples are drawn with these probabilities, with replacement; where
            None, each example comes once.
        chunk: how many batches are sorted by length together; 1 leaves the examples in random order.

    Yields:
        int64 [B], the indices of the examples of a batch.
    """
    lengths = data.lengths
    if generator is None:
        order = np.argsort(lengths, kind="stable")
        yield from (order[at : at + size] for at in range(0, len(order), size))
        return
    if shares is None:
        shuffled = generator.permutation(len(data))
    else:
        shuffled = generator.choice(len(data), len(data), p=shares)
    for at in range(0, len(shuffled), size * chunk):
        part = shuffled[at : at + size * chunk]
        part = part[np.argsort(lengths[part], kind="stable")]
        cuts = np.arange(0, len(part), size)
        for cut in generator.permutation(cuts):
            yield part[cut : cut + size]
