"""Clients that take more than they are due: each is a function that ends when the server has had enough."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

PIPELINED, HEADERS, ONE, BODY = 64 << 20, 30 << 20, 64 << 20, 64 << 20
HOST = b"Host: localhost\r\n"


def pipelined(port: int) -> None:
    """Requests without an end, and no answer is read."""
    _pour(port, b"", b"GET /version HTTP/1.1\r\n" + HOST + b"\r\n", PIPELINED)


def tiny_headers(port: int) -> None:
    """30 MB of headers of five bytes."""
    _pour(port, b"GET / HTTP/1.1\r\n" + HOST, b"a:b\r\n" * 1000, HEADERS)


def one_header(port: int) -> None:
    """One header of 64 MB."""
    _pour(port, b"GET / HTTP/1.1\r\n" + HOST + b"a: ", b"b" * (1 << 16), ONE)


def trailers(port: int) -> None:
    """Headers after a body in chunks, without an end."""
    head = b"POST /api/recommend HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    _pour(port, head, b"a:b\r\n" * 1000, HEADERS)


def long_body(port: int) -> None:
    """A body of 64 MB for a path that there is not."""
    head = b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % BODY
    _pour(port, head, b"b" * (1 << 16), BODY)


def slow(port: int) -> None:
    """A byte of a request each second."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        for byte in b"POST /api/recommend HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n":
            one.sendall(bytes([byte]))
            time.sleep(1)


GREEDY: tuple[Callable[[int], None], ...] = (pipelined, tiny_headers, one_header, trailers, long_body)


class Crowd:
    """Greedy clients in turn in one thread, and slow ones in one thread each, until the context ends.

    Args:
        port: the server's port on this machine.
        slow_ones: how many slow ones.
        pause: seconds between two greedy ones.
    """

    def __init__(self, port: int, slow_ones: int, pause: float) -> None:
        self._port, self._pause, self._halt = port, pause, threading.Event()
        self.count = 0
        targets = [self._greedy, *[self._slow] * slow_ones]
        self._threads = [threading.Thread(target=one, daemon=True) for one in targets]

    def __enter__(self) -> "Crowd":
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._halt.set()

    def _greedy(self) -> None:
        for one in _for_ever(GREEDY):
            if self._halt.wait(self._pause):
                return
            with suppress(OSError):
                one(self._port)
            self.count += 1

    def _slow(self) -> None:
        while not self._halt.wait(1):
            with suppress(OSError):
                slow(self._port)


def _for_ever(ones: tuple[Callable[[int], None], ...]) -> Iterator[Callable[[int], None]]:
    while True:
        yield from ones


def _pour(port: int, first: bytes, piece: bytes, most: int) -> None:
    """Send until the server closes or five seconds pass without progress."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.sendall(first)
        for _ in range(most // len(piece) + 1):
            one.sendall(piece)
