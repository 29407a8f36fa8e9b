"""Reading text files line by line, plain or gzipped; a line that cannot be read is a reject."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srec.errors import SourceError

#: Bytes of a line; a longer one is not a row of anything, and must not fill the memory.
LONGEST_LINE = 1 << 24


@dataclass(frozen=True)
class Reject:
    """Why a row could not be read, in the row's place. It never quotes the row, which may name a user."""

    reason: str


def read_lines(path: Path) -> Iterator[tuple[int, str | Reject]]:
    """A file's lines, numbered from 1, the blank ones left out; gunzipped where the name ends in .gz.

    A line that is not UTF-8 is a reject. Where a gzip file breaks off, what came before is kept and the
    break is a reject.

    Raises:
        SourceError: the file cannot be opened, is empty, or is named .gz and is not a gzip file.
    """
    row = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                row += 1
                if len(line) == LONGEST_LINE:
                    yield row, Reject(f"the line is longer than {LONGEST_LINE >> 20} MiB")
                    while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                        line = file.readline(LONGEST_LINE)
                elif not line.isspace():
                    yield row, _decode(line, first=row == 1)
    except (OSError, EOFError, zlib.error) as error:
        if row == 0:
            raise SourceError(f"{path} cannot be read: {error}") from error
        yield row + 1, Reject(f"the file is damaged or breaks off here: {error}")
    if row == 0:
        raise SourceError(f"{path} is empty")


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    """The objects of a file with one JSON object a line.

    Raises:
        SourceError: as for ``read_lines``.
    """
    for row, line in read_lines(path):
        yield row, line if isinstance(line, Reject) else parse_json(line)


def parse_json(text: str | bytes) -> dict[str, Any] | Reject:
    """One JSON object, or why the text is not one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Reject(f"not JSON: {error}")
    if isinstance(value, list):
        return Reject("a JSON array, not an object")
    return value if isinstance(value, dict) else Reject("not a JSON object")


def _decode(line: bytes, *, first: bool) -> str | Reject:
    try:
        return line.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        return Reject(f"not UTF-8 text: byte {line[error.start]:#04x} at position {error.start + 1}")
