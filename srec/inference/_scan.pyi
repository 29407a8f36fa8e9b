from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

def kernels() -> list[str]: ...

class Scan:
    def __init__(
        self,
        planes: npt.NDArray[np.uint8],
        rows_4V: npt.NDArray[np.float32],
        blocks_4N: npt.NDArray[np.float32],
        places_V: npt.NDArray[np.int32],
        frame_2D: npt.NDArray[np.float64],
        scale: float,
        rounding: float,
        leaning: float,
        items_VD: npt.NDArray[np.float32],
        kernel: str,
    ) -> None: ...
    def search(
        self,
        vectors_BD: npt.NDArray[np.float32],
        allowed_V: npt.NDArray[np.uint8],
        offsets_B1: npt.NDArray[np.integer[Any]],
        excluded: npt.NDArray[np.integer[Any]],
        added: Sequence[npt.NDArray[np.integer[Any]]],
        numbers: Sequence[npt.NDArray[np.float64]],
        rows_BK: npt.NDArray[np.integer[Any]],
        scores_BK: npt.NDArray[Any],
    ) -> tuple[int, int, int]: ...

class Sum:
    def __init__(
        self,
        offsets_V1: npt.NDArray[np.int64],
        ids_M: npt.NDArray[np.int32],
        values_M: npt.NDArray[np.float32],
        inputs_VD: npt.NDArray[np.float32],
        items_VD: npt.NDArray[np.float32],
    ) -> None: ...
    def gather(
        self,
        rows: Sequence[int],
        shares: Sequence[float],
        common: Sequence[float],
        vector_D: npt.NDArray[np.float32],
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]: ...
    def parts(
        self, rows: Sequence[int], shares: Sequence[float], common: Sequence[float], answered: Sequence[int]
    ) -> tuple[list[list[float]], list[list[float]]]: ...

class Tags:
    def __init__(
        self,
        offsets: npt.NDArray[np.int64],
        ids_M: npt.NDArray[np.int32],
        weights_M: npt.NDArray[np.float32],
        count: int,
    ) -> None: ...
    def shared(
        self, items: Sequence[Sequence[int]], liked: Sequence[Sequence[int]], most: int
    ) -> list[list[list[int]]]: ...
