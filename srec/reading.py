"""Reading small files that may be anything: bounded in memory, and wrong in one line."""

import json
from pathlib import Path
from typing import Any

from srec.errors import ArtifactError


def parse_json(text: bytes, where: str) -> Any:
    """The JSON of some bytes, as RFC 8259 has it: NaN and infinite numbers are none.

    Args:
        text: the bytes, in UTF-8.
        where: what the message names.

    Raises:
        ArtifactError: nested too deeply, or no JSON.
    """
    try:
        return json.loads(text.decode(), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ArtifactError(f"{where} cannot be read: it is nested too deeply") from None
    except ValueError as error:
        raise ArtifactError(f"{where} cannot be read: {error}") from error


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
