"""Sets up a training process before its first step; this changes the process, so only commands call it."""

import ctypes
import os
import resource
import sys

import torch

from srec.training.workers import Workers, join

# From malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_BLOCK = 1 << 30


def set_up_process(threads: int | None = None) -> Workers:
    """Choose the threads, treat numbers below 1e-38 as zero, keep freed memory, and join other processes.

    Attention makes many numbers so small that the CPU computes with them a hundred times slower. Threads
    inherit the choice, so it is made before any thread starts. glibc returns large freed blocks to the
    system, and every step would have to ask for them again.

    Args:
        threads: the number of torch's threads; None means all cores.

    Returns:
        This process among those that ``torchrun`` started, or alone.
    """
    _keep_memory()
    torch.set_flush_denormal(True)
    # Without it, some versions of torch refuse to multiply matrices deterministically on a GPU.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if threads:
        torch.set_num_threads(threads)
    return join()


def peak_memory_mb() -> int:
    """The most memory that this process has held so far, in MB."""
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
