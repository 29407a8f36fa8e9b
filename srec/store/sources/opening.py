"""Opening a file whatever it is packed in, and telling what it holds by its first bytes."""

import bz2
import codecs
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from srec.errors import SourceError

#: What reading a damaged file raises, whatever it is packed in.
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)
HEAD = 1 << 16

_JSON = (".json", ".jsonl", ".ndjson", ".jl")

_TURNED = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")


def _zstd(path: Path) -> Any:
    return io.BufferedReader(pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))


def _zipped(path: Path) -> Any:
    archive = zipfile.ZipFile(path)
    members = [
        one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX")
    ]
    if len(members) != 1:
        raise SourceError(f"{path} has {len(members)} files in it: unpack it, and name the one to read")
    return archive.open(members[0])


_PACKED: tuple[tuple[bytes, Callable[[Path], Any]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"PK\x03\x04", _zipped),
)


def unpacked(path: Path) -> BinaryIO:
    """The bytes of a file as a stream, unpacked where it is gzip, bzip2, xz, zstd, or a zip of one file.

    Raises:
        SourceError: it is a zip of several files.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        start = file.read(8)
    opened: BinaryIO = next(
        (make(path) for mark, make in _PACKED if start.startswith(mark)), None
    ) or path.open("rb")
    return opened


def as_utf8(path: Path) -> BinaryIO:
    """The text of a file as a stream of UTF-8, its lines ended by LF or CRLF.

    UTF-16 and UTF-32 are known by their mark or their zero bytes. Text is Windows-1252, of which Latin-1 is a
    part, where letters stand beside bytes above 127 and none of these is UTF-8. All else passes as it is.

    Raises:
        SourceError, OSError: as for ``unpacked``.
    """
    with unpacked(path) as file:
        head = file.read(HEAD)
    encoding = _encoding(head)
    opened = unpacked(path)
    lone_cr = b"\r" in head and b"\n" not in head and encoding in ("utf-8", "cp1252")
    if encoding == "utf-8" and not lone_cr:
        return opened
    return io.BufferedReader(_Recoded(opened, encoding, lone_cr))


def holds(path: Path) -> str:
    """What a file holds: "parquet", "arrow", "stream" (Arrow's), "json" or "csv", by its content.

    Raises:
        SourceError: it cannot be read, or is empty.
    """
    try:
        with path.open("rb") as raw:
            start = raw.read(8)
        if start.startswith(b"PAR1") or path.suffix.lower() in (".parquet", ".pq"):
            return "parquet"
        if start.startswith((b"ARROW1", b"FEA1")):
            return "arrow"
        if start.startswith(b"\xff\xff\xff\xff"):
            return "stream"
        with as_utf8(path) as file:
            text = file.read(HEAD).removeprefix(codecs.BOM_UTF8).lstrip()
    except BROKEN as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    if not start:
        raise SourceError(f"{path} is empty")
    named = any(suffix.lower() in _JSON for suffix in path.suffixes)
    return "json" if named or text.startswith((b"{", b"[")) else "csv"


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = head[: len(head) // 2 * 2]
    if len(pairs) > 8 and pairs[1::2].count(0) > len(pairs) // 3 and not pairs[::2].count(0):
        return "utf-16-le"
    if len(pairs) > 8 and pairs[::2].count(0) > len(pairs) // 3 and not pairs[1::2].count(0):
        return "utf-16-be"
    if not _TURNED.search(head) or b"\x00" in head:
        return "utf-8"
    odd = re.findall(rb"[\x80-\xff]+", head)
    return "cp1252" if not any(_is_utf8(run) for run in odd) else "utf-8"


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode()
    except UnicodeDecodeError as error:
        # A run at the end of the head may be cut.
        return error.reason == "unexpected end of data" and len(run) > 1
    return True


class _Recoded(io.RawIOBase):
    """A text in another encoding, read as UTF-8; what cannot be decoded is a replacement character."""

    def __init__(self, file: BinaryIO, encoding: str, lone_cr: bool) -> None:
        self._file, self._lone_cr = file, lone_cr
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            chunk = self._file.read(HEAD)
            text = self._decoder.decode(chunk, final=not chunk)
            self._left = (text.replace("\r", "\n") if self._lone_cr else text).encode("utf-8", "replace")
            if not chunk:
                break
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
