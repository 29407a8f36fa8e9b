"""How few of its players dislike a game, from the dataset's reviews and from the catalogue's counts.

Shapes: V items.
"""

import numpy as np
import pyarrow.parquet as pq

from srec.dataset.dataset import Dataset, Floats, Part

_ENOUGH = 50.0  # reviews, after which they count more than what was thought before
_COUNTS = ("reviews_negative", "reviews_positive")


def disliked_shares(dataset: Dataset, part: Part) -> Floats:
    """The share of each game's reviews that are negative, float64 [V] in [0, 1].

    The catalogue's counts are drawn towards the share of the whole catalogue, and the dataset's own reviews
    change the result, each the more, the more of them there are. All shares are 0 where nobody dislikes.

    Args:
        dataset: its dated likes, its dislikes and the counts of its games are read. Likes without a date are
            left out, because nobody says how many dislikes there are beside them.
        part: what may be learnt from.
    """
    items, times, _ = dataset.sequences.learnable(part)
    size = dataset.item_count + 1
    own_2V = np.stack(
        (
            np.bincount(dataset.dislikes.learnable(dataset.sequences, part), minlength=size)[1:],
            np.bincount(items[times > 0], minlength=size)[1:],
        )
    ).astype(np.float64)
    listed_2V = _listed(dataset) if dataset.has_games else np.zeros_like(own_2V)
    total = listed_2V.sum() or own_2V.sum()
    mean = float((listed_2V if listed_2V.any() else own_2V)[0].sum() / max(total, 1))
    return _towards(own_2V, _towards(listed_2V, np.full(dataset.item_count, mean)))


def _listed(dataset: Dataset) -> Floats:
    """The catalogue's numbers of negative and positive reviews, float64 [2, V]; 0 where unknown."""
    table = pq.read_table(dataset.path / "games.parquet")
    known = [name for name in _COUNTS if name in table.column_names]
    if len(known) < len(_COUNTS):
        return np.zeros((2, dataset.item_count))
    table = table.sort_by("item")
    return np.stack([table[name].fill_null(0).to_numpy().astype(np.float64) for name in _COUNTS])


def _towards(counts_2V: Floats, before_V: Floats) -> Floats:
    negative_V, positive_V = np.maximum(counts_2V, 0)
    shares: Floats = (negative_V + _ENOUGH * before_V) / (negative_V + positive_V + _ENOUGH)
    return shares
