"""The global graph: for each item the neighbours it most often stands near in the training sessions.

GCE-GNN, section 3.1.2: two items are neighbours when they stand within ``window`` positions of each other
in a session, in either direction; the weight is how often, and the heaviest ``neighbours`` are kept. As in
the authors' code an item with fewer draws with replacement from those it has, and one with none
lists item 0, whose vector is learnt like any other, with weight 0.
"""

from collections.abc import Iterator

import numpy as np

from srec.data.dataset import Floats, Ints

#: Pairs that are counted together: the memory does not grow with the sessions.
PAIRS = 1 << 25


def count_neighbours(
    items: Ints, sessions: Ints, window: int, first: int, past: int
) -> tuple[Ints, Ints, Ints]:
    """How often each ordered pair of items stands within ``window`` positions of one session.

    Args:
        items: int [N], the flat sequences.
        sessions: int [N], ascending: the session of each position.
        window: the largest distance that counts.
        first: only pairs whose item is at least this,
        past: and below this.

    Returns:
        item, neighbour, count: each int64 [E], by item, then the heaviest first, then the lower neighbour.
    """
    wanted = (items >= first) & (items < past)
    bits = int(items.max(initial=0)).bit_length()
    parts = []
    for distance in range(1, window + 1):
        near = sessions[distance:] == sessions[:-distance]
        older, newer = items[:-distance], items[distance:]
        for item, neighbour, these in (
            (older, newer, wanted[:-distance]),
            (newer, older, wanted[distance:]),
        ):
            at = np.flatnonzero(near & these)
            parts.append(item[at].astype(np.int64) << bits | neighbour[at])
    keys = np.concatenate(parts)
    parts.clear()
    keys.sort()
    begins = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))[: len(keys)])
    counts = np.diff(begins, append=len(keys))
    keys = keys[begins]
    # One number a pair sorts much faster than three columns.
    most = int(counts.max(initial=0))
    if (past - first).bit_length() + most.bit_length() + bits > 63:
        raise ValueError(f"{past - first} items with up to {most} meetings of a pair do not fit 63 bits")
    low = (1 << bits) - 1
    packed = ((keys >> bits) - first) * (most + 1) + (most - counts) << bits | keys & low
    packed.sort()
    item, below = np.divmod(packed >> bits, most + 1)
    return item + first, packed & low, most - below


def global_graph(
    items: Ints, sessions: Ints, item_count: int, window: int, neighbours: int, seed: int
) -> tuple[Ints, Floats]:
    """The sampled neighbours of every item, and how often they meet.

    Args:
        items: int [N], the flat training sequences.
        sessions: int [N], ascending: the session of each position.
        item_count: V.
        window: the largest distance that counts.
        neighbours: S, how many each item lists.
        seed: of the draws for items with fewer.

    Returns:
        neighbours_VS int64 and weights_VS float32, both [V + 1, S]; row 0 is the padding's and zero.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.random((item_count + 1, neighbours))
    neighbours_VS = np.zeros((item_count + 1, neighbours), np.int64)
    weights_VS = np.zeros((item_count + 1, neighbours), np.float32)
    for first, past in _ranges(items, item_count, 2 * window):
        item, neighbour, count = count_neighbours(items, sessions, window, first, past)
        begins = np.searchsorted(item, np.arange(first, past + 1))
        available = np.minimum(np.diff(begins), neighbours)[:, None]
        again = (drawn[first:past] * available).astype(np.int64)
        place = np.where(available >= neighbours, np.arange(neighbours), again)
        found = np.flatnonzero(available)
        at = begins[:-1, None][found] + place[found]
        neighbours_VS[first + found], weights_VS[first + found] = neighbour[at], count[at]
    return neighbours_VS, weights_VS


def _ranges(items: Ints, item_count: int, pairs_each: int) -> Iterator[tuple[int, int]]:
    """Ranges of items that have about PAIRS pairs each; one item may have more."""
    ends = np.cumsum(np.bincount(items, minlength=item_count + 1)) * pairs_each
    first = 1
    while first <= item_count:
        past = int(np.searchsorted(ends, ends[first - 1] + PAIRS, "right"))
        past = min(max(past, first + 1), item_count + 1)
        yield first, past
        first = past
