"""One connection: what it may hold is bounded in bytes, requests and seconds.

uvicorn's protocol parses and answers. Here it gets what arrives in small pieces, and no more while requests
wait for their turn, so that a client that sends and does not read costs a fixed amount.
"""

import asyncio
import logging
import select
import time
from dataclasses import dataclass, field
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from srec.serving.counts import Counts
from srec.serving.headers import HEADERS
from srec.serving.problems import problem

PIECE = 1024  # bytes that are parsed at a time: so many requests at most wait behind the one that is answered
MOST_BESIDE = 32 * 1024  # bytes of a request beside its body: address, headers, the frames of chunks
MOST_HEADERS = 100
LEAVING = 5.0  # seconds for a request to be there whole, once the worker leaves
MOST_LEFT = 64 * 1024  # bytes of a body that are still read after the answer
logger = logging.getLogger("srec.serving")


@dataclass
class Limits:
    """What a process grants its visitors.

    Attributes:
        connections: the most that are open; a further one is answered with status 503 and closed.
        patience: seconds until a request must be there whole, and until something of an answer must be read.
        lingering: seconds that what a refused client still sends is read, so that it gets to read why; also
            how long a worker that leaves waits for a further request of a connection.
    """

    connections: int = 500
    patience: float = 30.0
    lingering: float = 1.0


