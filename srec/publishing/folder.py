"""A folder of published bundles: numbered versions, and a small file that says which one is served.

``0001``, ``0002``, ... are bundles. A version appears when it is complete, checked and on disk.
``served.json`` has the numbers that were served, the one that is served now last, and those that were
withdrawn by a rollback. It is replaced in one step, so a kill at any moment leaves the version that was
served, or the new one.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from srec.artifacts import write_json
from srec.errors import ArtifactError, SRecError
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.locks import lock, sync
from srec.publishing.version import Version
from srec.reading import LARGEST, parse_json, read_bytes

SERVED = "served.json"
_FORMAT = 1
_DRAFT = ".draft"


class InUse(SRecError):  # noqa: N818 -- it says what the folder is
    """Another process is changing the folder."""


def is_published(path: Path) -> bool:
    """Whether a directory is a folder of published versions, and no bundle."""
    return (path / SERVED).is_file()


class Models:
    """A folder of published versions. Two processes may use it at once; one of them changes it at a time.

    Args:
        path: the folder; ``publish`` creates it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def numbers(self) -> list[int]:
        """The numbers of all versions that are there, ascending."""
        if not self.path.is_dir():
            return []
        return sorted(int(one.name) for one in self.path.iterdir() if one.name.isdigit() and one.is_dir())

    def versions(self) -> list[Version]:
        """All versions, ascending; a damaged one says so."""
        return [Version.read(self.folder(number), number) for number in self.numbers()]

    def served(self) -> list[int]:
        """The numbers that were served, the one that is served now last.

        Raises:
            ArtifactError: nothing was published here, or the file that says so is damaged.
        """
        return self._pointer()["served"]

    def withdrawn(self) -> list[int]:
        """The numbers that a rollback took off the air, and that nobody published again.

        Raises:
            ArtifactError: as ``served``.
        """
        return self._pointer()["withdrawn"]

    def folder(self, number: int) -> Path:
        """The directory of a version."""
        return self.path / f"{number:04d}"

    def publish(self, bundle: str | Path) -> Version:
        """Copy a bundle into the folder, check the copy, and say that it is served from now on.

        A bundle that is there already is not copied again.

        Args:
            bundle: the bundle directory.

        Raises:
            ArtifactError: the bundle is damaged, or the engine answers its golden requests differently.
            InUse: another process is changing the folder.
            OSError: the disk is full, or a right is missing. What is served does not change.
        """
        wanted = Bundle(bundle).fingerprint
        self.path.mkdir(parents=True, exist_ok=True)
        with self._changing():
            number = self._known(wanted)
            if number is None:
                number = max([0, *self.numbers(), *self._before()]) + 1
                self._copy(Path(bundle), number)
            self._serve([*(one for one in self._before() if one != number), number])
        return Version.read(self.folder(number), number)

    def rollback(self, number: int | None = None) -> Version:
        """Say that an earlier version is served again; a server that keeps it in memory returns at once.

        Args:
            number: the version; None means the one that was served before.

        Raises:
            SRecError: there is no such version, or none was served before.
            ArtifactError: the version is damaged.
            InUse: another process is changing the folder.
        """
        with self._changing():
            served, there = self.served(), self.numbers()
            earlier = [one for one in served[:-1] if one in there]
            if number is None and not earlier:
                raise SRecError(f"{self.path} has no version that was served before version {served[-1]}")
            chosen = earlier[-1] if number is None else number
            if chosen not in there:
                known = ", ".join(map(str, there))
                raise SRecError(f"{self.path} has no version {chosen}; its versions are {known}")
            _checked(self.folder(chosen))
            if chosen in earlier:
                withdrawn = served[served.index(chosen) + 1 :]
                self._serve(earlier[: earlier.index(chosen) + 1], withdrawn=withdrawn)
            else:
                self._serve([*earlier, *(one for one in served[-1:] if one != chosen), chosen])
        return Version.read(self.folder(chosen), chosen)

    def prune(self, keep: int = 5) -> list[int]:
        """Remove old versions, but never the one that is served nor the one to go back to.

        Args:
            keep: how many of the newest versions stay.

        Returns:
            The numbers of the removed versions.

        Raises:
            ArtifactError: nothing was published here.
            InUse: another process is changing the folder.
        """
        with self._changing():
            served, there = self.served(), self.numbers()
            back = [one for one in served[:-1] if one in there][-1:]
            kept = {served[-1], *back, *there[len(there) - max(keep, 0) :]}
            gone = [number for number in there if number not in kept]
            self._serve([one for one in served if one not in gone])
            for number in gone:
                # It is gone at once, and no half of a version is left if removing is interrupted.
                away = self.path / f".{number:04d}.old{_DRAFT}"
                self.folder(number).rename(away)
                shutil.rmtree(away, ignore_errors=True)
        return gone

    def _before(self) -> list[int]:
        return self.served() if (self.path / SERVED).exists() else []

    def _known(self, wanted: str) -> int | None:
        """The version that has this content already, and is sound."""
        for number in reversed(self.numbers()):
            folder = self.folder(number)
            try:
                if Version.read(folder, number).bundle == wanted:
                    _checked(folder)
                    return number
            except ArtifactError:
                continue
        return None

    def _copy(self, bundle: Path, number: int) -> None:
        draft = Path(tempfile.mkdtemp(prefix=f".{number:04d}.", suffix=_DRAFT, dir=self.path))
        try:
            shutil.copytree(bundle, draft, dirs_exist_ok=True)
            draft.chmod(0o755)
            _checked(draft)
            for file in (*draft.rglob("*"), draft):
                sync(file)
            draft.rename(self.folder(number))
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _pointer(self) -> dict[str, list[int]]:
        file = self.path / SERVED
        try:
            found = parse_json(read_bytes(file, LARGEST), str(file))
        except FileNotFoundError:
            raise ArtifactError(
                f"{self.path} has no published model: srec models publish {self.path} BUNDLE"
            ) from None
        known = isinstance(found, dict) and found.get("format") == _FORMAT
        lists: dict[str, Any] = {name: found.get(name) if known else None for name in ("served", "withdrawn")}
        if not all(map(_numbers, lists.values())) or not lists["served"]:
            raise ArtifactError(f"{file} does not say what is served: remove it, and publish a bundle again")
        return lists

    def _serve(self, numbers: list[int], *, withdrawn: Iterable[int] = ()) -> None:
        """Replace the file that says what is served."""
        before = self.withdrawn() if (self.path / SERVED).exists() else []
        away = sorted({*before, *withdrawn} & {*self.numbers()} - {*numbers})
        draft = self.path / f"{SERVED}{_DRAFT}"
        try:
            write_json(draft, {"format": _FORMAT, "served": numbers, "withdrawn": away})
            draft.replace(self.path / SERVED)
        finally:
            draft.unlink(missing_ok=True)
        sync(self.path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Be the only process that changes the folder, and remove what a killed one left."""
        if not self.path.is_dir():
            raise ArtifactError(f"{self.path} is no folder of published models")
        with ExitStack() as held:
            if lock(self.path, held) is False:
                raise InUse(f"another process is changing {self.path}: try again when it is done")
            for left in self.path.glob(f".*{_DRAFT}"):
                shutil.rmtree(left, ignore_errors=True)
            yield


def _numbers(found: Any) -> bool:
    """Whether it is a list of versions."""
    return isinstance(found, list) and all(type(one) is int and one > 0 for one in found)


def _checked(bundle: Path) -> None:
    """Refuse a bundle that is damaged, or that the engine answers differently."""
    Recommender(Bundle(bundle))
