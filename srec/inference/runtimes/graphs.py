"""What a network from elsewhere may contain: operators that end, and nothing from outside of its file.

ONNX Runtime runs whatever a file says. A ``Loop`` may never end, a tensor may lie in another file, and an
operator of another domain may do anything. What ``srec export`` writes needs none of them. Serving has no
library for ONNX, so the few fields that matter are read here, as onnx.proto numbers them.

Source: https://protobuf.dev/programming-guides/encoding/ and onnx.proto of ONNX 1.18.
"""

from collections.abc import Iterator
from pathlib import Path

from srec.errors import ArtifactError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH, _FUNCTIONS = 7, 25  # of a model
_NODE, _INITIALIZER, _SPARSE = 1, 5, 15  # of a graph
_OPERATOR, _ATTRIBUTE, _DOMAIN = 4, 5, 7  # of a node
_TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS = 5, 6, 10, 11  # of an attribute
_EXTERNAL = 13  # of a tensor: where its data is, if that is elsewhere
_ENDLESS = {b"Loop", b"Scan", b"If", b"SequenceMap"}
#: ONNX's own operators, and those of ONNX Runtime that quantised networks have. All of them end, but for some
#: that repeat a graph of their own, and none may have one.
_DOMAINS = {b"", b"ai.onnx", b"com.microsoft"}


def refuse_programs(file: Path) -> None:
    """Refuse a network that has loops, branches, functions, operators of other domains, or data elsewhere.

    Args:
        file: the ONNX file.

    Raises:
        ArtifactError: it has, or is no ONNX file.
    """
    try:
        model = memoryview(file.read_bytes())
        for problem in _problems(model):
            raise ArtifactError(f"{file} is refused: {problem}, which no network that srec export writes has")
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read as ONNX: {error}") from error


def _problems(model: memoryview) -> Iterator[str]:
    for number, value in _fields(model):
        if number == _FUNCTIONS:
            yield "it has a function"
        elif number == _GRAPH:
            yield from _of_graph(value)


def _of_graph(graph: memoryview) -> Iterator[str]:
    for number, value in _fields(graph):
        if number == _NODE:
            yield from _of_node(value)
        elif number == _INITIALIZER:
            yield from _of_tensor(value)
        elif number == _SPARSE:
            yield "it has a sparse tensor"


def _of_node(node: memoryview) -> Iterator[str]:
    for number, value in _fields(node):
        if number == _OPERATOR and bytes(value) in _ENDLESS:
            yield f"it has the operator {bytes(value).decode()}"
        elif number == _DOMAIN and bytes(value) not in _DOMAINS:
            yield f"it has an operator of the domain {bytes(value)!r}"
        elif number == _ATTRIBUTE:
            for inner, content in _fields(value):
                if inner in (_SUBGRAPH, _SUBGRAPHS):
                    yield "an operator has a graph of its own"
                elif inner in (_TENSOR, _TENSORS):
                    yield from _of_tensor(content)


def _of_tensor(tensor: memoryview) -> Iterator[str]:
    if any(number == _EXTERNAL for number, _ in _fields(tensor)):
        yield "a tensor lies in another file"


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number and the bytes of each field; a number's own bytes are left out.

    Raises:
        ValueError: it is no message.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        content, end = message[:0], at
        if kind == _VARINT:
            _, end = _varint(message, at)
        elif kind == _BYTES:
            size, start = _varint(message, at)
            end = start + size
            content = message[start:end]
        elif kind in (_FIXED64, _FIXED32):
            end = at + (8 if kind == _FIXED64 else 4)
        else:
            raise ValueError(f"a field of kind {kind}")
        if end > len(message):
            raise ValueError("it is cut")
        yield number, content
        at = end


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(message):
            raise ValueError("it is cut")
        byte = message[at + place]
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number has more than ten bytes")
