"""Directories that are complete or absent: written under another name, manifest last, then renamed.

A directory (dataset, run, report, bundle) is complete when its ``manifest.json`` is there. The manifest has
the format and its version, the inputs, the parameters, and each file's checksum. So a reader can refuse
damaged files, and a writer can skip a directory that is up to date.
"""

import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from srec import __version__
from srec.errors import ArtifactError

MANIFEST = "manifest.json"
_DRAFT = ".draft"


@dataclass
class Draft:
    """A directory in the making: put files under ``path``, and facts for the manifest into ``facts``."""

    path: Path
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def write_directory(
    target: Path,
    kind: str,
    version: int,
    *,
    inputs: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Iterator[Draft]:
    """Write a directory that appears at ``target`` complete, or not at all.

    An older directory of the kind at ``target`` is replaced only when the new one is complete. After a kill
    at any moment, ``target`` is the old directory, the new one, or (between two renames) absent; never half.
    A draft that a killed process left is removed when the same target is written again.

    Args:
        target: where the directory will appear.
        kind: its kind: "dataset", "run", "report" or "bundle".
        version: its format version; it rises when old readers would misread the directory.
        inputs: the fingerprints of its inputs, by name.
        parameters: the settings it is made with, as JSON values.

    Raises:
        ArtifactError: ``target`` exists and is not a directory of this kind.
    """
    target = target.absolute()
    _check_target(target, kind)
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        draft = Draft(_new_draft(target, held))
        try:
            yield draft
            manifest = {
                "kind": kind,
                "version": version,
                "srec": __version__,
                "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "inputs": dict(inputs or {}),
                "parameters": dict(parameters or {}),
                **draft.facts,
                "files": {name: _describe(draft.path / name) for name in _files(draft.path)},
            }
            write_json(draft.path / MANIFEST, manifest)
            _replace(draft.path, target)
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)


def read_manifest(path: Path, kind: str, version: int) -> dict[str, Any]:
    """The manifest of a complete directory of the given kind and version.

    Args:
        path: the directory.
        kind: its required kind, as for ``write_directory``.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: it is missing, unreadable, or of another kind or version.
    """
    file = path / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path} is not a complete {kind} directory: it has no {MANIFEST}") from None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from error
    return check_manifest(manifest, str(path), kind=kind, version=version)


def check_manifest(manifest: Any, where: str, *, kind: str, version: int) -> dict[str, Any]:
    """The manifest, if it is one of the given kind and version.

    Args:
        manifest: the parsed JSON.
        where: the directory, for the message.
        kind: its required kind.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: it is of another kind or version.
    """
    if not isinstance(manifest, dict) or manifest.get("kind") != kind:
        raise ArtifactError(f"{where} is not a {kind} directory")
    if manifest.get("version") != version:
        raise ArtifactError(
            f"{where} is a {kind} of format version {manifest.get('version')}; this program reads version"
            f" {version}: write it again"
        )
    return manifest


def verify(path: Path, kind: str, version: int) -> dict[str, Any]:
    """Check every file of a directory against its manifest; returns the manifest.

    Args:
        path: the directory; all its files are read.
        kind: its required kind.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: a file is missing, truncated or changed, or a name leads out of the directory.
    """
    manifest = read_manifest(path, kind, version)
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise ArtifactError(f"{path / MANIFEST} lists no files")
    for name, expected in files.items():
        pure = PurePosixPath(name)
        if (
            pure.is_absolute()
            or ".." in pure.parts
            or not (path / name).resolve().is_relative_to(path.resolve())
        ):
            raise ArtifactError(f"{path / MANIFEST} names a file outside its directory: {name}")
        if not (path / name).is_file():
            raise ArtifactError(f"{path} lacks {name}")
        if _describe(path / name) != expected:
            raise ArtifactError(f"{path / name} has changed since it was written: its checksum differs")
    return manifest


def is_current(
    path: Path, kind: str, version: int, *, inputs: Mapping[str, str], parameters: Mapping[str, Any]
) -> bool:
    """Whether there is a complete directory, made from these inputs with these parameters.

    Args:
        path: the directory.
        kind: its required kind.
        version: the format version that would be written.
        inputs: the fingerprints of its inputs, by name.
        parameters: the settings it would be made with, as JSON values.

    Raises:
        ArtifactError: something else is there, which ``write_directory`` would refuse to replace later.
    """
    _check_target(path, kind)
    try:
        manifest = read_manifest(path, kind, version)
    except ArtifactError:
        return False
    wanted = json.loads(json.dumps({"inputs": dict(inputs), "parameters": dict(parameters)}))
    return all(manifest.get(key) == value for key, value in wanted.items())


def fingerprint(path: Path) -> str:
    """A short hash that identifies the content of a complete directory (its files' checksums).

    Returns:
        16 hexadecimal digits.

    Raises:
        ArtifactError: the directory is not complete.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} is not a complete directory: {error}") from error
    return hashlib.sha256(json.dumps(manifest["files"], sort_keys=True).encode()).hexdigest()[:16]


def write_json(path: Path, value: Any) -> None:
    """Write human-readable JSON, which is on disk when the call returns.

    Args:
        path: the file.
        value: JSON values, without NaN or infinite numbers.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    with path.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def lock(path: Path, stack: ExitStack) -> bool | None:
    """Lock a file or directory until the stack closes; a killed process loses its locks.

    Args:
        path: the file or directory.
        stack: holds the lock.

    Returns:
        True if it is locked now, False if another process has locked it or it is gone, None if the system
        has no such locks (Windows).
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        opened = os.open(path, os.O_RDONLY)
        stack.callback(os.close, opened)
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _new_draft(target: Path, held: ExitStack) -> Path:
    """An empty directory beside the target, locked until ``held`` closes; removes abandoned drafts."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*{_DRAFT}"):
        with ExitStack() as taken:
            if lock(left, taken):
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent))
    lock(made, held)
    made.chmod(0o755)
    # It gets a draft's name only when it is locked, so a draft without a lock belongs to nobody.
    return made.rename(made.with_suffix(_DRAFT))


def _check_target(target: Path, kind: str) -> None:
    """Refuse to replace anything except an empty directory or one of the same kind."""
    if target.exists() and not (target.is_dir() and _replaceable(target, kind)):
        raise ArtifactError(f"{target} exists and is not a {kind} directory: move it away or name another")


def _replaceable(path: Path, kind: str) -> bool:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return not any(path.iterdir())
    return isinstance(manifest, dict) and manifest.get("kind") == kind and "files" in manifest


def _files(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _replace(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    target.rename(old / target.name)
    draft.rename(target)
    shutil.rmtree(old)
