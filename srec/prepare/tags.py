"""Game tags: the game x tag weight matrix, and its non-negative factors of the model's dimension.

The factorisation is NMF (Lee & Seung, 1999) as scikit-learn solves it by coordinate descent: X = W H with
W [V, D] the tag embedding of each game. Games without tags have a zero row: their vector is what is learnt.
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from srec.dataset.dataset import Floats, Ints
from srec.settings import Settings


class TagSettings(Settings):
    """How the tags are factorised."""

    section: ClassVar[str] = "tags"
    dimension: int = Field(64, ge=1, description="D, the dimension of the factors, and so of the models")
    iterations: int = Field(200, ge=1, description="the most iterations of the solver")
    seed: int = Field(0, ge=0, description="the seed of the solver's start")


def write_tags(
    target: Path,
    settings: TagSettings,
    *,
    items: Ints,
    tags: Sequence[str],
    weights: Floats,
    item_count: int,
) -> dict[str, Any]:
    """Write the tag matrix and its factors, float32 [V + 1, D]; returns facts for the manifest.

    Args:
        target: the folder to write into; it is made.
        settings: dimension and seed of the factorisation.
        items: int [M], the item of each entry, ascending.
        tags: the tag name of each entry.
        weights: float [M], in (0, 1].
        item_count: V.
    """
    target.mkdir()
    names, ids = np.unique(np.asarray(tags, dtype=np.str_), return_inverse=True)
    offsets = np.searchsorted(items, np.arange(item_count + 2))
    np.save(target / "offsets.npy", offsets.astype(np.int64))
    np.save(target / "ids.npy", ids.astype(np.int32))
    np.save(target / "weights.npy", weights.astype(np.float32))
    (target / "names.json").write_text(json.dumps(names.tolist(), ensure_ascii=False), encoding="utf-8")
    matrix = csr_matrix((weights, ids, offsets), shape=(item_count + 1, max(len(names), 1)))
    factors, components, facts = factorise(matrix, settings)
    np.save(target / "factors.npy", factors)
    np.save(target / "components.npy", components)
    return {"tags": len(names), "items_without_tags": int((np.diff(offsets)[1:] == 0).sum()), **facts}


def factorise(matrix: csr_matrix, settings: TagSettings) -> tuple[Floats, Floats, dict[str, Any]]:
    """The factors of a non-negative matrix, and how well they rebuild it.

    Where the matrix has fewer rows or columns than D, the surplus factors are zero.

    Args:
        matrix: [rows, T], non-negative.
        settings: dimension, iterations and seed.

    Returns:
        float32 [rows, D], float32 [D, T], and facts for the manifest: D (0 where the matrix is empty), the
        iterations, and the relative error in the Frobenius norm.
    """
    rank = min(settings.dimension, *matrix.shape)
    if matrix.nnz == 0:
        zeros = np.zeros((matrix.shape[0], settings.dimension), np.float32)
        return zeros, np.zeros((settings.dimension, matrix.shape[1]), np.float32), {"dimension": 0}
    model = NMF(
        n_components=rank,
        init="nndsvda",
        random_state=settings.seed,
        max_iter=settings.iterations,
        tol=1e-4,
    )
    # In single precision the library's own squared error may come out negative; ours is computed apart.
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        # Stopping at the last iteration is not a fault: the error that was reached is reported.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # The factors are kept in this precision, and the solver is a fifth faster in it.
        factors = model.fit_transform(matrix.astype(np.float32))
    facts = {
        "dimension": settings.dimension,
        "iterations": int(model.n_iter_),
        "relative_reconstruction_error": _error(matrix, factors, model.components_),
    }
    surplus = settings.dimension - rank
    return (
        np.pad(factors, ((0, 0), (0, surplus))).astype(np.float32),
        np.pad(model.components_, ((0, surplus), (0, 0))).astype(np.float32),
        facts,
    )


def _error(matrix: csr_matrix, factors: Floats, components: Floats) -> float:
    """|X - W H| / |X| in Frobenius norms, without the dense X - W H, and in double precision."""
    w, h = factors.astype(np.float64), components.astype(np.float64)
    square = float(matrix.multiply(matrix).sum())
    left = square - 2 * float(((matrix @ h.T) * w).sum()) + float(((w.T @ w) * (h @ h.T)).sum())
    return float(np.sqrt(max(left, 0.0) / square))
