"""`srec serve` in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def command(what: Path | str, port: int, *options: str | Path) -> list[str]:
    """A server of a bundle, or of what the options name."""
    return [sys.executable, "-m", "srec", "serve", *map(str, (what, *options)), "--port", str(port)]


@contextmanager
def served(what: Path | str, *options: str | Path) -> Iterator[tuple[int, int]]:
    """The port and the process id of a ready server; it has stopped when the context ends."""
    port = free_port()
    with subprocess.Popen(command(what, port, *options), stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 120
            while not _ready(port):
                assert process.poll() is None, "the server ended before it was ready"
                assert time.monotonic() < deadline, "the server is not ready"
                time.sleep(0.02)
            yield port, process.pid
            process.terminate()
            process.wait(timeout=20)
        finally:
            process.kill()


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
