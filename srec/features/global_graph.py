"""The global graph: for each item the neighbours it most often stands near in the training sessions.

GCE-GNN, section 3.1.2: two items are neighbours when they stand within ``window`` positions of each other
in a session, in either direction; the weight is how often, and the heaviest ``neighbours`` are kept. As in
the authors' code an item with fewer draws with replacement from those it has, and one with none
lists item 0, whose vector is learnt like any other, with weight 0.
"""

import numpy as np

from srec.data.dataset import Floats, Ints


def count_neighbours(items: Ints, sessions: Ints, window: int) -> tuple[Ints, Ints, Ints]:
    """How often each ordered pair of items stands within ``window`` positions of one session.

    Args:
        items: int [N], the flat sequences.
        sessions: int [N], ascending: the session of each position.
        window: the largest distance that counts.

    Returns:
        item, neighbour, count: each int64 [E], by item, then the heaviest first, then the lower neighbour.
    """
    pairs = []
    base = int(items.max(initial=0)) + 1
    flat = items.astype(np.int64)
    for distance in range(1, window + 1):
        near = sessions[distance:] == sessions[:-distance]
        older, newer = flat[:-distance][near], flat[distance:][near]
        pairs += [older * base + newer, newer * base + older]
    keys, counts = np.unique(np.concatenate(pairs), return_counts=True)
    item, neighbour = np.divmod(keys, base)
    order = np.lexsort((neighbour, -counts, item))
    return item[order], neighbour[order], counts[order]


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
    item, neighbour, count = count_neighbours(items, sessions, window)
    begins = np.searchsorted(item, np.arange(item_count + 2))
    available = np.minimum(np.diff(begins), neighbours)[:, None]
    generator = np.random.default_rng(seed)
    drawn = (generator.random((item_count + 1, neighbours)) * available).astype(np.int64)
    place = np.where(available >= neighbours, np.arange(neighbours), drawn)
    if not len(item):
        return np.zeros(place.shape, np.int64), np.zeros(place.shape, np.float32)
    at = np.minimum(begins[:-1, None] + place, len(item) - 1)
    return np.where(available > 0, neighbour[at], 0), np.where(available > 0, count[at], 0).astype(np.float32)
