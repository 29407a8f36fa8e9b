"""A steady load in a thread: keep-alive connections that go on elsewhere when the server closes one."""

import re
import select
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
PATIENCE = 30.0  # seconds after which a request without an answer has failed


@dataclass
class Tally:
    """What became of the requests.

    Attributes:
        answered: whole answers with status 200.
        failed: when each of the others failed, by ``time.monotonic``, and how.
        slowest: the longest time of an answer, in seconds.
    """

    answered: int = 0
    failed: list[tuple[float, str]] = field(default_factory=list)
    slowest: float = 0.0


class Load(threading.Thread):
    """Sends requests at a steady rate until it is stopped; slower if the server is.

    Args:
        port: the server's port on this machine.
        requests: their bytes, sent in turn again and again.
        connections: how many, each with one request under way.
        rate: requests a second.
    """

    def __init__(self, port: int, requests: Sequence[bytes], connections: int, rate: float) -> None:
        super().__init__(name="load", daemon=True)
        self.tally = Tally()
        self._port, self._requests, self._rate = port, requests, rate
        self._connections = [_Connection(port) for _ in range(connections)]
        self._halt = threading.Event()

    def stop(self) -> Tally:
        """Wait for the answers that are due, and tell what became of all."""
        self._halt.set()
        self.join()
        return self.tally

    def run(self) -> None:
        """Send and receive."""
        free, busy = deque(self._connections), set[_Connection]()
        begun, sent = time.monotonic(), 0
        with selectors.DefaultSelector() as selector:
            while busy or not self._halt.is_set():
                now = time.monotonic()
                while free and not self._halt.is_set() and sent < (now - begun) * self._rate:
                    connection = free.popleft()
                    if self._settle(connection.send(self._requests[sent % len(self._requests)])):
                        selector.register(connection.socket, selectors.EVENT_READ, connection)
                        busy.add(connection)
                    else:
                        free.append(connection)
                    sent += 1
                if free:  # what could not be sent in time is left out, not sent in a burst
                    begun = max(begun, now - (sent + 1) / self._rate)
                ready = [key.data for key, _ in selector.select(min(0.01, 1 / self._rate))]
                late = [one for one in busy if now - one.sent > PATIENCE]
                for connection in dict.fromkeys([*ready, *late]):
                    before = connection.socket
                    done = connection.receive(late=connection in late)
                    if done is not None:
                        selector.unregister(before)
                        busy.discard(connection)
                        free.append(connection)
                        self._settle(done)
                        if done == "":
                            self.tally.answered += 1
                            self.tally.slowest = max(self.tally.slowest, now - connection.sent)
                        connection.tidy()
        for connection in self._connections:
            connection.close()

    def _settle(self, said: str) -> bool:
        if said:
            self.tally.failed.append((time.monotonic(), said))
        return not said


class _Connection:
    """One request after the other; a new socket where the server closed the last one."""

    def __init__(self, port: int) -> None:
        self._port, self._got, self.sent, self._last = port, b"", 0.0, True
        self.socket = socket.socket()

    def send(self, request: bytes) -> str:
        """Send a request; what went wrong."""
        self._got, self.sent = b"", time.monotonic()
        try:
            if self._last or self._ended():
                self.close()
                self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._last = False
            self.socket.sendall(request)
        except OSError as error:
            self._last = True
            return f"{type(error).__name__} while sending"
        return ""

    def receive(self, *, late: bool) -> str | None:
        """Read on: None while the answer is not whole, then what was wrong with it."""
        if late:
            self._last = True
            return "no answer"
        try:
            received = self.socket.recv(1 << 16)
        except OSError as error:
            self._last = True
            return f"{type(error).__name__} after {len(self._got)} bytes"
        self._got += received
        head = self._got.find(b"\r\n\r\n")
        length = _LENGTH.search(self._got, 0, head + 2) if head >= 0 else None
        if length and len(self._got) >= head + 4 + int(length[1]):
            self._last = bool(_CLOSE.search(self._got, 0, head + 2))
            fine = self._got.startswith(b"HTTP/1.1 200")
            return "" if fine else self._got[:60].decode("latin-1")
        if not received:
            self._last = True
            return f"closed after {len(self._got)} bytes"
        return None

    def tidy(self) -> None:
        """Close the socket if the server closes it."""
        if self._last:
            self.close()

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _ended(self) -> bool:
        """Whether the server has closed the connection since its last answer."""
        return bool(select.select([self.socket], [], [], 0)[0])
