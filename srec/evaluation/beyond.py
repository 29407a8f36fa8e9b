"""Beyond accuracy: how popular, varied and concentrated the recommendations are.

All functions read lists of items, int [E, K]; 0 is an empty place. "Known" counts are each item's
interactions before the tested window, int [V + 1]; entry 0 is the padding's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srec.dataset.dataset import Floats, Ints, Ragged


def beyond_accuracy(top_EK: Ints, known_counts: Ints, tags: Ragged) -> dict[str, float | None]:
    """Every measure of this file, as plain numbers; None if a measure is not defined."""
    shown = top_EK[top_EK > 0]
    counts = np.maximum(known_counts, 1)
    bits = -np.log2(counts / max(int(known_counts.sum()), 1))
    exposure = np.bincount(shown, minlength=len(known_counts))[1:]
    return {
        "coverage": float((exposure > 0).mean()),
        "mean_popularity": _mean(known_counts[shown]),
        "mean_popularity_percentile": _mean(percentiles(known_counts)[shown]),
        "novelty_bits": _mean(bits[shown]),
        "tag_diversity": tag_diversity(top_EK, tags),
        "gini": gini(exposure),
    }


MEANINGS = {
    "coverage": "share of all items that are recommended to anyone (Ge et al., 2010)",
    "mean_popularity": "mean number of known reviews of a recommended item (Yin et al., 2012)",
    "mean_popularity_percentile": "the same as a percentile of all items: 100 is the most popular",
    "novelty_bits": "mean self-information of a recommended item, -log2 of its share of the known reviews;"
    " an item without reviews counts as if it had one (Zhou et al., 2010)",
    "tag_diversity": "1 - mean cosine of the weighted tags of two items of a list, without items that have no"
    " tags (Ziegler et al., 2005)",
    "gini": "concentration of the recommendations over all items: 0 is even, 1 is one item for all (Fleder &"
    " Hosanagar, 2009)",
}


def percentiles(known_counts: Ints) -> Floats:
    """float64 [V + 1]: the percentage of items that are less popular, ties counting half; entry 0 is 0.

    Yin et al., "Challenging the long tail recommendation", 2012, average the popularity of the
    recommendations; the percentile makes it comparable between datasets.
    """
    counts = known_counts[1:]
    ordered = np.sort(counts)
    below = np.searchsorted(ordered, counts, side="left")
    through = np.searchsorted(ordered, counts, side="right")
    return np.concatenate(([0.0], 50.0 * (below + through) / max(len(counts), 1)))


def tag_diversity(top_EK: Ints, tags: Ragged, block: int = 2048) -> float | None:
    """1 - the mean pairwise cosine of weighted tag vectors within a list, averaged over the lists.

    Ziegler et al., "Improving recommendation lists through topic diversification", 2005 (intra-list
    similarity). Items without tags resemble nothing, so they would make a list look varied: they are left
    out, and so are lists with fewer than two tagged items. None if no list is left.
    """
    assert tags.weights is not None
    items, inverse = np.unique(top_EK, return_inverse=True)
    places_EK = inverse.reshape(top_EK.shape)
    vectors = np.zeros((len(items), len(tags.names)), np.float32)
    for place, item in enumerate(items):
        part = slice(tags.offsets[item], tags.offsets[item + 1])
        vectors[place, tags.ids[part]] = tags.weights[part]
    norms = np.linalg.norm(vectors, axis=1)
    vectors /= np.maximum(norms, 1e-12)[:, None]
    tagged_EK = (norms > 0)[places_EK]
    sums = [vectors[places_EK[at : at + block]].sum(axis=1) for at in range(0, len(top_EK), block)]
    # The squared length of a sum of n unit vectors is n plus twice the sum of their pairs' cosines.
    squared = np.concatenate([(part.astype(np.float64) ** 2).sum(axis=1) for part in sums])
    tagged = tagged_EK.sum(axis=1)
    several = tagged > 1
    n = tagged[several]
    return _mean(1 - (squared[several] - n) / (n * (n - 1)))


def gini(exposure: Ints) -> float | None:
    """The Gini coefficient of how often each item is recommended, including items that never are.

    Fleder & Hosanagar, "Blockbuster culture's next rise or fall", 2009. None if nothing is recommended.
    """
    total, size = int(exposure.sum()), len(exposure)
    if not total:
        return None
    places = 2 * np.arange(1, size + 1) - size - 1
    return float((places * np.sort(exposure)).sum() / (size * total))


@dataclass(frozen=True)
class Curve:
    """How much falls on the most popular share of the catalogue.

    Attributes:
        catalogue: shares of the catalogue in (0, 1], most popular first, evenly spaced on a log scale.
        reached: for each, the share of the counted items that it contains.
    """

    catalogue: Sequence[float]
    reached: Sequence[float]


def concentration(items: Ints, known_counts: Ints, points: int = 60) -> Curve:
    """How much of ``items`` falls on the most popular share of the catalogue."""
    size = len(known_counts) - 1
    order = np.argsort(-known_counts[1:], kind="stable") + 1
    exposure = np.bincount(items[items > 0], minlength=size + 1)[order]
    heads = np.unique(np.geomspace(1, size, points).round().astype(np.int64))
    reached = np.cumsum(exposure)[heads - 1] / max(int(exposure.sum()), 1)
    return Curve((heads / size).tolist(), reached.tolist())


def _mean(values: "np.ndarray[Any, np.dtype[Any]]") -> float | None:
    return float(values.mean()) if values.size else None
