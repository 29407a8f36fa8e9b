"""Folders of unfinished work: they lie beside their target, and the same call goes on where it stood.

``begun.json`` says what the work is made from. It is written first, so work without it is nobody's.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MARKER = "begun.json"


def begin(folder: Path, wanted: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Take up the work of a folder where it was begun from the same; else throw it away and begin anew.

    Args:
        folder: where the work lies, such as ``<target>.partial``; it is made where it is missing.
        wanted: what the work is made from, as JSON values.
        kept: what work goes on with once it is begun, whatever a later call brings, as JSON values: the
            number of threads.

    Returns:
        ``kept`` where the work is new or its marker lacks it, and what the marker has where it goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker, kept = folder / MARKER, dict(kept or {})
    begun = _read(marker)
    before = {key: begun.pop(key) for key in kept if key in begun}
    if begun == json.loads(json.dumps(wanted)):
        return kept | before
    # The marker goes first: a kill in between must not leave it over half of its work.
    marker.unlink(missing_ok=True)
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    marker.write_text(json.dumps({**wanted, **kept}, sort_keys=True), encoding="utf-8")
    return kept


def _read(marker: Path) -> dict[str, Any]:
    """What the marker says; nothing where it is missing or damaged."""
    try:
        begun = json.loads(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return begun if isinstance(begun, dict) else {}
