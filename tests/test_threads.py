"""How many threads may run, by made-up control groups."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from srec import threads


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="ascii")


def test_the_least_quota_on_the_way_up_counts(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b", cpu__max="max 100000\n")
    assert threads.quota("0::/a/b\n", tmp_path) == math.inf
    write(tmp_path / "a", cpu__max="150000 100000\n")
    assert threads.quota("0::/a/b\n", tmp_path) == 1.5
    assert threads.quota("0::/\n", tmp_path) == math.inf


def test_the_older_kind_of_control_group_counts_too(tmp_path: Path) -> None:
    folder = tmp_path / "cpu,cpuacct" / "docker"
    write(folder, cpu__cfs_quota_us="50000\n", cpu__cfs_period_us="100000\n")
    groups = "5:memory:/docker\n4:cpu,cpuacct:/docker\n"
    assert threads.quota(groups, tmp_path) == 0.5
    write(folder, cpu__cfs_quota_us="-1\n")
    assert threads.quota(groups, tmp_path) == math.inf


def test_what_cannot_be_read_limits_nothing(tmp_path: Path) -> None:
    write(tmp_path, cpu__max="nonsense")
    assert threads.quota("0::/gone\n", tmp_path) == math.inf


@pytest.mark.parametrize(("granted", "wanted"), [(0.2, 1), (1.0, 1), (math.inf, None)])
def test_at_least_one_thread_runs_and_no_more_than_there_are_cores(
    granted: float, wanted: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "quota", lambda groups, root: granted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert threads.may_run() == (wanted or cores)


@pytest.mark.parametrize(("said", "wanted"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_every_command_lets_waiting_threads_sleep_before_torch_is_loaded(
    said: str | None, wanted: str
) -> None:
    code = (
        "import os, sys; import srec.cli as cli\n"
        "assert 'torch' not in sys.modules\n"
        "cli.app = lambda: print(os.environ['OMP_WAIT_POLICY'])\n"
        "cli.main()"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"OMP_WAIT_POLICY": said} if said else {}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == wanted
