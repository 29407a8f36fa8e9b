"""What one connection may hold and how long, with a real server in this process and bare sockets."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from starlette.types import Receive, Scope, Send
from waiting import until

from srec.serving.connection import MOST_BESIDE, MOST_LEFT, Limits, Refusals
from srec.serving.listening import bind
from srec.serving.worker import Worker

GET = b"GET /here HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /here HTTP/1.1\r\nHost: x\r\n"


class App:
    """Answers with the path; a POST to /here only after its body, any other at once."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked += 1
        while scope["method"] == "POST" and scope["path"] == "/here":
            message = await receive()
            if not message.get("more_body"):
                break
        body = scope["path"].encode() * (4000 if scope["path"] == "/long" else 1)
        length = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def running(limits: Limits | None = None) -> Iterator[tuple[int, App, Worker]]:
    """A worker in a thread."""
    app, there = App(), threading.Event()
    sockets = bind("127.0.0.1", 0)
    worker = Worker(app, limits or Limits(), started=there.set)
    thread = threading.Thread(target=worker.run, args=(sockets,), daemon=True)
    thread.start()
    try:
        assert there.wait(10)
        yield sockets[0].getsockname()[1], app, worker
    finally:
        worker.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as (port, _, _):
        yield port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def rest(one: socket.socket) -> bytes:
    """What comes until the server closes."""
    got = b""
    while received := one.recv(1 << 16):
        got += received
    return got


def said(port: int, *parts: bytes) -> bytes:
    """What the server answers, to the end of the connection."""
    with connect(port) as one:
        with suppress(ConnectionError):  # it may close before all is sent
            for part in parts:
                one.sendall(part)
        return rest(one)


def test_requests_that_come_at_once_are_answered_in_their_order(port: int) -> None:
    paths = [f"/{number}" for number in range(300)]
    sent = b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in paths)
    got = said(port, sent, b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answers = [part.partition(b"\r\n\r\n")[2].decode() for part in got.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert answers == [*paths, "/last"]


def test_who_reads_no_answer_is_not_read_any_more() -> None:
    with running(Limits(patience=2)) as (port, app, worker), connect(port) as one:
        one.settimeout(0.5)
        piece, sent = b"GET /long HTTP/1.1\r\n\r\n" * 5000, 0
        with suppress(TimeoutError):
            for _ in range(500):
                sent += one.send(piece)
        assert 500 * len(piece) > sent, "the server reads without an end"
        (held,) = worker.server_state.connections
        assert len(held._held) <= 1 << 18  # type: ignore[union-attr]
        assert len(held.pipeline) <= 100  # type: ignore[union-attr]
        asked = app.asked
        with connect(port) as other:
            other.sendall(GET)
            assert b"200 OK" in other.recv(1 << 16)
        until(lambda: held not in worker.server_state.connections, 10)
        assert app.asked == asked + 1


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTTP/1.1\r\n", b"a: b\r\n" * 5000],
        [b"GET / HTTP/1.1\r\na: ", *[b"b" * 65536] * 64],
        [b"GET /" + b"a" * 2 * MOST_BESIDE],
        [b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n"],
        [POST, b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"a: b\r\n" * 10000],
        [POST, b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 100000],
        [b"\r\n" * 40000],
    ],
    ids=[
        "tiny headers",
        "one header",
        "an address",
        "101 headers",
        "trailers",
        "a chunk's name",
        "no request",
    ],
)
def test_more_beside_a_body_than_anybody_needs_is_refused(port: int, parts: list[bytes]) -> None:
    got = said(port, *parts)
    assert got.startswith(b"HTTP/1.1 431 "), got[:100]
    assert b"connection: close\r\n" in got
    assert b"application/problem+json" in got


def test_as_much_as_browsers_send_passes(port: int) -> None:
    headers = b"".join(b"Header-%d: %b\r\n" % (number, b"x" * 300) for number in range(90))
    got = said(port, b"GET /here HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 ")


def test_what_is_no_http_is_a_problem_document_and_the_end(port: int) -> None:
    got = said(port, b"nonsense\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 ")
    assert got.endswith(b'"detail":"this is no HTTP/1.1 request","errors":[]}')
    got = said(port, GET + b"nonsense\r\n\r\n")
    assert got.count(b"HTTP/1.1 ") == 1, "the answer that is due comes, and none in its place"
    assert got.endswith(b"/here")


def test_a_wish_for_another_protocol_is_ignored(port: int) -> None:
    wish = b"GET /one HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    got = said(port, wish + b"GET /two HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert got.count(b"HTTP/1.1 200 ") == 2
    assert got.endswith(b"/two")


def test_a_body_that_nobody_reads_is_not_drained_for_ever(port: int) -> None:
    with connect(port) as one:
        one.sendall(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n")
        assert b"200 OK" in one.recv(1 << 16)
        sent = 0
        with pytest.raises(ConnectionError):
            for _ in range(2000):
                sent += one.send(b"x" * 65536)
        assert sent < 64 << 20
    assert MOST_LEFT < 1 << 20


def test_slow_clients_are_given_up() -> None:
    with running(Limits(patience=0.5, lingering=0.3)) as (port, _, _), ExitStack() as stack:
        silent, slow, slower = (stack.enter_context(connect(port)) for _ in range(3))
        slow.sendall(b"GET / HTTP/1.1\r\nHost")
        slower.sendall(POST + b"Content-Length: 10\r\n\r\n1")
        assert rest(silent) == b""
        assert rest(slow).startswith(b"HTTP/1.1 408 ")
        assert rest(slower).startswith(b"HTTP/1.1 408 ")


def test_one_connection_too_many_is_told_and_the_others_stay() -> None:
    with running(Limits(connections=2)) as (port, _, _), connect(port) as one, connect(port) as two:
        for open_one in (one, two):
            open_one.sendall(GET)
            assert b"200 OK" in open_one.recv(1 << 16)
        assert said(port).startswith(b"HTTP/1.1 503 ")
        one.sendall(GET)
        assert b"200 OK" in one.recv(1 << 16)


def test_a_worker_that_leaves_answers_the_next_request_of_a_connection_and_closes_it() -> None:
    with running() as (port, _, worker), connect(port) as idle, connect(port) as busy, connect(port) as new:
        for one in (idle, busy):
            one.sendall(GET)
            assert b"connection: close" not in one.recv(1 << 16)
        busy.sendall(POST + b"Content-Length: 2\r\n\r\n1")
        worker.should_exit = True
        time.sleep(0.4)
        with pytest.raises(OSError):
            connect(port)
        idle.sendall(GET)
        new.sendall(GET)
        busy.sendall(b"2")
        for one in (idle, new, busy):
            got = rest(one)
            assert b"connection: close" in got
            assert got.endswith(b"/here")


def test_no_connection_that_was_made_before_a_worker_leaves_is_lost() -> None:
    with running() as (port, _, worker), ExitStack() as stack:
        worker.should_exit = True
        made = [stack.enter_context(connect(port)) for _ in range(100)]
        for one in made:
            one.sendall(GET)
        assert [rest(one).endswith(b"/here") for one in made] == [True] * 100


def test_malformed_requests_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            refusals.add()
        refusals.said -= refusals.seconds
        refusals.add()
    assert [record.message for record in caplog.records] == [
        "malformed requests since the last line: 1",
        "malformed requests since the last line: 1000",
    ]
