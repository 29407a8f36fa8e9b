"""Directories that are complete or absent: written under another name, manifest last, then renamed.

A directory (dataset, run, report, bundle) is complete when its ``manifest.json`` is there. The manifest has
the format and its version, the inputs, the parameters, each file's checksum, and its own. So a reader refuses
what was damaged, and a writer skips a directory that is up to date.

Manifests that were made before have no checksum of their own. They are read all the same; their files are
checked.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from srec import __version__
from srec.checksums import SELF, describe, seal_broken, sealed
from srec.errors import ArtifactError
from srec.locks import new_folder, put_in_place, remove, sweep
from srec.reading import parse_json, read_bytes

MANIFEST = "manifest.json"
_LARGEST = 1 << 26  # bytes of a manifest


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
    at any moment, ``target`` is the old directory or the new one, never half of one (see ``put_in_place``).
    What a killed process left is removed when the same target is written again.

    Args:
        target: where the directory will appear.
        kind: its kind: "dataset", "run", "report" or "bundle".
        version: its format version; it rises when old readers would misread the directory.
        inputs: the fingerprints of its inputs, by name.
        parameters: the settings it is made with, as JSON values.

    Raises:
        ArtifactError: ``target`` exists and is not a directory of this kind, or has files of others in it.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        draft = Draft(new_folder(target, held))
        try:
            _check_target(target, kind)
            yield draft
            manifest = {
                "kind": kind,
                "version": version,
                "srec": __version__,
                "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "inputs": dict(inputs or {}),
                "parameters": dict(parameters or {}),
                **draft.facts,
                "files": {name: describe(draft.path / name) for name in _files(draft.path)},
                SELF: "",
            }
            _write(draft.path / MANIFEST, sealed(_json(manifest)))
            # Something else may have come there meanwhile.
            _check_target(target, kind)
            put_in_place(draft.path, target)
        finally:
            remove(draft.path)


def read_manifest(path: Path, kind: str, version: int) -> dict[str, Any]:
    """The manifest of a complete directory of the given kind and version.

    Args:
        path: the directory.
        kind: its required kind, as for ``write_directory``.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: it is missing, unreadable, or of another kind or version.
    """
    return check_manifest(_manifest(path, kind), str(path), kind=kind, version=version)


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

    A file that this process has read and that is the same by its size and times is not read again.

    Args:
        path: the directory; all its files are read.
        kind: its required kind.
        version: the format version that the caller reads.

    Raises:
        ArtifactError: a file is missing, truncated, changed or not listed, or a name leads out of the
            directory.
    """
    manifest = read_manifest(path, kind, version)
    _verify_files(path, manifest)
    return manifest


def _verify_files(path: Path, manifest: dict[str, Any]) -> None:
    files, home = manifest.get("files"), path.resolve()
    if not isinstance(files, dict):
        raise ArtifactError(f"{path / MANIFEST} lists no files")
    for name, expected in files.items():
        try:
            pure = PurePosixPath(name)
            if pure.is_absolute() or ".." in pure.parts or not (path / name).resolve().is_relative_to(home):
                raise ArtifactError(f"{path / MANIFEST} names a file outside its directory: {name}")
            if not (path / name).is_file():
                raise ArtifactError(f"{path} lacks {name}")
            changed = describe(path / name) != expected
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
            raise ArtifactError(f"{name!r} of {path} cannot be read: {error}") from error
        if changed:
            raise ArtifactError(f"{path / name} has changed since it was written: its checksum differs")
    if more := _unlisted(path, manifest):
        raise ArtifactError(f"{path} has a file that its manifest does not list: {more[0]}: move it away")


def is_current(
    path: Path, kind: str, version: int, *, inputs: Mapping[str, str], parameters: Mapping[str, Any]
) -> bool:
    """Whether there is a complete and sound directory, made from these inputs with these parameters.

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
        manifest = verify(path, kind, version)
    except ArtifactError:
        return False
    wanted = json.loads(json.dumps({"inputs": dict(inputs), "parameters": dict(parameters)}))
    return all(manifest.get(key) == value for key, value in wanted.items())


def fingerprint(path: Path) -> str:
    """A short hash that identifies the content of a complete directory, whose files are checked.

    Returns:
        16 hexadecimal digits.

    Raises:
        ArtifactError: the directory is not complete, or damaged.
    """
    manifest = _manifest(path)
    _verify_files(path, manifest)
    return identity(manifest)


def identity(manifest: Mapping[str, Any]) -> str:
    """The fingerprint of the directory that a manifest belongs to, whose files are not looked at.

    Args:
        manifest: as ``verify`` returns it.

    Returns:
        16 hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(manifest["files"], sort_keys=True).encode()).hexdigest()[:16]


def write_json(path: Path, value: Any) -> None:
    """Write human-readable JSON whole or not at all; it is on disk when the call returns.

    Args:
        path: the file.
        value: JSON values, without NaN or infinite numbers.

    Raises:
        ValueError: a number is not finite.
    """
    _write(path, _json(value))


def _json(value: Any) -> bytes:
    return f"{json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)}\n".encode()


def _write(path: Path, text: bytes) -> None:
    draft = path.with_name(f"{path.name}.draft")
    try:
        with draft.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        remove(draft)
        raise


def _manifest(path: Path, kind: str = "") -> dict[str, Any]:
    """The manifest of a directory, of any kind and version."""
    if not (path / MANIFEST).exists():
        sweep(path.absolute())  # a kill may have taken the directory away
    what = " ".join(filter(None, ("a complete", kind, "directory")))
    try:
        text = read_bytes(path / MANIFEST, _LARGEST)
    except FileNotFoundError:
        raise ArtifactError(f"{path} is not {what}: it has no {MANIFEST}") from None
    manifest = parse_json(text, str(path / MANIFEST))
    if seal_broken(text, manifest):
        raise ArtifactError(f"{path / MANIFEST} has changed since it was written: its checksum differs")
    if not isinstance(manifest, dict):
        raise ArtifactError(f"{path} is not {what}")
    manifest.pop(SELF, None)  # it says nothing of what the directory holds
    return manifest


def _check_target(target: Path, kind: str) -> None:
    """Refuse to replace anything except an empty directory or one of the same kind, as it was written."""
    if not os.path.lexists(target):
        return
    refused = f"{target} exists and is not a {kind} directory: move it away or name another"
    if not target.is_dir():
        raise ArtifactError(refused)
    try:
        manifest = parse_json(read_bytes(target / MANIFEST, _LARGEST), MANIFEST)
    except (ArtifactError, FileNotFoundError):
        if any(target.iterdir()):
            raise ArtifactError(refused) from None
        return
    if not isinstance(manifest, dict) or manifest.get("kind") != kind or "files" not in manifest:
        raise ArtifactError(refused)
    if more := _unlisted(target, manifest):
        raise ArtifactError(f"{target} has a file that SRec did not write: {more[0]}: move it away first")


def _unlisted(path: Path, manifest: dict[str, Any]) -> list[str]:
    """The files that a directory should not have."""
    return sorted({*_files(path)} - {MANIFEST, *manifest["files"]})


def _files(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
