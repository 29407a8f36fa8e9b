"""Directories that a test changes on purpose, and that readers still take for whole."""

import json
from pathlib import Path

from srec.artifacts import MANIFEST
from srec.checksums import describe


def resealed(path: Path) -> None:
    """List a directory's files as they are now; as in 0.1, the manifest has no checksum of its own."""
    manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    manifest.pop("sha256", None)
    manifest["files"] = {name: describe(path / name) for name in manifest["files"]}
    (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
