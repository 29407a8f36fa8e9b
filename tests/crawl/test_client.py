"""The client is polite, patient within bounds, and shows nobody the key."""

import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from time import monotonic, sleep
from typing import Any

import pytest
from crawls import Reply, Scripted, Time, good
from hypothesis import given
from hypothesis import strategies as st

from srec.crawl import client as module
from srec.crawl.client import LONGEST_WAIT, USER_AGENT, Client, Manners, OutOfBudget, Unanswered
from srec.errors import SRecError

BUSY: Reply = (503, {}, b"busy")


def client(time: Time, **manners: Any) -> Client:
    return Client(Manners(**({"seed": 1} | manners)), sleep=time.sleep, clock=time.clock)


def test_requests_to_one_host_keep_their_distance_and_another_host_does_not_wait() -> None:
    time = Time()
    with Scripted(good()) as one, Scripted(good()) as other, client(time, interval=1.5) as asking:
        moments = []
        for _ in range(3):
            asking.get(one.url, {})
            moments.append(time.now)
            asking.get(other.url, {})
            assert time.now == moments[-1]
        assert [later - earlier for earlier, later in pairwise(moments)] == [1.5, 1.5]
        assert asking.requests == len(one.asked) + len(other.asked) == 6


def test_it_says_who_it_is_and_encodes_the_query() -> None:
    with Scripted(good({"a": 1})) as server, client(Time()) as asking:
        assert asking.get(server.url, {"cursor": "A+/b= ="}) == {"a": 1}
        ((path, headers),) = server.asked
        assert path == "/some/path?cursor=A%2B%2Fb%3D+%3D" or path.endswith("cursor=A%2B%2Fb%3D%20%3D")
        assert headers["User-Agent"] == USER_AGENT
        assert USER_AGENT.startswith("srec/")


@pytest.mark.parametrize(
    "bad",
    [
        BUSY,
        (500, {}, b""),
        (302, {"Location": "https://example.org/"}, b""),
        (200, {}, b"<html>Welcome</html>"),
        (200, {}, b"[1]"),
        (200, {}, b"null"),
        (200, {}, b'{"a": "\xff"}'),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        (200, {"Content-Length": "50"}, b'{"a": 1}'),
    ],
)
def test_an_answer_of_no_use_is_asked_for_again(bad: Reply) -> None:
    with Scripted(bad, bad, good({"a": 1})) as server, client(Time()) as asking:
        assert asking.get(server.url, {}) == {"a": 1}
        assert (asking.requests, asking.retries) == (3, 2)


def test_an_answer_may_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 100)
    with Scripted(good({"a": "x" * 200}), good()) as server, client(Time()) as asking:
        assert asking.get(server.url, {}) == {}


def test_an_answer_that_only_trickles_ends() -> None:
    time = Time()
    with Scripted(good({"a": 1}), good()) as server, client(time, timeout=1.0, attempts=2) as asking:
        ticks = iter([0.0] * 3 + [100.0] * 50)
        asking._clock = lambda: next(ticks)
        assert asking.get(server.url, {}) == {}
        assert asking.requests == 2


@pytest.mark.parametrize("piece", [b"X: 1\r\n", b"\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n"])
def test_headers_and_early_hints_that_never_end_do_end(piece: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Client(Manners(timeout=0.1, attempts=1)) as asking:

        def trickle() -> None:
            one, _ = server.accept()
            with one, suppress(OSError):
                one.sendall(b"HTTP/1.1 103 Early Hints\r\n")
                for _ in range(400):
                    one.sendall(piece)
                    sleep(0.02)

        thread = threading.Thread(target=trickle)
        thread.start()
        begun = monotonic()
        with pytest.raises(Unanswered, match="an answer that does not end"):
            asking.get(f"http://127.0.0.1:{server.getsockname()[1]}/", {})
        assert monotonic() - begun < 4
        thread.join()


def test_it_gives_up_with_a_message_that_holds_no_query() -> None:
    with Scripted(BUSY) as server, client(Time(), attempts=4) as asking:
        with pytest.raises(Unanswered, match="gives no usable answer: HTTP 503") as caught:
            asking.get(server.url, {"secret": "hidden"})
        assert "hidden" not in str(caught.value)
        assert len(server.asked) == 4


def test_nobody_there_is_told_without_the_query() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with client(Time(), attempts=2) as asking, pytest.raises(Unanswered, match="ConnectError") as caught:
        asking.get(f"http://127.0.0.1:{port}/x", {"secret": "hidden"})
    assert "hidden" not in repr(caught.value) + repr(caught.value.__context__)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_said_at_once_and_not_shown(status: int) -> None:
    with Scripted((status, {}, b"")) as server, client(Time()) as asking:
        with pytest.raises(SRecError, match="refuses the key") as caught:
            asking.get(server.url, {}, {"x-webapi-key": "TOPSECRET"})
        assert "TOPSECRET" not in str(caught.value)
        assert len(server.asked) == 1
        assert "TOPSECRET" not in server.asked[0][0]


def test_retry_after_is_kept_to_be_it_seconds_or_a_date() -> None:
    time = Time()
    with Scripted((429, {"Retry-After": "40"}, b""), good()) as server, client(time) as asking:
        asking.get(server.url, {})
        assert time.now >= 40
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    time = Time()
    with Scripted((429, {"Retry-After": date}, b""), good()) as server, client(time) as asking:
        asking.get(server.url, {})
        assert 25 < time.now < 32


@pytest.mark.parametrize(
    ("asked", "said"), [("86400", "86400 s"), ("Fri, 31 Dec 9999 23:59:59 GMT", r"25\d{10} s")]
)
def test_a_host_that_wants_hours_is_left_alone(asked: str, said: str) -> None:
    time = Time()
    with (
        Scripted((429, {"Retry-After": asked}, b"")) as server,
        client(time) as asking,
        pytest.raises(Unanswered, match=f"asks to be left alone for {said}"),
    ):
        asking.get(server.url, {})
    assert len(server.asked) == 1
    assert time.now < LONGEST_WAIT


_RETRIES = ("1e999", "-5", "nan", "Tue, 99", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT")


@given(st.text(max_size=20) | st.floats().map(str) | st.sampled_from(_RETRIES))
def test_no_retry_after_breaks_anything(text: str) -> None:
    seconds = module._seconds(text)
    assert seconds is None or seconds >= 0


def test_waits_double_within_bounds_and_are_those_of_the_seed() -> None:
    slept = []
    for _ in range(2):
        time = Time()
        with (
            Scripted(BUSY) as server,
            client(time, interval=0.0, first_wait=1.0, longest_wait=6.0, attempts=9) as asking,
            pytest.raises(Unanswered),
        ):
            asking.get(server.url, {})
        slept.append(time.slept)
    assert slept[0] == slept[1]
    assert len(slept[0]) == 8
    bounds = [1, 2, 4, 6, 6, 6, 6, 6]
    assert all(0 <= wait <= bound for wait, bound in zip(slept[0], bounds, strict=True))
    assert max(slept[0]) > 2
    assert len(set(slept[0])) == 8


def test_the_budget_counts_every_attempt() -> None:
    with Scripted(BUSY, good()) as server, client(Time(), budget=3) as asking:
        asking.get(server.url, {})
        asking.get(server.url, {})
        with pytest.raises(OutOfBudget):
            asking.get(server.url, {})
        assert len(server.asked) == asking.requests == 3
