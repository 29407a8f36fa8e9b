"""Meters each step of a process. Linux only: it reads /proc."""

import resource
import threading
import time
from pathlib import Path
from typing import Self

from srec_bench.prepare.result import PrepareStep

_SAMPLED_EVERY = 0.05  # seconds


class Meter:
    """Seconds, peak memory and spilled bytes of each step of this process; a context manager.

    Args:
        folder: the folder with the spilled files, in folders named ``spill``.
    """

    def __init__(self, folder: Path) -> None:
        self.steps: list[PrepareStep] = []
        self.most_spilled = 0
        self._folder, self._stop = folder, threading.Event()
        self._peak = self._spilled = 0
        self._begun = time.perf_counter()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def step(self, name: str) -> None:
        """Attribute the work since the last call to this step."""
        now = time.perf_counter()
        self.steps.append(
            PrepareStep(
                step=name,
                seconds=now - self._begun,
                peak_bytes=max(self._peak, _resident()),
                spilled_bytes=self._spilled,
            )
        )
        self._begun, self._peak, self._spilled = now, 0, 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLED_EVERY):
            self._peak = max(self._peak, _resident())
            self._spilled = max(self._spilled, self._size())
            self.most_spilled = max(self.most_spilled, self._spilled)

    def _size(self) -> int:
        size = 0
        for file in self._folder.glob(".*.draft/scratch/spill/*"):
            try:
                size += file.stat().st_blocks * 512
            except FileNotFoundError:  # it was removed meanwhile
                continue
        return size


def _resident() -> int:
    """This process's resident memory in bytes. Linux only."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
