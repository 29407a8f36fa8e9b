"""Checksums of files, each computed once while its file stays as it is, and of a manifest in itself."""

import hashlib
import os
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

#: The key of a manifest's own checksum; it is the last one.
SELF = "sha256"
_SETTLED_NS = 2_000_000_000
_LAST_LINE = re.compile(rb'\n "([^"\n]*)": "([0-9a-f]{64})"\n}\n\Z')
_EMPTY = re.compile(rb'\n "sha256": ""\n}\n\Z')


def describe(path: Path) -> dict[str, Any]:
    """The size and the checksum of a file.

    A file that is the same by device, inode, size and times is not read again by this process.

    Returns:
        "bytes" and "sha256", in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    found = os.stat(path)
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    if time.time_ns() - changed < _SETTLED_NS:
        # Clocks of file systems are coarse: it may change again without another time.
        return {"bytes": found.st_size, "sha256": _digest(path)}
    key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return {"bytes": found.st_size, "sha256": _known_digest(path, key)}


def sealed(text: bytes) -> bytes:
    """A manifest with its own checksum in it: the one of its text while that value is empty.

    Args:
        text: JSON whose last key is ``SELF`` with an empty value, on a line of its own.
    """
    assert _EMPTY.search(text)
    at = text.rindex(b'""') + 1
    return text[:at] + hashlib.sha256(text).hexdigest().encode() + text[at:]


def seal_broken(text: bytes, manifest: Any) -> bool:
    """Whether a manifest has changed since it was written.

    What SRec made before manifests had a checksum of their own has none, and passes.

    Args:
        text: its bytes.
        manifest: what they parse to.
    """
    found = _LAST_LINE.search(text)
    if found is None:
        return isinstance(manifest, dict) and SELF in manifest
    # No other last value of a manifest looks like a checksum, so another key is a damaged one.
    empty = text[: found.start(2)] + text[found.end(2) :]
    return found[1] != SELF.encode() or hashlib.sha256(empty).hexdigest() != found[2].decode()


@lru_cache(maxsize=4096)
def _known_digest(path: Path, key: tuple[int, ...]) -> str:
    """As ``_digest``, of a file that is the same as long as its key is."""
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
