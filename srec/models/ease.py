"""EASE: the linear item-to-item model in closed form (Steck, "Embarrassingly shallow autoencoders", 2019)."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import linalg

from srec.dataset.dataset import Dataset, Part
from srec.models.base import ItemsBL, ScoresBV, below, input_matrix, session_matrix
from srec.models.stored import Array, Arrays, stored, stored_ids
from srec.settings import Settings, Space, Span


class EASESettings(Settings):
    """How strongly weights are pulled to zero, and how many items the matrix can hold."""

    section: ClassVar[str] = "ease"
    space: ClassVar[Space] = {"penalty": Span(10.0, 3000.0, log=True)}
    penalty: float = Field(100.0, gt=0, description="lambda, the L2 penalty of equation 4")
    most_items: int = Field(
        20_000,
        ge=1,
        description="of more items only the most popular are modelled: the matrix is dense, here 1.6 GB",
    )


class EASE:
    """Scores the modelled items by the session's weights; all others stand below, by popularity.

    Args:
        modelled: int [M], the modelled items.
        weights_MM: float32, zero on the diagonal.
        popularity_V: the popularity of the items 1..V.
    """

    settings_type: ClassVar[type[Settings]] = EASESettings

    def __init__(
        self,
        modelled: npt.NDArray[np.int64],
        weights_MM: npt.NDArray[np.float32],
        popularity_V: npt.NDArray[np.float32],
    ) -> None:
        self._modelled, self._weights_MM = modelled, weights_MM
        self._popularity_V, self._below_V = popularity_V, below(popularity_V)

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Invert the regularised Gram matrix (equation 8)."""
        assert isinstance(settings, EASESettings)
        items, _, sessions = dataset.sequences.learnable(part)
        has = session_matrix(items, sessions, dataset.item_count)
        counts = np.asarray(has.sum(axis=0)).ravel()
        modelled = np.sort(np.argsort(-counts[1:], kind="stable")[: settings.most_items] + 1)
        has = has[:, modelled]
        # From here on there is one matrix, changed in place.
        weights_MM = (has.T @ has).astype(np.float32).toarray(order="F")
        weights_MM[np.diag_indices_from(weights_MM)] += settings.penalty
        # The inverse is symmetric, so its transpose is the same, with contiguous rows for fast products.
        weights_MM = linalg.inv(weights_MM, overwrite_a=True, assume_a="pos").T
        weights_MM /= -np.diag(weights_MM)
        np.fill_diagonal(weights_MM, 0)
        return cls(modelled, weights_MM, counts[1:].astype(np.float32))

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Sums of the weights of the session's distinct items.

        They may be negative, so items that are not modelled get scores below the lowest.
        """
        session = input_matrix(items_BL, len(self._below_V) + 1)
        found_BM = session[:, self._modelled] @ self._weights_MM
        scores_BV = np.tile(self._below_V, (len(items_BL), 1))
        scores_BV += np.minimum(found_BM.min(axis=1, keepdims=True, initial=0), 0)
        silent_B = np.asarray(session[:, self._modelled].sum(axis=1)).ravel() == 0
        scores_BV[:, self._modelled - 1] = np.where(
            silent_B[:, None], scores_BV[:, self._modelled - 1], found_BM
        )
        return scores_BV.astype(np.float32)

    def arrays(self) -> dict[str, Array]:
        """The modelled items, their weights and the popularity of all."""
        return {"modelled": self._modelled, "weights": self._weights_MM, "popularity": self._popularity_V}

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The model of stored arrays; see ``Storable``."""
        modelled = stored_ids(arrays, "modelled", item_count)
        weights_MM = stored(arrays, "weights", "f", len(modelled), len(modelled))
        return cls(modelled, weights_MM, stored(arrays, "popularity", "f", item_count))
