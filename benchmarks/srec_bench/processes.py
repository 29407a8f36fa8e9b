"""Processes that a benchmark starts, observes and stops. Linux only: it reads /proc."""

import http.client
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from srec.errors import SRecError

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 120.0  # seconds until a server must be ready


class ServedProcess:
    """A server under test, on a free port of this machine, from its start until it is ready.

    Args:
        module: the module for ``python -m``.
        before: its arguments before the port.
        after: its arguments after the port.

    Attributes:
        port: the port it listens on.
        pid: its process id.
        start_seconds: the time from the start of the process until /ready answers.
        start_cpu_seconds: the processor time it took until then.

    Raises:
        SRecError: it ends or is not ready in time, or the system is not Linux.
    """

    def __init__(self, module: str, *before: str, after: tuple[str, ...] = ()) -> None:
        if not Path("/proc/self/stat").exists():
            raise SRecError("this benchmark reads /proc: run it on Linux")
        self.port = free_port()
        begun = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 -- our own modules
            [sys.executable, "-m", module, *before, str(self.port), *after], stdout=subprocess.DEVNULL
        )
        self.pid = self._process.pid
        try:
            while not _ready(self.port):
                if self._process.poll() is not None:
                    raise SRecError(
                        f"the server ended with status {self._process.returncode} before it was ready"
                    )
                if time.perf_counter() > begun + PATIENCE:
                    raise SRecError(f"the server was not ready after {PATIENCE:.0f} s")
                time.sleep(0.002)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - begun
        self.start_cpu_seconds = self.cpu_seconds()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Tell it to stop, and wait for its end."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cpu_seconds(self) -> float:
        """The processor time it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """The memory it holds now, including mapped files that it touched, in MB of 2^20 bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def in_fresh_process(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a function in a process of its own, because the peak memory of a process never falls."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **named).result()


def peak_bytes() -> int:
    """The peak memory of this process; ru_maxrss would include the process that it was forked from.

    Raises:
        SRecError: the system is not Linux.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        raise SRecError("peak memory is read from /proc: run it on Linux")
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
