"""Records how a result was made, so that a number can be traced to its machine and versions."""

import hashlib
import os
import platform
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Self

from packaging.requirements import Requirement
from pydantic import BeforeValidator, PlainSerializer

from srec.results import Frozen

PACKAGES = ("srec", "numpy", "scipy", "scikit-learn", "duckdb", "torch", "onnxruntime")


class Environment(Frozen):
    """Where, when and with which versions a result was made.

    Attributes:
        date: the day, as YYYY-MM-DD.
        processor: the name of the CPU; empty if the system does not know it, None in files that predate it.
        cores: the number of cores that the process could use.
        versions: the versions of the computing packages, by name.
        source: a short hash of SRec's own files; None in files that predate it.
    """

    date: str
    python: str
    machine: str
    processor: str | None
    cores: int
    versions: Mapping[str, str]
    source: str | None

    @classmethod
    def here(cls, *more: str) -> Self:
        """This process's, with the versions of what computes.

        Args:
            more: the names of packages whose versions matter too; what is not installed is left out.
        """
        return cls(
            date=datetime.now(UTC).date().isoformat(),
            python=platform.python_version(),
            machine=f"{platform.system()} {platform.machine()}",
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            versions={name: found for name in (*PACKAGES, *more) if (found := _version(name))},
            source=_source(),
        )

    def flat(self) -> dict[str, str | int]:
        """All that is known, the versions beside the rest."""
        own = self.model_dump()
        source, versions = own.pop("source"), own.pop("versions")
        found = own | versions | {"source": source}
        return {name: value for name, value in found.items() if value is not None}


def _nested(given: Any) -> Any:
    """What ``flat`` made, as an environment has it."""
    if not isinstance(given, Mapping):
        return given
    own = {name: given.get(name) for name in Environment.model_fields if name != "versions"}
    return own | {"versions": {name: found for name, found in given.items() if name not in own}}


#: As reports and leaderboards write it: the versions stand beside the rest.
FlatEnvironment = Annotated[Environment, BeforeValidator(_nested), PlainSerializer(Environment.flat)]


@dataclass(frozen=True)
class Library:
    """A library that a package requires, and its state here.

    Attributes:
        name: its name in the package's requirements.
        version: the installed version; None if it is not installed.
        extras: the extras that include it; empty if every installation needs it.
    """

    name: str
    version: str | None
    extras: tuple[str, ...]


def libraries(requirements: Iterable[str], extras: Collection[str]) -> list[Library]:
    """The libraries that a package requires on this platform, with their installed versions.

    Args:
        requirements: the requirements from the package metadata (PEP 508), with extras and markers.
        extras: the package's extras.

    Returns:
        Each library once, in the order of the requirements, without those that only other platforms need.
    """
    bringing: dict[str, tuple[str, ...]] = {}
    for text in requirements:
        requirement = Requirement(text)
        name, marker = requirement.name, requirement.marker
        if marker is None or marker.evaluate({"extra": ""}):
            bringing[name] = ()
            continue
        found = tuple(extra for extra in extras if marker.evaluate({"extra": extra}))
        if found and bringing.get(name) != ():
            bringing[name] = bringing.get(name, ()) + found
    return [Library(name, _version(name), found) for name, found in bringing.items()]


def _source() -> str:
    """A short hash of this package's own files, because a version says little between releases."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _processor() -> str:
    """The name of the CPU, if the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
