"""How a training computes, and what a command sets up for its whole process."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch

from srec.threads import may_run
from srec.training.workers import Workers, join

# From malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_BLOCK = 1 << 30
_SOFTLY = 1  # omp_pause_soft, from omp.h
_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def computing(threads: int | None = None) -> Iterator[None]:
    """Treat numbers below 1e-38 as zero, and use so many threads; both are restored afterwards.

    Attention makes many numbers so small that the CPU computes with them a hundred times slower.

    Args:
        threads: the number of torch's threads; None: as many as there are, but no more than may run.
    """
    before, flushed, unset = torch.get_num_threads(), _flushed(), _CUBLAS not in os.environ
    # Without it, some versions of torch refuse to multiply matrices deterministically on a GPU.
    os.environ.setdefault(_CUBLAS, ":4096:8")
    torch.set_num_threads(threads or min(before, may_run()))
    _flush(True)
    try:
        yield
    finally:
        _flush(flushed)
        torch.set_num_threads(before)
        if unset:
            os.environ.pop(_CUBLAS, None)


def _flush(wanted: bool) -> None:
    """Let all of torch's threads treat small numbers as zero, or not.

    A thread inherits the choice from the one that starts it, and torch starts its threads once. So they are
    ended here, and the next ones inherit the new choice. Where OpenMP cannot end them, they keep the old one.
    """
    if wanted == _flushed():
        return
    torch.set_flush_denormal(wanted)
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).omp_pause_resource_all(_SOFTLY)


def _flushed() -> bool:
    """Whether this thread treats small numbers as zero; torch does not tell."""
    return (torch.tensor(2e-38, dtype=torch.float32) / 4).item() == 0


def set_up_process() -> Workers:
    """Keep freed memory and join other processes; this changes the process, so only commands call it.

    glibc returns large freed blocks to the system, and every step would have to ask for them again.

    Returns:
        This process among those that ``torchrun`` started, or alone.
    """
    _keep_memory()
    return join()


def peak_memory_mb() -> int | None:
    """The most memory that this process has held so far, in MB; None where nobody knows (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def _keep_memory() -> None:
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    mallopt(_TRIM_THRESHOLD, _LARGEST_BLOCK)
    mallopt(_TOP_PAD, 64 << 20)
