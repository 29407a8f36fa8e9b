"""Reading files that may be anything: of a declared shape, bounded in memory, and wrong in one line."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from srec.errors import ArtifactError, first_line

LARGEST = 1 << 30  # bytes of a JSON file


def parse_json(text: bytes, where: str, read: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The JSON of some bytes, as RFC 8259 has it: NaN and infinite numbers are none.

    Args:
        text: the bytes, in UTF-8.
        where: what the message names.
        read: makes something of each object; a TypeError or KeyError of it is the file's fault.

    Raises:
        ArtifactError: nested too deeply, or no JSON.
    """
    try:
        return json.loads(text.decode(), parse_constant=_refuse, parse_float=_finite, object_hook=read)
    except (TypeError, KeyError) as error:
        raise ArtifactError(f"{where} has other entries than expected: {error}") from error
    except RecursionError:
        raise ArtifactError(f"{where} cannot be read: it is nested too deeply") from None
    except ValueError as error:
        raise ArtifactError(f"{where} cannot be read: {error}") from error


def read_json(file: Path, kind: Any = Any, read: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The JSON of a file.

    Args:
        file: the file.
        kind: the type that its content must have, for ``declared``.
        read: as for ``parse_json``.

    Raises:
        ArtifactError: it is missing, unreadable, too large or no JSON, or has another type.
    """
    try:
        text = read_bytes(file, LARGEST)
    except FileNotFoundError as error:
        raise ArtifactError(f"{file} cannot be read: {error.strerror}") from error
    return declared(parse_json(text, str(file), read), kind, str(file))


def declared(value: Any, kind: Any, where: str) -> Any:
    """A value of JSON, if it has a type; keys that the type does not name may be there.

    Args:
        value: the value.
        kind: a type as pydantic takes it, such as ``list[str]`` or a TypedDict.
        where: what the message names.

    Raises:
        ArtifactError: it has another type.
    """
    try:
        _adapter(kind).validate_python(value, strict=True)
    except (ValidationError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": "too deep"}
        place = ".".join(map(str, first["loc"])) or "its content"
        raise ArtifactError(f"{where} does not hold what it should: {place}: {first['msg']}") from error
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def read_array(file: Path, kinds: str, dimensions: int | None) -> npt.NDArray[Any]:
    """An array on disk, memory-mapped and read-only; what its head claims must be there.

    Args:
        file: the ``.npy`` file.
        kinds: of its numbers: "i" whole, "f" not, or "if" either.
        dimensions: how many it has; None if its reader looks.

    Raises:
        ArtifactError: it is missing or damaged, or has other numbers or dimensions.
    """
    try:
        array: npt.NDArray[Any] = np.lib.format.open_memmap(file, mode="r")  # never a pickle or an archive
    except Exception as error:  # NumPy reads the head as Python, and raises what comes of it
        raise ArtifactError(f"{file} cannot be read: {first_line(error)}") from error
    if array.dtype.kind not in kinds or not array.dtype.isnative:
        raise ArtifactError(f"{file} cannot be read: it has other numbers than expected")
    if array.dtype.itemsize not in (4, 8) or not array.flags.c_contiguous:
        raise ArtifactError(f"{file} cannot be read: it has numbers of another size or another layout")
    if dimensions not in (None, array.ndim):
        raise ArtifactError(f"{file} cannot be read: it has no {dimensions} dimensions")
    return array


def read_bytes(file: Path, largest: int) -> bytes:
    """The content of a regular file.

    Raises:
        FileNotFoundError: it is missing.
        ArtifactError: it cannot be read, or is larger.
    """
    try:
        if file.exists() and not file.is_file():
            raise ArtifactError(f"{file} is no file")
        with file.open("rb") as opened:
            text = opened.read(largest + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from error
    if len(text) > largest:
        raise ArtifactError(f"{file} cannot be read: it has more than {largest:,} bytes")
    return text


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large a number")
    return number
