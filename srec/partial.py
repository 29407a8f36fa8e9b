"""Folders of unfinished work: each is beside its target, and the same call goes on where the work stopped.

``begun.json`` has the inputs of the work. It is written first, so work without it belongs to nobody.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MARKER = "begun.json"


def begin(folder: Path, wanted: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Resume the work in a folder if it has the same inputs; otherwise discard it and begin again.

    Args:
        folder: the folder of the work, such as ``<target>.partial``; it is created if it is missing.
        wanted: the inputs of the work, as JSON values.
        kept: values that work keeps from its beginning, such as the number of threads, whatever a later call
            passes; JSON values.

    Returns:
        The marker's values of ``kept`` if the work resumes and the marker has them, else those of this call.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker, kept = folder / MARKER, dict(kept or {})
    begun = _read(marker)
    before = {key: begun.pop(key) for key in kept if key in begun}
    if begun == json.loads(json.dumps(wanted)):
        return kept | before
    # The marker goes first, so that a kill in between cannot leave it with half of its work.
    marker.unlink(missing_ok=True)
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    marker.write_text(json.dumps({**wanted, **kept}, sort_keys=True), encoding="utf-8")
    return kept


def _read(marker: Path) -> dict[str, Any]:
    """The marker's content; empty if it is missing or damaged."""
    try:
        begun = json.loads(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return begun if isinstance(begun, dict) else {}
