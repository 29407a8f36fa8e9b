"""Waiting for what another process does."""

import time
from collections.abc import Callable


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so; fails if it takes too long."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)
