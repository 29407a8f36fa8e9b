"""The encoder run by ONNX Runtime."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from srec.dataset.dataset import Floats
from srec.errors import ArtifactError, first_line
from srec.inference.runtimes.graphs import refuse_programs
from srec.models.base import ItemsBL, ScoresBV, VectorsBD

_SINGLES = 256  # enough for their mean, and encoded in a moment


def quiet_onnxruntime() -> Any:
    """ONNX Runtime, told to report nothing; all of SRec gets the library here.

    From 1.29 on its wheels send usage data and leave a device id in the home folder, unless this variable is
    set before the import. Where somebody else imported the library first, reporting stops from here on.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    library = import_module("onnxruntime")
    library.disable_telemetry_events()
    return library


def open_session(file: Path, threads: int = 1) -> Any:
    """An inference session on the CPU.

    Args:
        file: the ONNX file.
        threads: of the session.

    Raises:
        ArtifactError: the network has what might never end or reaches other files, or ONNX Runtime cannot
            load it.
    """
    refuse_programs(file)
    onnxruntime = quiet_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's errors share no base class
        raise ArtifactError(f"{file} cannot be run: {first_line(error)}") from error


class OnnxEncoder:
    """An exported model's sessions to vectors; safe to use from several threads.

    Args:
        encoder: the ONNX file, items to vectors.
        threads: of the encoder.

    Raises:
        ArtifactError: ONNX Runtime cannot load the encoder.
    """

    def __init__(self, encoder: Path, threads: int = 1) -> None:
        self._session = open_session(encoder, threads)

    def encode(self, items_BL: ItemsBL) -> VectorsBD:
        """Session vectors, float32 [B, D]."""
        feed = {"items": np.ascontiguousarray(items_BL, np.int64)}
        try:
            vectors_BD: VectorsBD = self._session.run(["vectors"], feed)[0]
        except Exception as error:  # the library's errors share no base class
            raise ArtifactError(f"the network of the bundle cannot be run: {first_line(error)}") from error
        if vectors_BD.shape[:1] != items_BL.shape[:1] or vectors_BD.dtype != np.float32:
            raise ArtifactError("the network of the bundle gives no float32 vector for each list")
        return vectors_BD

    def typical(self, count: int) -> VectorsBD:
        """Vectors, float32 [B, D], of sessions of one item each, drawn evenly from the items 1..count."""
        chosen = np.linspace(1, count, min(count, _SINGLES), dtype=np.int64)
        return self.encode(chosen[:, None])


class OnnxScorer:
    """An exported model as a Scorer: the encoder, and a float32 product with all items.

    Args:
        encoder: the ONNX file, items to vectors.
        items: float32 [V, D].
        threads: of the encoder.

    Raises:
        ArtifactError: ONNX Runtime cannot load the encoder.
    """

    def __init__(self, encoder: Path, items: Floats, threads: int = 1) -> None:
        self._encoder = OnnxEncoder(encoder, threads)
        # A contiguous transposed copy: multiplying by a strided view costs several times as much.
        self._transposed_DV = np.ascontiguousarray(items.T)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Logits of the items 1..V, float32 [B, V]."""
        scores_BV: ScoresBV = np.matmul(self._encoder.encode(items_BL), self._transposed_DV, dtype=np.float32)
        return scores_BV
