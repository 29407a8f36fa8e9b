"""The global graph: for each item, the items that are most often near it in the training sessions.

GCE-GNN, section 3.1.2: two items are neighbours if they are within ``window`` positions of each other in a
session, in either direction. The weight is how often that happens, and the heaviest ``neighbours`` are kept.
As in the authors' code, an item with fewer neighbours draws from them with replacement. An item without any
lists item 0 with weight 0; that item's vector is learnt like any other.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.threads import may_run

#: Pairs that are counted together: few enough to stay in the cache, whatever the sessions.
PAIRS = 1 << 19


_ITEM_BITS = 32
_ITEM = (1 << _ITEM_BITS) - 1


def pack(items: Ints, sessions: Ints, window: int) -> Ints:
    """Session and item of each position in one number, so that one read finds both; then a few -1.

    Args:
        items: int [N], the flat sequences.
        sessions: int [N]: the session of each position.
        window: how many -1 to append.

    Returns:
        int64 [N + window].
    """
    packed = np.full(len(items) + window, -1, np.int64)
    packed[: len(items)] = sessions.astype(np.int64) << _ITEM_BITS | items
    return packed


def count_neighbours(places: Ints, positions: Ints, *, bits: int, window: int) -> tuple[Ints, Ints, Ints]:
    """How often the items at some positions stand within ``window`` positions of each other item.

    Args:
        places: int64 [N + window], as ``pack`` returns them.
        positions: int [P]: all positions of the items to count.
        bits: the bit length of the largest item.
        window: the largest distance that counts.

    Returns:
        item, neighbour, count: each int64 [E], sorted by item, then by descending count, then by neighbour.
    """
    here = places[positions]
    item = (here & _ITEM) << bits
    parts = []
    for distance in (*range(-window, 0), *range(1, window + 1)):
        # Before the first position and after the last are the -1, which belong to no session.
        there = np.take(places, positions + distance, mode="wrap")
        near = (there ^ here) >> _ITEM_BITS == 0
        parts.append(item[near] | there[near] & _ITEM)
    keys = np.concatenate(parts)
    keys.sort()
    begins = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))[: len(keys)])
    counts = np.diff(begins, append=len(keys))
    keys = keys[begins]
    # One number for each pair sorts much faster than three columns.
    most, first = int(counts.max(initial=0)), int(keys[0] >> bits) if len(keys) else 0
    span = int(keys[-1] >> bits) - first + 1 if len(keys) else 0
    if span.bit_length() + most.bit_length() + bits > 63:
        raise ValueError(f"{span} items with up to {most} meetings of a pair do not fit 63 bits")
    low = (1 << bits) - 1
    packed = ((keys >> bits) - first) * (most + 1) + (most - counts) << bits | keys & low
    packed.sort()
    found, below = np.divmod(packed >> bits, most + 1)
    return found + first, packed & low, most - below


def global_graph(
    items: Ints, sessions: Ints, item_count: int, *, window: int, neighbours: int, seed: int
) -> tuple[Ints, Floats]:
    """The sampled neighbours of every item, and how often they meet.

    Args:
        items: int [N], the flat training sequences.
        sessions: int [N], ascending: the session of each position.
        item_count: V.
        window: the largest distance that counts.
        neighbours: S, how many each item lists.
        seed: seeds the draws for items with fewer.

    Returns:
        neighbours_VS int64 and weights_VS float32, both [V + 1, S]; row 0 is the padding's and zero.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.random((item_count + 1, neighbours))
    neighbours_VS = np.zeros((item_count + 1, neighbours), np.int64)
    weights_VS = np.zeros((item_count + 1, neighbours), np.float32)
    bits = item_count.bit_length()
    places = pack(items, sessions, window)
    # All positions, sorted by item: sorting both in one number is many times faster than argsort.
    by_item = items.astype(np.int64) << 32 | np.arange(len(items))
    by_item.sort()
    by_item &= (1 << 32) - 1
    ends = np.cumsum(np.bincount(items, minlength=item_count + 1))

    def fill(first: int, past: int) -> None:
        positions = by_item[ends[first - 1] : ends[past - 1]]
        item, neighbour, count = count_neighbours(places, positions, bits=bits, window=window)
        begins = np.searchsorted(item, np.arange(first, past + 1))
        available = np.minimum(np.diff(begins), neighbours)[:, None]
        again = (drawn[first:past] * available).astype(np.int64)
        place = np.where(available >= neighbours, np.arange(neighbours), again)
        found = np.flatnonzero(available)
        at = begins[:-1, None][found] + place[found]
        neighbours_VS[first + found], weights_VS[first + found] = neighbour[at], count[at]

    # Each range writes its own rows, and NumPy releases the interpreter lock in the slow operations.
    with ThreadPoolExecutor(may_run()) as pool:
        list(pool.map(lambda reach: fill(*reach), _ranges(ends, PAIRS // (2 * window))))
    return neighbours_VS, weights_VS


def _ranges(ends: Ints, positions: int) -> Iterator[tuple[int, int]]:
    """Ranges of items that together have about this many positions; a single item may have more."""
    first = 1
    while first < len(ends):
        past = int(np.searchsorted(ends, ends[first - 1] + positions, "right"))
        past = min(max(past, first + 1), len(ends))
        yield first, past
        first = past
