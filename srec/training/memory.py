"""Keep freed memory: glibc gives large blocks back to the system, and every step asks for them anew."""

import ctypes
import sys

# From malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_BLOCK = 1 << 30


def keep_freed_memory() -> None:
    """Tell glibc to reuse freed blocks; a training step then spends no time in page faults.

    For the whole process, so only a command calls it. Does nothing where there is no glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    mallopt(_TRIM_THRESHOLD, _LARGEST_BLOCK)
    mallopt(_TOP_PAD, 64 << 20)
