"""Reading text files line by line, however they are packed; a line that cannot be read is a reject."""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from srec.errors import SourceError
from srec.store.sources.opening import BROKEN, HEAD, as_utf8

#: Bytes of a line; a longer one is not a row of anything, and must not fill the memory.
LONGEST_LINE = 1 << 24


@dataclass(frozen=True)
class Reject:
    """Why a row could not be read, in the row's place. It never quotes the row, which may name a user."""

    reason: str


def read_lines(path: Path) -> Iterator[tuple[int, str | Reject]]:
    """A file's lines, numbered from 1, the blank ones left out.

    A line that is not text is a reject. Where a packed file breaks off, what came before is kept and the
    break is a reject.

    Raises:
        SourceError: the file cannot be opened, or is empty.
    """
    row = 0
    try:
        with as_utf8(path) as file:
            while line := file.readline(LONGEST_LINE):
                row += 1
                if len(line) == LONGEST_LINE:
                    yield row, Reject(f"the line is longer than {LONGEST_LINE >> 20} MiB")
                    while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                        line = file.readline(LONGEST_LINE)
                elif not line.isspace():
                    yield row, _decode(line, first=row == 1)
    except BROKEN as error:
        if row == 0:
            raise SourceError(f"{path} cannot be read: {error}") from error
        yield row + 1, Reject(f"the file is damaged or breaks off here: {error}")
    if row == 0:
        raise SourceError(f"{path} is empty")


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    """The objects of a file: one a line, in one array, or one after the other over several lines.

    Yields:
        Each object with the number of its line; with its place where objects have no line of their own.

    Raises:
        SourceError: as for ``read_lines``.
    """
    if not _is_lines(path):
        yield from _read_values(path)
        return
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


def _is_lines(path: Path) -> bool:
    """Whether the first line is a value of its own; one that nothing completes is a line as well."""
    try:
        with as_utf8(path) as file:
            text = file.read(HEAD).removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").lstrip()
    except BROKEN:
        return True  # whoever reads the lines says it
    first, _, _ = text.partition("\n")
    if first.startswith("{"):
        if not isinstance(parse_json(first), Reject):
            return True
        try:
            json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            # Of pretty objects larger than the head, the first line is a bracket, perhaps with a key.
            return bool(first.strip() != "{")
        return False
    return not first.startswith("[")


def _read_values(path: Path) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    """The values of an array, or those that follow one another; no more than one of them is held."""
    row = 0
    try:
        with as_utf8(path) as file:
            for row, value in enumerate(_values(file), 1):
                yield row, value if isinstance(value, dict) else Reject("not a JSON object")
    except (ValueError, RecursionError) as error:
        yield row + 1, Reject(f"not JSON: {error}")
    except BROKEN as error:
        yield row + 1, Reject(f"the file is damaged or breaks off here: {error}")


def _values(file: BinaryIO) -> Iterator[Any]:
    decoder, parser = codecs.getincrementaldecoder("utf-8-sig")(), json.JSONDecoder()
    held, at, begun, ended = "", 0, False, False
    while True:
        at = _skip(held, at, begun)
        if not begun and held[at : at + 1] == "[":
            begun, at = True, at + 1
            continue
        if held[at : at + 1] in ("{", "[") or (ended and held[at:]):
            try:
                value, end = parser.raw_decode(held, at)
            except ValueError:
                if ended or len(held) - at > LONGEST_LINE:
                    raise
            else:
                begun, at = True, end
                yield value
                continue
        elif held[at : at + 1] == "]":
            return
        elif end := _plain_end(held, at):
            yield held[at:end]
            at = end
            continue
        if ended:
            return
        # As much again as is held: a long value is parsed a few times, and not once a piece.
        chunk = file.read(max(HEAD, len(held) - at))
        held, at, ended = held[at:] + decoder.decode(chunk, final=not chunk), 0, not chunk


def _skip(text: str, at: int, begun: bool) -> int:
    while at < len(text) and (text[at].isspace() or (begun and text[at] == ",")):
        at += 1
    return at


def _plain_end(text: str, at: int) -> int:
    """Where a value ends that is no object, if that is seen."""
    found = [place for mark in ",]\n" if (place := text.find(mark, at)) > at]
    return min(found, default=0)


def _decode(line: bytes, *, first: bool) -> str | Reject:
    try:
        return line.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        return Reject(f"not UTF-8 text: byte {line[error.start]:#04x} at position {error.start + 1}")
