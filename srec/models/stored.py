"""Counted models as arrays, so that a run and a bundle can keep them: nothing that is stored is executed.

Shapes: V items, N numbers of a sparse matrix.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from srec.dataset.flat import lists_problem
from srec.models.base import Scorer
from srec.settings import Settings

if TYPE_CHECKING:
    import scipy.sparse as sp

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

_ROWS = ("offsets", "ids", "values")


@runtime_checkable
class Storable(Scorer, Protocol):
    """A counted model that is its settings and some arrays, and nothing else."""

    def arrays(self) -> dict[str, Array]:
        """The arrays by name."""
        ...

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model of stored arrays, which scores as the one that was stored.

        Args:
            arrays: what ``arrays`` gave; somebody may have changed it since.
            settings: what the model was made with.
            item_count: V.

        Raises:
            KeyError: an array is missing.
            ValueError: an array has another type or shape, or names items that there are not.
        """
        ...


def stored(arrays: Arrays, name: str, kind: str, *shape: int | None) -> Array:
    """One of the stored arrays.

    Args:
        arrays: all of them.
        name: the one to take.
        kind: "i" for whole numbers, "f" for floating point.
        shape: of the array; None stands for any length.

    Raises:
        KeyError: it is missing.
        ValueError: it has another type or shape.
    """
    array = np.asarray(arrays[name])
    fits = len(shape) == array.ndim and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if array.dtype.kind != kind or not fits:
        lengths = " x ".join("any" if length is None else str(length) for length in shape)
        raise ValueError(f"{name} must be {lengths} numbers of kind {kind}")
    return array


def stored_ids(arrays: Arrays, name: str, item_count: int) -> Array:
    """A flat array of items 1..V.

    Raises:
        KeyError: it is missing.
        ValueError: it names something else.
    """
    ids = stored(arrays, name, "i", None)
    if len(ids) and not 0 < ids.min() <= ids.max() <= item_count:
        raise ValueError(f"{name} must name items")
    return ids


def matrix_arrays(matrix: "sp.csr_matrix") -> dict[str, Array]:
    """A sparse matrix as offsets int64 [V + 2], ids int32 [N] and values float32 [N]."""
    parts = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32)
    return dict(zip(_ROWS, parts, strict=True))


def stored_matrix(arrays: Arrays, item_count: int) -> "sp.csr_matrix":
    """The sparse matrix [V + 1, V + 1] of ``matrix_arrays``.

    Raises:
        KeyError: an array is missing.
        ValueError: the arrays do not fit together.
    """
    import scipy.sparse as sp

    size = item_count + 1
    offsets, ids = stored(arrays, "offsets", "i", size + 1), stored(arrays, "ids", "i", None)
    values = stored(arrays, "values", "f", len(ids))
    if problem := lists_problem(offsets, ids, item_count, first=0):
        raise ValueError(problem)
    return sp.csr_matrix((values, ids, offsets), shape=(size, size))
