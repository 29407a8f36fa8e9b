"""A polite HTTP client for JSON: it waits, tries again, counts its requests, and trusts no answer.

It has its own loop for trying again, not a library's: it waits as long as the server asks (``Retry-After``)
or as a seeded full jitter says, whichever is longer, and a test must be able to hold the clock.
"""

import math
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from weakref import WeakSet

from srec import __version__
from srec.errors import MissingLibrary, SRecError
from srec.store.sources.text import Reject, parse_json

try:
    import httpx2
except ModuleNotFoundError:
    raise MissingLibrary("httpx2", "crawl") from None

USER_AGENT = f"srec/{__version__} (+self-hosted recommender)"

#: Bytes of an answer: a page of 100 reviews has at most about 3 MB, the longest list of apps about 8 MB.
LARGEST_ANSWER = 1 << 26

_ENDLESS = "an answer that does not end"

#: A server that asks for more patience than this many seconds is left alone for this run.
LONGEST_WAIT = 900.0


class OutOfBudget(Exception):  # noqa: N818 -- a reason to stop, not an error
    """No request is left; keep what was fetched so far."""


class Unanswered(SRecError):  # noqa: N818 -- it says what happened
    """A request got no usable answer, however often it was repeated."""


@dataclass(frozen=True)
class Manners:
    """How a client behaves.

    Args:
        interval: the fewest seconds between two requests to the same host.
        budget: how many requests it may send in all, repeated ones included; no limit where None.
        attempts: how often it sends a request before it gives up.
        first_wait: about how many seconds it waits before the second attempt; each later wait doubles.
        longest_wait: seconds at which the doubling ends.
        timeout: seconds without a byte after which an attempt has failed.
        seed: of the jitter; None draws one.
    """

    interval: float = 1.5
    budget: int | None = None
    attempts: int = 8
    first_wait: float = 1.0
    longest_wait: float = 120.0
    timeout: float = 30.0
    seed: int | None = None


class Client:
    """Fetches JSON objects; a context manager.

    Args:
        manners: how it behaves; the defaults where None.
        tell: called with a line whenever it waits.
        sleep: waits so many seconds.
        clock: the time in seconds, from any beginning.

    Attributes:
        requests: how many requests were sent.
        retries: how many of them repeat another.
    """

    def __init__(
        self,
        manners: Manners | None = None,
        *,
        tell: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.manners = manners or Manners()
        self.requests = self.retries = 0
        self._tell, self._sleep, self._clock = tell, sleep, clock
        self._random = random.Random(self.manners.seed)  # noqa: S311 -- jitter is no secret
        self._not_before: dict[str, float] = {}
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._http = httpx2.Client(headers={"User-Agent": USER_AGENT}, timeout=self.manners.timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def get(
        self, url: str, params: Mapping[str, str | int], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object that a URL answers with.

        Args:
            url: without query.
            params: the query; encoded here.
            headers: further headers, such as a key; no message shows them.

        Raises:
            OutOfBudget: no request is left.
            Unanswered: every attempt failed; the message names the URL without its query.
            SRecError: the key in ``headers`` is refused.
        """
        said = ""
        for attempt in range(self.manners.attempts):
            if attempt:
                self.retries += 1
            try:
                return self._once(url, params, headers or {})
            except _Again as again:
                said = again.reason
                if again.wait is not None and again.wait > LONGEST_WAIT:
                    said += f", and asks to be left alone for {again.wait:.0f} s"
                    break
                if attempt + 1 < self.manners.attempts:
                    self.pause(url, attempt, at_least=again.wait or 0.0, why=said)
        raise Unanswered(f"{url} gives no usable answer: {said}")

    def pause(self, url: str, attempt: int, *, at_least: float = 0.0, why: str = "") -> None:
        """Leave a URL's host alone for a while: longer with each attempt (exponential backoff with jitter).

        Args:
            url: any URL of the host.
            attempt: counted from 0.
            at_least: the seconds that the host asked for.
            why: the reason, told with the wait.
        """
        most = min(self.manners.longest_wait, self.manners.first_wait * 2**attempt)
        wait = max(at_least, self._random.uniform(0, most))
        host = _host(url)
        self._not_before[host] = max(self._not_before.get(host, 0.0), self._clock() + wait)
        self._tell(f"{why}: waiting {wait:.0f} s")

    def _once(self, url: str, params: Mapping[str, str | int], headers: Mapping[str, str]) -> dict[str, Any]:
        if self.manners.budget is not None and self.requests >= self.manners.budget:
            raise OutOfBudget
        host = _host(url)
        if (early := self._not_before.get(host, -math.inf) - self._clock()) > 0:
            self._sleep(early)
        self._not_before[host] = self._clock() + self.manners.interval
        self.requests += 1
        limit = _Limit(4 * self.manners.timeout, self._sockets)
        try:
            with (
                limit,
                self._http.stream(
                    "GET", url, params=dict(params), headers=dict(headers), extensions={"trace": self._trace}
                ) as response,
            ):
                if headers and response.status_code in (401, 403):
                    raise SRecError(f"{url} refuses the key (HTTP {response.status_code})")
                if response.status_code != 200:
                    wait = _seconds(response.headers.get("Retry-After"))
                    raise _Again(f"HTTP {response.status_code}", wait)
                body = self._body(response)
        except httpx2.RequestError as error:
            # The error's text may hold the query, which may hold secrets.
            raise _Again(_ENDLESS if limit.reached else type(error).__name__) from None
        answer = parse_json(body)
        if isinstance(answer, Reject):
            raise _Again("no JSON object")
        return answer

    def _body(self, response: httpx2.Response) -> bytes:
        """The whole body; a server must neither fill the memory nor trickle for ever."""
        body, end = bytearray(), self._clock() + 4 * self.manners.timeout
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise _Again(f"an answer of more than {LARGEST_ANSWER >> 20} MiB")
            if self._clock() > end:
                raise _Again(_ENDLESS)
        return bytes(body)

    def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Remember the sockets that are opened."""
        if name == "connection.connect_tcp.complete":
            self._sockets.add(info["return_value"].get_extra_info("socket"))


class _Limit:
    """Ends the connections of a client if an answer is not there in time.

    The timeouts of httpx2 are for one read each: headers that trickle, or answers 103 without an end, would
    hold the client for ever.
    """

    def __init__(self, seconds: float, sockets: WeakSet[socket.socket]) -> None:
        self.reached = False
        self._sockets = sockets
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.reached = True
        for one in list(self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Again(Exception):  # noqa: N818 -- it never leaves this file
    """This attempt failed; another may not. ``wait`` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


def _host(url: str) -> str:
    return httpx2.URL(url).netloc.decode("ascii")


def _seconds(retry_after: str | None) -> float | None:
    """The seconds that ``Retry-After`` asks for, itself or as a date; None where it says nothing sensible."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            date = parsedate_to_datetime(retry_after)
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = (date - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):  # such as a year of twenty digits
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
