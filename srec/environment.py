"""Records how a result was made, so that a number can be traced to its machine and versions."""

import hashlib
import os
import platform
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

PACKAGES = ("srec", "numpy", "scipy", "scikit-learn", "duckdb", "torch", "onnxruntime")


def environment(*more: str) -> dict[str, str | int]:
    """The date, the kind of machine and the versions of the computing libraries.

    Args:
        more: the names of further packages whose versions matter.

    Returns:
        JSON values: "date" (ISO, UTC), "python", "machine", "processor", "cores" (the number that this
        process may use), the version of each installed package, and "source", a hash of SRec's own files.
    """
    versions = {name: found for name in (*PACKAGES, *more) if (found := _version(name))}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        **versions,
        "source": _source(),
    }


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
