"""Where and with what a result was made, so that a number can be traced to its machine and versions."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("srec", "numpy", "scipy", "scikit-learn", "duckdb", "torch", "onnxruntime")


def environment() -> dict[str, str | int]:
    """The date, the machine's kind and the versions of what computes."""
    versions = {name: found for name in PACKAGES if (found := _version(name))}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        **versions,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
