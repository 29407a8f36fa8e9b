"""How alike games are: by the players they share, their makers, their names, their tags and their years.

Sparse kinds give rows of numbers, a row a game; dense kinds give a vector a game, whose products count.
Shapes: V items, S sessions, F features, D dimension, C rows of a block.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from srec.dataset.dataset import Floats, Ragged

Rows = Callable[[slice], sp.csr_matrix]

#: A sparse row of length 1 has this standard deviation over so many games, so that one weight means the same
#: for a sparse kind and for a dense one, in a catalogue of any size.
SPREAD = np.float32(5000**0.5)
_SAMPLE = 512
_WORD = re.compile(r"\w{3,}")
_COMMON = 0.02  # a word or a maker of a larger share of the games says nothing


class Together:
    """Co-occurrence in sessions, counted once.

    Args:
        has: sparse [S, V], how much each session has of each item.
    """

    def __init__(self, has: sp.csr_matrix) -> None:
        self._has, self._of = has, has.T.tocsr()
        self.counts_V: npt.NDArray[np.float64] = np.asarray(has.sum(axis=0), np.float64).ravel()

    def rows(self, weights: tuple[float, float], *, exponent: float, shrinkage: float) -> list[Rows]:
        """Two kinds of rows, each of its weight.

        The first is item-kNN: what items i and j share, by (d_i + s)^(1 - a) (d_j + s)^a for their counts d,
        the exponent a and the shrinkage s; the larger a, the less popular are the neighbours. The second is
        the logarithm of lift, log(1 + shared / (1 + expected by chance)).
        """
        counts_V, sessions = self.counts_V, max(self._has.shape[0], 1)

        # Both kinds are asked for the same block, one after the other, so it is counted once.
        @lru_cache(maxsize=1)
        def met(start: int, stop: int) -> sp.coo_matrix:
            found = (self._of[start:stop] @ self._has).tocoo()
            other = found.row + start != found.col
            return sp.coo_matrix((found.data[other], (found.row[other], found.col[other])), shape=found.shape)

        def near(rows: slice) -> sp.csr_matrix:
            found = met(rows.start, rows.stop)
            theirs = (counts_V[found.row + rows.start] + shrinkage) ** (1 - exponent)
            values = found.data / (theirs * (counts_V[found.col] + shrinkage) ** exponent)
            return sp.csr_matrix((values.astype(np.float32), (found.row, found.col)), shape=found.shape)

        def lifted(rows: slice) -> sp.csr_matrix:
            found = met(rows.start, rows.stop)
            chance = counts_V[found.row + rows.start] * counts_V[found.col] / sessions
            values = np.log1p(found.data / (1 + chance))
            return sp.csr_matrix((values.astype(np.float32), (found.row, found.col)), shape=found.shape)

        items = len(counts_V)
        return [_scaled(kind, items, weight) for kind, weight in zip((near, lifted), weights, strict=True)]


def shared(values: Sequence[Sequence[str]], weight: float) -> Rows:
    """Rows of the values that games have in common: the cosine of their values, the rarer the heavier.

    Args:
        values: the values of each game, such as its publishers.
        weight: of this kind.
    """
    counts = Counter(value for of_game in values for value in set(of_game))
    most = max(2.0, _COMMON * len(values))
    telling = sorted(value for value, count in counts.items() if 2 <= count <= most)
    numbers = {value: number for number, value in enumerate(telling)}
    pairs = [(game, numbers[one]) for game, of in enumerate(values) for one in set(of) if one in numbers]
    games, features = np.array(pairs, np.int64).reshape(-1, 2).T
    rare_F = np.log(len(values) / np.array([counts[value] for value in telling], np.float64))
    matrix = sp.csr_matrix(
        (rare_F[features].astype(np.float32), (games, features)), shape=(len(values), max(len(telling), 1))
    )
    matrix = _unit(matrix)
    turned = matrix.T.tocsr()

    def alike(rows: slice) -> sp.csr_matrix:
        found = (matrix[rows] @ turned).tocoo()
        other = found.row + rows.start != found.col
        return sp.csr_matrix((found.data[other], (found.row[other], found.col[other])), shape=found.shape)

    return _scaled(alike, len(values), weight, floored=False)


def words(names: Sequence[str]) -> list[list[str]]:
    """The words of each game's name, from which its series can be told."""
    return [_WORD.findall(name.casefold()) for name in names]


