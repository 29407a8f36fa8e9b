"""How many threads may run at once, and what those do that wait for the others."""

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def may_run() -> int:
    """How many threads this process may run at once: its cores, or fewer by its cgroup's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return cores
    return max(1, math.ceil(min(cores, quota(groups, _CGROUPS))))


def quota(groups: str, root: Path) -> float:
    """The processors that a process's cgroups and those around them grant; infinite without a limit.

    Args:
        groups: the text of ``/proc/self/cgroup``.
        root: where the cgroups are mounted.
    """
    least = math.inf
    for line in groups.splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds not in ("", "cpu", "cpu,cpuacct"):
            continue
        top = root / kinds
        group = top / path.lstrip("/")
        # In a container the path may be the host's; its own limits are at the top then.
        for folder in (group, *group.parents):
            least = min(least, _granted(folder))
            if folder == top:
                break
    return least


def _granted(folder: Path) -> float:
    try:
        if (folder / "cpu.max").exists():
            most, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            most = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
        return float(most) / float(period) if most not in ("max", "-1") else math.inf
    except (OSError, ValueError):
        return math.inf


def sleep_while_waiting() -> None:
    """Let OpenMP's threads sleep while they wait for one another, unless the environment says otherwise.

    By default they spin, which takes the core from the thread that they wait for wherever there are fewer
    free cores than threads. It has to be said before a library that uses OpenMP, such as torch, is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
