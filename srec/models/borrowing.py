"""What few or no reviews say of a game is borrowed from the games that are most like it.

A game that nobody has reviewed shares players with none, so counts alone would never answer it. The games
most like it by makers, name, tags and year lend it their players. The more reviews a game has of its own, the
less it borrows: with n of them, ENOUGH / (ENOUGH + n).

Shapes: V items, D dimension, C rows of a block.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from srec.dataset.dataset import Floats
from srec.models.likeness import Rows

ENOUGH = 3.0
_LENDERS = 10
_POWER = 3  # the most alike lends most
_STRENGTH = 2.2  # a mean of several games' players is flatter than the players of one
_LEAST = 0.1  # a smaller need is none


def needs(counts_V: npt.NDArray[np.float64]) -> Floats:
    """How much each game borrows, float32 [V] in [0, 1]."""
    needs_V = ENOUGH / (ENOUGH + counts_V)
    return np.where(needs_V < _LEAST, 0, needs_V).astype(np.float32)


def lenders(
    described: Sequence[Rows],
    inputs_VD: Floats,
    items_VD: Floats,
    *,
    needs_V: Floats,
    counts_V: npt.NDArray[np.float64],
    block: int = 512,
) -> sp.csr_matrix:
    """Who lends to whom, and how much: sparse [V, V], whose rows add up to 1, or to 0 where nobody lends.

    Args:
        described: the sparse kinds of likeness that need no reviews.
        inputs_VD: the vectors of named games.
        items_VD: the vectors of answered games.
        needs_V: as ``needs`` gives them; only games in need have lenders.
        counts_V: the reviews of each game; a game with fewer than ENOUGH lends nothing.
        block: the games worked on at a time; it bounds the memory.
    """
    items = len(counts_V)
    poor_V = counts_V < ENOUGH
    found = []
    for at in range(0, items, block):
        rows = slice(at, min(at + block, items))
        needy = np.flatnonzero(needs_V[rows] > 0)
        shape = (rows.stop - at, items)
        if not len(needy) or poor_V.all():
            found.append(sp.csr_matrix(shape, dtype=np.float32))
            continue
        alike_CV = inputs_VD[rows][needy] @ items_VD.T
        for kind in described:
            alike_CV += kind(rows)[needy].toarray()
        alike_CV[:, poor_V] = 0
        alike_CV[np.arange(len(needy)), at + needy] = 0
        best_CK = np.argpartition(-alike_CV, min(_LENDERS, items - 1), axis=1)[:, :_LENDERS]
        lent_CK = np.maximum(np.take_along_axis(alike_CV, best_CK, axis=1), 0) ** _POWER
        lent_CK /= np.maximum(lent_CK.sum(axis=1, keepdims=True), 1e-12)
        places = np.repeat(needy, best_CK.shape[1])
        found.append(sp.csr_matrix((lent_CK.ravel(), (places, best_CK.ravel())), shape=shape))
    return sp.vstack(found).tocsr().astype(np.float32)


def borrowed(counted: sp.csr_matrix, lent: sp.csr_matrix, needs_V: Floats) -> Rows:
    """The counted rows, in which games in need have what is lent to them, as named and as answered ones.

    Args:
        counted: sparse [V, V], the likeness that is counted from reviews.
        lent: as ``lenders`` gives it.
        needs_V: as ``needs`` gives them.
    """
    # A row of a game in need, and a column of it, are mixed from those of its lenders.
    as_named = sp.diags(needs_V) @ lent
    as_answered = (sp.diags(_STRENGTH * needs_V) @ lent).T.tocsr()

    def rows(at: slice) -> sp.csr_matrix:
        named = counted[at] + as_named[at] @ counted
        whole = (named + named @ as_answered).tocoo()
        other = whole.row + at.start != whole.col
        return sp.csr_matrix(
            (whole.data[other], (whole.row[other], whole.col[other])), shape=whole.shape, dtype=np.float32
        )

    return rows


def popularity(logs_V: Floats, lent: sp.csr_matrix, needs_V: Floats) -> Floats:
    """The logarithms of counts, those of games in need drawn towards their lenders'.

    Args:
        logs_V: log(1 + count).
        lent: as ``lenders`` gives it.
        needs_V: as ``needs`` gives them.
    """
    lent_V = lent @ logs_V
    share_V = np.where(lent_V > 0, needs_V, 0)
    drawn: Floats = ((1 - share_V) * logs_V + share_V * lent_V).astype(np.float32)
    return drawn
