"""A network from elsewhere runs only if it ends, and reads nothing but itself."""

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from srec.errors import ArtifactError
from srec.inference.runtimes.graphs import refuse_programs
from srec.inference.runtimes.onnx import OnnxEncoder


def model(*nodes: onnx.NodeProto, **more: object) -> onnx.ModelProto:
    items = helper.make_tensor_value_info("items", TensorProto.INT64, ["B", "L"])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["B", "L"])
    graph = helper.make_graph(list(nodes), "g", [items], [vectors], **more)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


CAST = helper.make_node("Cast", ["items"], ["vectors"], to=TensorProto.FLOAT)


def endless() -> onnx.ModelProto:
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["on_out"]), helper.make_node("Identity", ["x"], ["x_out"])],
        "body",
        [
            info("i", TensorProto.INT64, []),
            info("on", TensorProto.BOOL, []),
            info("x", TensorProto.FLOAT, None),
        ],
        [info("on_out", TensorProto.BOOL, []), info("x_out", TensorProto.FLOAT, None)],
    )
    loop = helper.make_node("Loop", ["", "true", "start"], ["vectors"], body=body)
    start = helper.make_node("Cast", ["items"], ["start"], to=TensorProto.FLOAT)
    return model(start, loop, initializer=[helper.make_tensor("true", TensorProto.BOOL, [], [True])])


def elsewhere() -> onnx.ModelProto:
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return model(CAST, initializer=[tensor])


def function() -> onnx.ModelProto:
    made = model(helper.make_node("Mine", ["items"], ["vectors"], domain="mine"))
    made.functions.append(
        helper.make_function("mine", "Mine", ["items"], ["vectors"], [CAST], [helper.make_opsetid("", 18)])
    )
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (endless(), "the operator Loop"),
        (elsewhere(), "a tensor lies in another file"),
        (function(), "domain b'mine'"),
        (
            model(helper.make_node("Anything", ["items"], ["vectors"], domain="example.org")),
            "example.org",
        ),
    ],
)
def test_what_may_not_end_or_reaches_out_is_refused(tmp_path: Path, made: onnx.ModelProto, said: str) -> None:
    file = tmp_path / "encoder.onnx"
    file.write_bytes(made.SerializeToString())
    begun = time.monotonic()
    with pytest.raises(
        ArtifactError, match=f"is refused: .*{said}.*, which no network that srec export writes"
    ):
        OnnxEncoder(file)
    assert time.monotonic() - begun < 5


def test_a_network_without_them_runs(tmp_path: Path) -> None:
    file = tmp_path / "encoder.onnx"
    file.write_bytes(model(CAST).SerializeToString())
    assert OnnxEncoder(file).encode(np.array([[1, 2]])).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    "content", [b"\x3a\xff\xff\xff\xff\x7f", b"\x0b", b"\xff" * 30, b"\x3a\x05\x0a\x09\x09\x09"]
)
def test_what_is_no_message_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "encoder.onnx"
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be read as ONNX"):
        refuse_programs(file)
