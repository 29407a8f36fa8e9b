"""OpenVINO's own format, converted from the ONNX encoder, run in float32."""

import io
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from srec.dataset.dataset import Dataset
from srec.inference.export import FoldedEncoder, encoder_onnx
from srec.inference.formats.artefact import Encode, checked, write_artefact
from srec.models.base import ItemsBL, VectorsBD
from srec.training.runs import Run


def _quiet_openvino() -> Any:
    """OpenVINO without the package by which it reports each import and conversion to its makers.

    OpenVINO takes that package for missing, and works without it.
    """
    name = "openvino_telemetry"
    if "openvino" not in sys.modules and name not in sys.modules:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python marks what cannot be imported
    return import_module("openvino")


openvino = _quiet_openvino()

KIND, FILE = "openvino", "encoder.xml"
# By default it computes in bfloat16 where the CPU can, and then the order of the games changes.
_PROPERTIES = {
    "INFERENCE_PRECISION_HINT": "f32",
    "PERFORMANCE_HINT": "LATENCY",
    "INFERENCE_NUM_THREADS": 1,
}


def write(dataset: Dataset, run: Run, target: Path) -> None:
    """Write the converted encoder, unless it is there."""
    write_artefact(KIND, dataset, run, target=target, write=_convert, read=_read)


def open_encoder(path: Path) -> Encode:
    """The encoder of such a directory."""
    return _read(checked(path, KIND))


def _convert(encoder: FoldedEncoder, folder: Path) -> None:
    # Not convert_model: it reports to OpenVINO's makers where somebody else imported OpenVINO first.
    converted = openvino.Core().read_model(io.BytesIO(encoder_onnx(encoder.model)))
    openvino.save_model(converted, folder / FILE, compress_to_fp16=False)


def _read(folder: Path) -> Encode:
    compiled = openvino.Core().compile_model(folder / FILE, "CPU", _PROPERTIES)

    def encode(items_BL: ItemsBL) -> VectorsBD:
        vectors_BD: VectorsBD = compiled(np.ascontiguousarray(items_BL, np.int64))[0]
        return vectors_BD

    return encode
