"""A load client: keep-alive connections, each with one request under way, and almost no parsing.

One process waits for all connections and reads only the status and length of an answer, so that it measures
the server. The result says how busy the client was.
"""

import re
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np

from srec.dataset.dataset import Floats
from srec.errors import SRecError

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answered:
    """The times of a load.

    Attributes:
        seconds: from the first request to the last answer.
        cpu_seconds: the client's own processor time.
        latencies_N: float64, seconds from sending each request to receiving its whole answer.
    """

    seconds: float
    cpu_seconds: float
    latencies_N: Floats


def post(path: str, body: bytes) -> bytes:
    """A POST of JSON, as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def send_all(port: int, requests: Sequence[bytes], connections: int) -> Answered:
    """Send requests to a port of this machine, each as soon as one of the connections is free.

    Args:
        port: the server's port.
        requests: the bytes of each request.
        connections: how many; each is kept alive, and waits for its answer before it sends again.

    Raises:
        SRecError: the server refuses a request or closes a connection.
    """
    latencies: list[float] = []
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        begun, busy = time.perf_counter(), time.process_time()
        for first in islice(waiting, connections):
            connection = stack.enter_context(_Connection(port))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(first)
        while len(latencies) < len(requests):
            for key, _ in selector.select():
                latency = key.data.receive()
                if latency is not None:
                    latencies.append(latency)
                    request = next(waiting, None)
                    if request is not None:
                        key.data.send(request)
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
    return Answered(seconds, busy, np.array(latencies))


class _Connection:
    """Sends one request after the other."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got, self._sent = b"", 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def send(self, request: bytes) -> None:
        self._got, self._sent = b"", time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> float | None:
        """The seconds since the request was sent, if the answer is complete now."""
        received = self.socket.recv(1 << 16)
        self._got += received
        head = self._got.find(b"\r\n\r\n")
        if head >= 0:
            length = _LENGTH.search(self._got, 0, head)
            if not self._got.startswith(b"HTTP/1.1 200") or length is None:
                raise SRecError(f"the server answered {self._got[:300].decode('latin-1')!r}")
            if len(self._got) >= head + 4 + int(length[1]):
                return time.perf_counter() - self._sent
        if not received:
            raise SRecError("the server closed a connection before it answered")
        return None