def strongest(
    kinds: Sequence[Rows],
    items: int,
    neighbours: int,
    *,
    answered_V: npt.NDArray[np.bool_] | None = None,
    block: int = 1024,
) -> sp.csr_matrix:
    """The sum of some kinds, of which each row keeps its largest numbers; float32 [V, V], columns ascending.

    Args:
        kinds: rows of numbers of at least 0.
        items: V.
        neighbours: how many numbers a row keeps at most.
        answered_V: bool [V], the columns that a row may keep; all where None.
        block: the rows worked on at a time; it bounds the memory.
    """
    found = []
    for at in range(0, items, block):
        rows = slice(at, min(at + block, items))
        total = sum((kind(rows) for kind in kinds), sp.csr_matrix((rows.stop - at, items), dtype=np.float32))
        total = total.tocoo()
        order = np.lexsort((total.col, -total.data, total.row))
        row, column, value = total.row[order], total.col[order], total.data[order]
        there = value > 0 if answered_V is None else (value > 0) & answered_V[column]
        row, column, value = row[there], column[there], value[there]
        kept = np.arange(len(row)) - np.searchsorted(row, row) < neighbours
        found.append(sp.csr_matrix((value[kept], (row[kept], column[kept])), shape=total.shape))
    whole = sp.vstack(found).tocsr().astype(np.float32)
    whole.sort_indices()
    return whole


def tag_vectors(tags: Ragged, dimension: int) -> Floats:
    """Vectors whose products come near the cosines of the tag recommender, float32 [V, at most D]."""
    assert tags.weights is not None
    games = len(tags.offsets) - 2
    counts_T = np.bincount(tags.ids, minlength=max(len(tags.names), 1))
    rare_T = np.log1p(games / np.maximum(counts_T, 1))
    matrix = sp.csr_matrix(
        (tags.weights * rare_T[tags.ids], tags.ids, tags.offsets[1:] - tags.offsets[1]),
        shape=(games, len(counts_T)),
    )
    return _reduced(_unit(matrix.astype(np.float64)), dimension)


def era_vectors(years_V: Floats, dimension: int, width: float = 1.5) -> Floats:
    """Vectors whose products tell how near the years of two games are, float32 [V, at most D].

    Args:
        years_V: the year of each game's release, with its fraction; NaN where unknown.
        dimension: the most numbers of a vector.
        width: the years after which a game counts as of another time.
    """
    known_V = ~np.isnan(years_V)
    if not known_V.any():
        return np.zeros((len(years_V), 0), np.float32)
    centres = np.arange(np.floor(years_V[known_V].min()), years_V[known_V].max() + 1)
    apart = (np.where(known_V, years_V, 0)[:, None] - centres) / width
    bumps = np.where(known_V[:, None], np.exp(-0.5 * apart**2), 0)
    return _reduced(_unit(sp.csr_matrix(bumps)), dimension)


def inputs(vectors_VD: Floats, weight: float) -> Floats:
    """The vectors of named games: with them each game's products have the same standard deviation.

    Few games lie so near to all others that theirs would be tiny; these count as the twentieth part does.
    """
    centred_VD = vectors_VD - vectors_VD.mean(0)
    products_DD = centred_VD.T @ centred_VD / max(len(vectors_VD), 1)
    spread_V = np.sqrt(np.maximum(np.einsum("vd,de,ve->v", vectors_VD, products_DD, vectors_VD), 0))
    if not (spread_V > 0).any():
        return np.zeros_like(vectors_VD)
    floor = np.quantile(spread_V[spread_V > 0], 0.05)
    scaled: Floats = (weight * vectors_VD / np.maximum(spread_V, floor)[:, None]).astype(np.float32)
    return scaled


def _scaled(kind: Rows, items: int, weight: float, *, floored: bool = True) -> Rows:
    """Rows of one length. A row of few, small numbers stays short: chance made them."""
    floor = 0.0
    if floored and items:
        some = np.unique(np.linspace(0, items - 1, min(items, _SAMPLE), dtype=np.int64))
        lengths = np.concatenate([_lengths(kind(slice(int(at), int(at) + 1))) for at in some])
        floor = float(np.quantile(lengths[lengths > 0], 0.05)) if (lengths > 0).any() else 0.0

    def rows(at: slice) -> sp.csr_matrix:
        found = kind(at)
        by = np.maximum(_lengths(found), max(floor, 1e-12))
        factors = np.float32(weight) * SPREAD / by.astype(np.float32)
        scaled: sp.csr_matrix = sp.diags(factors) @ found
        return scaled.tocsr().astype(np.float32)

    return rows


def _lengths(rows: sp.csr_matrix) -> npt.NDArray[np.float64]:
    lengths: npt.NDArray[np.float64] = np.sqrt(
        np.asarray(rows.multiply(rows).sum(axis=1), np.float64)
    ).ravel()
    return lengths


def _unit(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """The rows scaled to length 1; a row of zeros stays."""
    return (sp.diags(1 / np.maximum(_lengths(matrix), 1e-12)) @ matrix).tocsr()


def _reduced(matrix: sp.csr_matrix, dimension: int) -> Floats:
    """The rows in the D directions that keep their products best (truncated SVD)."""
    rank = min(dimension, *matrix.shape)
    if not matrix.nnz:
        return np.zeros((matrix.shape[0], 0), np.float32)
    left, sizes, _ = randomized_svd(matrix, rank, random_state=0)
    vectors: Any = left * sizes
    return np.ascontiguousarray(vectors, np.float32)
