from typing import Any

import numpy as np
import numpy.typing as npt

def kernels() -> list[str]: ...
def search(
    planes: npt.NDArray[np.uint8],
    bounds_3V: npt.NDArray[np.float32],
    norms: npt.NDArray[np.float32],
    centre_D: npt.NDArray[np.float64],
    scale: float,
    items_VD: npt.NDArray[np.float32],
    vectors_BD: npt.NDArray[np.float32],
    allowed_V: npt.NDArray[np.uint8],
    offsets_B1: npt.NDArray[np.integer[Any]],
    excluded: npt.NDArray[np.integer[Any]],
    rows_BK: npt.NDArray[np.integer[Any]],
    scores_BK: npt.NDArray[Any],
    name: str,
) -> tuple[int, int, int]: ...
