"""Directories that are whole or absent: written under another name, manifest last, then renamed.

A directory (dataset, run, report, bundle) is complete when its ``manifest.json`` is there. The manifest
holds the format and its version, what the directory was made from, the parameters, and each file's
checksum, so that a reader can refuse what is damaged and a writer can skip what is up to date.
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
    """A directory being written: put files under ``path``, and facts for the manifest into ``facts``."""

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
    """Write a directory that appears at ``target`` whole, or not at all.

    An older directory of the kind at ``target`` is replaced only when the new one is complete. After a kill
    at any moment ``target`` is the old directory, the new one, or (between two renames) absent; never half.
    A draft that a killed process left is removed when the same target is written again.

    Args:
        target: where the directory shall appear.
        kind: what it is: "dataset", "run", "report", "bundle".
        version: its format version, raised when old readers would misread it.
        inputs: the fingerprints of what it is made from, by name.
        parameters: the settings it is made with, as JSON values.

    Raises:
        ArtifactError: ``target`` exists and is no directory of this kind.
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
        kind: what it must be, as ``write_directory`` was told.
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
    """A manifest that was read, if it is one of the given kind and version.

    Args:
        manifest: the parsed JSON.
        where: the directory, for the message.
        kind: what it must be.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: it is of another kind or version.
    """
    if not isinstance(manifest, dict) or manifest.get("kind") != kind:
        raise ArtifactError(f"{where} is not a {kind} directory")
    if manifest.get("version") != version:
        raise ArtifactError(
            f"{where} is a {kind} of format version {manifest.get('version')}, this program reads version"
            f" {version}: write it again"
        )
    return manifest


def verify(path: Path, kind: str, version: int) -> dict[str, Any]:
    """Check every file of a directory against its manifest; returns the manifest.

    Args:
        path: the directory; every file of it is read.
        kind: what it must be.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: a file is missing, added, truncated or changed, or a name leaves the directory.
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
            raise ArtifactError(f"{path / name} is not the file that was written: its checksum differs")
    return manifest


def is_current(
    path: Path, kind: str, version: int, *, inputs: Mapping[str, str], parameters: Mapping[str, Any]
) -> bool:
    """Whether a complete directory is there, made from these inputs with these parameters.

    Args:
        path: the directory.
        kind: what it must be.
        version: the format version that would be written.
        inputs: the fingerprints of what it would be made from, by name.
        parameters: the settings it would be made with, as JSON values.

    Raises:
        ArtifactError: something else is there, which ``write_directory`` would refuse after the work.
    """
    _check_target(path, kind)
    try:
        manifest = read_manifest(path, kind, version)
    except ArtifactError:
        return False
    wanted = json.loads(json.dumps({"inputs": dict(inputs), "parameters": dict(parameters)}))
    return all(manifest.get(key) == value for key, value in wanted.items())


def fingerprint(path: Path) -> str:
    """A short hash that names the content of a complete directory (its files' checksums).

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
    """Write JSON that a person can read and that is on disk when the call returns.

    Args:
        path: the file.
        value: JSON values; NaN and infinite numbers are none.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    with path.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def lock(path: Path, stack: ExitStack) -> bool | None:
    """Lock a file or directory until the stack is left; a process that is killed loses its locks.

    Args:
        path: the file or directory.
        stack: it holds the lock.

    Returns:
        True where it is locked now, False where another process has locked it or it is gone, None where the
        system has no such locks (Windows).
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
    """An empty directory beside the target, locked until ``held`` is left; what a kill left is removed."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*{_DRAFT}"):
        with ExitStack() as taken:
            if lock(left, taken):
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent))
    lock(made, held)
    made.chmod(0o755)
    # It gets the name of a draft once it is locked, so a draft without a lock belongs to nobody.
    return made.rename(made.with_suffix(_DRAFT))


def _check_target(target: Path, kind: str) -> None:
    """Refuse to replace anything but an empty directory or one of the kind to be written."""
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
