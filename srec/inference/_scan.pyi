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
        rows_BK: npt.NDArray[np.integer[Any]],
        scores_BK: npt.NDArray[Any],
    ) -> tuple[int, int, int]: ...
