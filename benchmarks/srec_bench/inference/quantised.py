"""The quantised contenders, from ONNX Runtime's own tools; SRec's author dropped them for losing the order.

"Dynamic" quantises the weights beforehand and the activations as they come. "Static" quantises both
beforehand, the activations by those of real sessions (a calibration set). Products are quantised, lookups are
not.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from srec.dataset.batches import examples
from srec.inference.runtimes.onnx import OnnxScorer, open_session, quiet_onnxruntime
from srec.models.base import ItemsBL, ScoresBV
from srec_bench.inference.contender import Scoring
from srec_bench.inference.subject import Subject

CALIBRATION = 512  # sessions before the test
_PRODUCTS = ["MatMul", "Gemm"]


class WholeScorer:
    """An ONNX file that scores every item itself, as a Scorer."""

    def __init__(self, file: Path) -> None:
        self._session = open_session(file)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Logits of the items 1..V, float32 [B, V]."""
        feed = {"items": np.ascontiguousarray(items_BL, np.int64)}
        scores_BV: ScoresBV = self._session.run(["scores"], feed)[0]
        return scores_BV


class _Sessions:
    """Real sessions, one at a time, as ONNX Runtime's calibration reads them."""

    def __init__(self, subject: Subject) -> None:
        data = examples(subject.dataset.sequences, "fit", subject.run.training.max_length)
        chosen = np.linspace(0, len(data) - 1, min(len(data), CALIBRATION), dtype=np.int64)
        self._inputs: Iterator[ItemsBL] = (data.inputs(one[None]) for one in chosen)

    def get_next(self) -> dict[str, Any] | None:
        """The next session, None after the last."""
        items_1L = next(self._inputs, None)
        return None if items_1L is None else {"items": items_1L}


def dynamic(per_channel: bool, subject: Subject) -> Scoring:
    """The whole model with scoring, dynamically in int8, with a scale for each matrix or each column."""
    file = subject.folder / f"dynamic-{per_channel}.onnx"
    _dynamic(whole(subject), file, per_channel)
    return Scoring(WholeScorer(file))


def dynamic_body(subject: Subject) -> Scoring:
    """The encoder alone, dynamically in int8, with a scale for each column; scoring is in float32."""
    file = subject.folder / "dynamic-body.onnx"
    _dynamic(_prepared(subject.encoder), file, per_channel=True)
    return Scoring(OnnxScorer(file, subject.items_VD))


def static(subject: Subject) -> Scoring:
    """The whole model, statically in int8, calibrated on real sessions, with a scale for each matrix."""
    file = subject.folder / "static.onnx"
    with _quantisers() as library:
        library.quantize_static(
            whole(subject),
            file,
            _Sessions(subject),
            op_types_to_quantize=_PRODUCTS,
            weight_type=library.QuantType.QInt8,
        )
    return Scoring(WholeScorer(file))


def whole(subject: Subject) -> Path:
    """The encoder and the product with all items as one ONNX file, "items" to "scores"."""
    file = subject.folder / "whole.onnx"
    if file.is_file():
        return file
    model = onnx.load(subject.encoder)
    graph = model.graph
    transposed_DV = np.ascontiguousarray(subject.items_VD.T)
    graph.initializer.append(onnx.numpy_helper.from_array(transposed_DV, "items_DV"))
    graph.node.append(onnx.helper.make_node("MatMul", ["vectors", "items_DV"], ["scores"]))
    shape = ["B", transposed_DV.shape[1]]
    scores = onnx.helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, shape)
    graph.output.pop()
    graph.output.append(scores)
    plain = subject.folder / "whole-plain.onnx"
    onnx.save(model, plain)
    return _prepared(plain, file)


def _prepared(file: Path, target: Path | None = None) -> Path:
    """The file with inferred shapes, which the quantisers need."""
    target = target or file.with_name(f"{file.stem}-prepared.onnx")
    with _quantisers():
        shapes = import_module("onnxruntime.quantization.shape_inference")
        shapes.quant_pre_process(file, target, skip_symbolic_shape=True)
    return target


def _dynamic(source: Path, target: Path, per_channel: bool) -> None:
    with _quantisers() as library:
        library.quantize_dynamic(
            source,
            target,
            op_types_to_quantize=_PRODUCTS,
            per_channel=per_channel,
            weight_type=library.QuantType.QInt8,
        )


@contextmanager
def _quantisers() -> Iterator[Any]:
    """The library's quantisers, which give advice by the root logger."""
    quiet_onnxruntime()
    library = import_module("onnxruntime.quantization")
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield library
    finally:
        logger.setLevel(level)