@dataclass
class Refusals:
    """Counts what is refused; of what is no HTTP, writes one line a minute at most, and nothing that came."""

    counts: Counts = field(default_factory=Counts)
    seconds: float = 60.0
    count: int = 0
    said: float = field(default=-1e9)

    def add(self) -> None:
        """Count one."""
        self.count += 1
        now = time.monotonic()
        if now - self.said >= self.seconds:
            logger.warning("malformed requests since the last line: %d", self.count)
            self.said, self.count = now, 0


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 for one connection.

    Args:
        limits: what the process grants.
        refusals: of all connections of the process.
        more: as for uvicorn's protocol.
    """

    def __init__(
        self, config: Config, server_state: ServerState, *, limits: Limits, refusals: Refusals, **more: Any
    ) -> None:
        super().__init__(config, server_state, **more)
        self._limits, self._refusals = limits, refusals
        self._held = bytearray()
        self._deaf = self._leaving = self._receiving = False
        self._beside = self._count = self._left = 0
        self._heard = self.loop.time()
        # Since when the client owes the rest of a request, or does not read its answer.
        self._owed: float | None = self._heard
        self._unread: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless the process has enough connections."""
        self._closing = _Lingering(cast("asyncio.Transport", transport), self)
        super().connection_made(cast("asyncio.Transport", self._closing))
        self.flow = _Flow(self)
        if len(self.connections) > self._limits.connections:
            self.refuse(503, "the server has too many connections: try again soon")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was held."""
        self._deaf = True
        self._held.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrives, piece by piece."""
        self._unset_keepalive_if_required()
        self._heard = self.loop.time()
        if self._deaf:
            self._left += len(data)
            if self._left > MOST_LEFT:
                self._closing.abort()
            return
        if self._owed is None:
            self._owed = self._heard
        self._held += data
        self.feed()

    def feed(self) -> None:
        """Parse what is held, until a request has to wait for its turn."""
        while self._held and not self.flow.read_paused and not self._deaf:
            self._unset_keepalive_if_required()
            piece = bytes(self._held[:PIECE])
            del self._held[:PIECE]
            self._beside += len(piece)
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                # No other protocol is spoken here; the request itself is answered.
                self._held[:0] = piece[max(1, int(upgrade.args[0])) :]
            except httptools.HttpParserError:
                self._refusals.add()
                self.refuse(400, "this is no HTTP/1.1 request")
            if self._beside > MOST_BESIDE or self._count > MOST_HEADERS:
                self.refuse(431, f"the headers have more than {MOST_BESIDE:,} bytes or {MOST_HEADERS} lines")
            if self._left > MOST_LEFT:
                self._deafen()
                self.transport.close()
        if not self.flow.read_paused and not self._deaf:
            self.transport.resume_reading()

    def on_message_begin(self) -> None:
        """Count anew."""
        super().on_message_begin()
        self._receiving = True
        self._beside = self._count = self._left = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the headers; further ones are not kept."""
        self._count += 1
        if self._count <= MOST_HEADERS:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the answer; that of a worker that leaves says so."""
        if self._count > MOST_HEADERS or self._beside > MOST_BESIDE:
            return
        super().on_headers_complete()
        if self._leaving:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Hand on a part of the body, or count it if nobody waits for it any more."""
        self._beside -= len(body)
        if self.cycle is None or self.cycle.response_complete:
            self._left += len(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The client owes nothing now."""
        self._owed, self._receiving, self._beside = None, False, 0
        if self.cycle is not None:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request, or close."""
        super().on_response_complete()
        if self._deaf and not self.pipeline:
            self.transport.close()

    def refuse(self, status: int, detail: str) -> None:
        """Answer that nothing more is read, if it is this request's turn, and close."""
        if self._deaf or self.transport.is_closing():
            return
        self._deafen()
        self._refusals.counts.add("refused", status)
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self.pipeline or not cycle.more_body:
                if self.pipeline and cycle.more_body:
                    self.pipeline.popleft()  # its request is the one that is refused
                cycle.keep_alive = False
                return  # closed after the answers that are due before
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.close()
                return
        answer = problem(status, detail)
        headers = [*self.server_state.default_headers, *answer.raw_headers]
        headers += [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        lines = [b"%b: %b\r\n" % pair for pair in [*headers, (b"connection", b"close")]]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", bytes(answer.body)]))
        self.transport.close()

    def shutdown(self) -> None:
        """Leave: the request under way is the last one, or else the next one, if it comes soon."""
        self._leaving = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def look_after(self, now: float) -> None:
        """Close the connection if the client is too slow, or if it is idle and the worker leaves.

        Args:
            now: the loop's time.
        """
        limits = self._limits
        if self._closing.since is not None:
            if now - self._closing.since > limits.lingering:
                self._closing.abort()
            return
        self._unread = (self._unread or now) if self.flow.write_paused else None
        if self._unread is not None and now - self._unread > limits.patience:
            self._closing.abort()
        elif self._idle():
            silent = now - self._heard > limits.lingering
            leaves = self._leaving and silent and not self._readable()
            if leaves or (self._owed is not None and now - self._owed > limits.patience):
                self.transport.close()
        elif self._owed is not None and not self._held and now - self._owed > self._patience():
            self.refuse(408, "the request did not arrive in time")

    def unfinished(self) -> bool:
        """Whether the client may still be sending."""
        return self._owed is not None or bool(self._held) or self._deaf

    def _patience(self) -> float:
        """Seconds for a request to be there whole: fewer once the worker leaves."""
        return self._limits.patience if not self._leaving else min(self._limits.patience, LEAVING)

    def _idle(self) -> bool:
        return (self.cycle is None or self.cycle.response_complete) and not self._receiving

    def _readable(self) -> bool:
        """Whether something has arrived that the loop has not read yet."""
        there = self._closing.get_extra_info("socket")
        return there is not None and bool(select.select([there.fileno()], [], [], 0)[0])

    def _deafen(self) -> None:
        self._deaf, self._left = True, 0
        self._held.clear()


class _Flow(FlowControl):
    """Reads on only when no request waits for its turn, and what is held comes first."""

    def __init__(self, protocol: BoundedProtocol) -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if self.read_paused and not self._protocol.pipeline and not self._transport.is_closing():
            self.read_paused = False
            # Not at once: the caller may be about to start the next request.
            self._protocol.loop.call_soon(self._protocol.feed)


class _Lingering:
    """A transport that closes in two steps while its client may still be sending.

    A socket that is closed with something unread resets the connection, and the client may never read its
    answer. So it first says that no more is coming, and reads on for a while.
    """

    def __init__(self, transport: asyncio.Transport, protocol: BoundedProtocol) -> None:
        self._transport, self._protocol = transport, protocol
        self.since: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self.is_closing():  # an answer may be under way when its client is given up
            self._transport.write(data)

    def is_closing(self) -> bool:
        return self.since is not None or self._transport.is_closing()

    def close(self) -> None:
        if self.since is not None or self._transport.is_closing():
            return
        if not self._protocol.unfinished():
            self._transport.close()
            return
        self.since = self._protocol.loop.time()
        self._transport.resume_reading()
        self._transport.write_eof()
