"""Where and with what a result was made, so that a number can be traced to its machine and versions."""

import hashlib
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("srec", "numpy", "scipy", "scikit-learn", "duckdb", "torch", "onnxruntime")


def environment(*more: str) -> dict[str, str | int]:
    """The date, the machine's kind and the versions of what computes, and of more packages."""
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


def _source() -> str:
    """A short hash of this package's own files, for a version says little between releases."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _processor() -> str:
    """The CPU by name, where the system says it."""
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
