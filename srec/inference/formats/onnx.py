"""The bundle: ONNX, and all that serving needs; nothing in it is executed. What SRec serves from."""

from pathlib import Path

from srec.dataset.dataset import Dataset
from srec.inference.bundle import Bundle
from srec.inference.export import export
from srec.inference.formats.artefact import Encode
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.training.runs import Run


def write(dataset: Dataset, run: Run, target: Path) -> None:
    """Write the bundle, unless it is there."""
    export(dataset, run, target)


def open_encoder(path: Path) -> Encode:
    """The encoder of a bundle, run by ONNX Runtime."""
    return OnnxEncoder(Bundle(path).encoder).encode
