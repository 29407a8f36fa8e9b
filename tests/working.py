"""A worker's work for tests of the master: files in a folder say how it goes."""

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path


def work(folder: Path, sockets: list[socket.socket], alive: Callable[[], bool], place: int) -> None:
    """Live until somebody ends it; each process leaves a file with its number."""
    if (folder / "fail").exists():
        sys.exit(3)
    while (folder / "never start").exists():
        time.sleep(0.02)
    alive()
    (folder / f"worker {os.getpid()}").touch()
    while alive():
        while (folder / f"hang {os.getpid()}").exists():
            time.sleep(0.02)
        time.sleep(0.02)
