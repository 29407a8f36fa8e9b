"""Folders of unfinished work: each is beside its target, and the same call goes on where the work stopped.

``begun.json`` has the inputs of the work. It is the first file to come and the last to go, so a folder that
has files but no ``begun.json`` was made by somebody else.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from srec.errors import ArtifactError
from srec.locks import lock, remove

MARKER = "begun.json"
_DRAFT = f"{MARKER}.draft"


def hold(folder: Path, held: ExitStack) -> bool:
    """Make the folder of some work if it is missing, and lock it.

    Args:
        folder: the folder of the work, such as ``<target>.partial``.
        held: holds the lock.

    Returns:
        False if another process is at work in it.

    Raises:
        ArtifactError: there is a file with its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise _foreign(folder) from None
    return lock(folder, held) is not False


def begin(folder: Path, wanted: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Resume the work in a folder if it has the same inputs; otherwise discard it and begin again.

    Args:
        folder: the folder of the work; the caller holds it.
        wanted: the inputs of the work, as JSON values.
        kept: values that work keeps from its beginning, such as the number of threads, whatever a later call
            passes; JSON values.

    Returns:
        The marker's values of ``kept`` if the work resumes and the marker has them, else those of this call.

    Raises:
        ArtifactError: the folder has files, and SRec did not write them.
    """
    kept = dict(kept or {})
    begun = _read(folder)
    before = {key: begun.pop(key) for key in kept if key in begun}
    if begun == json.loads(json.dumps(wanted)):
        return kept | before
    # The marker names no work meanwhile, so that a kill cannot leave it with half of its work.
    _write(folder, {"discarded": True})
    _empty(folder)
    _write(folder, {**wanted, **kept})
    return kept


def finish(folder: Path) -> None:
    """Remove a folder of work that is done, its marker last."""
    _empty(folder)
    remove(folder)


def _read(folder: Path) -> dict[str, Any]:
    """The marker's content; empty if it is damaged, or if there is no work yet."""
    try:
        begun = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if any(file.name != _DRAFT for file in folder.iterdir()):
            raise _foreign(folder) from None
        return {}
    except (ValueError, RecursionError):
        return {}
    return begun if isinstance(begun, dict) else {}


def _write(folder: Path, content: Mapping[str, Any]) -> None:
    draft = folder / _DRAFT
    draft.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
    draft.replace(folder / MARKER)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        if left.name != MARKER:
            remove(left)


def _foreign(folder: Path) -> ArtifactError:
    return ArtifactError(
        f"{folder} is needed for unfinished work, but SRec did not make what is there: move it away"
    )
