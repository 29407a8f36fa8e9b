"""Answers of a learnt model: a network makes a vector of a visitor's list, and the items are searched."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from srec.inference.answers import Asked
from srec.inference.bundle import Bundle
from srec.inference.exact import ExactTopK
from srec.inference.reference import Found
from srec.inference.runtimes.onnx import OnnxEncoder

_SHORT = 4  # lists up to this length are not worth telling apart


class Encoded:
    """A network and its items; safe to use from several threads.

    Args:
        bundle: its model is a network.
        kernel: how the items are searched (see ``exact``); the fastest way where None.

    Attributes:
        index: the items.
    """

    def __init__(self, bundle: Bundle, kernel: str | None) -> None:
        assert bundle.items is not None
        self._max_length = int(bundle.config["max_length"])
        self._encoder = OnnxEncoder(bundle.encoder)
        self._dimension = bundle.items.shape[1]
        self.index = ExactTopK(bundle.items, kernel, self._encoder.typical(len(bundle.items)))

    def find(self, asked: Sequence[Asked], k: int, allowed_V: npt.NDArray[np.bool_] | None = None) -> Found:
        """The k best rows (items - 1) for each visitor, who likes at least one known game.

        Args:
            asked: what visitors say, the oldest liking first.
            k: how many.
            allowed_V: the rows that may be answered; all where None.
        """
        newest = [one.known[-self._max_length :] for one in asked]
        similar: dict[int, list[int]] = {}
        for at, items in enumerate(newest):  # lists are encoded with those of similar length: padding costs
            similar.setdefault(max(len(items), _SHORT).bit_length(), []).append(at)
        vectors_BD = np.empty((len(asked), self._dimension), np.float32)
        for places in similar.values():
            items_BL = np.zeros((len(places), max(len(newest[at]) for at in places)), np.int64)
            for row_L, at in zip(items_BL, places, strict=True):
                row_L[: len(newest[at])] = newest[at]
            vectors_BD[places] = self._encoder.encode(items_BL)
        return self.index.search(vectors_BD, k, allowed_V=allowed_V, excluded=[one.barred for one in asked])
