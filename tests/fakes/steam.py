"""A server on this machine that behaves and misbehaves like Steam's endpoints, by a seed."""

import base64
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from fakes.steam_world import World

#: Answers that do not match the request. "odd" ones look like a good answer of the reviews' endpoint.
HTTP_FAULTS = ("429", "500", "502", "html", "truncated", "slow")
ODD_FAULTS = ("empty", "repeat", "success-2")
FAULTS = HTTP_FAULTS + ODD_FAULTS
KEY = "00112233445566778899AABBCCDDEEFF"
_PATIENCE = 0.05  # seconds that a 429 may ask for


class Steam:
    """Serves a world until it is closed.

    Args:
        world: the world to serve.
        faults: the kinds of faults.
        rate: the share of requests with a fault.
        changes: how often the world changes between two answers.
        vanishing: how many games may vanish while the world changes.
        page: the most reviews on a page.
        slow: the seconds that a slow answer takes.
        seed: seeds the faults.

    Attributes:
        counts: the faults so far, by kind.
        requests: the requests, as (endpoint, app id or 0, cursor or "").
        problems: the client's actions that Steam would not accept.
    """

    def __init__(
        self,
        world: World,
        *,
        faults: Sequence[str] = (),
        rate: float = 0.3,
        changes: float = 0.0,
        vanishing: int = 0,
        page: int = 10,
        slow: float = 0.5,
        seed: int = 0,
    ) -> None:
        self.world, self.rate, self.changes, self.vanishing = world, rate, changes, vanishing
        self.counts: Counter[str] = Counter()
        self.requests: list[tuple[str, int, str]] = []
        self.problems: list[str] = []
        self._faults, self._page, self._slow = tuple(faults), page, slow
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._last_page: dict[int, list[Any]] = {}
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.steam = self
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def new_client(self) -> None:
        """From here on, a new process asks, which knows nothing about earlier answers."""
        with self._lock:
            self._not_before = 0.0

    def freeze(self) -> None:
        """From here on, the world stays as it is."""
        self.changes = 0.0

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The world stays as it is until the end of the context."""
        before, self.changes = self.changes, 0.0
        yield
        self.changes = before

    def answer(self, target: str, headers: Any) -> "_Answer":
        """The answer to a request."""
        url = urlsplit(target)
        query = {key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        with self._lock:
            if not str(headers.get("User-Agent", "")).startswith("srec/"):
                self.problems.append("a request without the program's name")
            if time.monotonic() < self._not_before:
                self.problems.append("came back sooner than Retry-After said")
            if url.path.startswith("/appreviews/"):
                return self._reviews(int(url.path.rpartition("/")[2]), query)
            if url.path == "/api/appdetails":
                return self._details(int(query["appids"]))
            if url.path == "/api.php":
                return self._tags(int(query["appid"]))
            if url.path == "/IStoreService/GetAppList/v1/":
                return self._apps(int(query["last_appid"]), headers.get("x-webapi-key"))
        return _Answer(404, b"{}")

    def _reviews(self, app_id: int, query: dict[str, str]) -> "_Answer":
        cursor = query.get("cursor", "")
        self.requests.append(("reviews", app_id, cursor))
        wanted = {"json": "1", "filter": "recent", "language": "all", "purchase_type": "all"}
        if not wanted.items() <= query.items() or (cursor != "*" and _place(cursor) is None):
            self.problems.append(f"a request for reviews as Steam knows none: {sorted(query.items())}")
            return _Answer(400, b"{}")
        fault = self._fault(FAULTS)
        if fault in HTTP_FAULTS:
            return self._failure(fault)
        game = self.world.games.get(app_id)
        if fault == "success-2" or game is None or game.gone:
            return _json({"success": 2})
        size = min(self._page, int(query["num_per_page"]))
        page = [] if fault == "empty" else self.world.page(app_id, _place(cursor), size)
        told = [review.told() for review in page]
        following = _cursor(page[-1].place) if page else cursor
        total = len(game.reviews) + (game.overcounted and len(game.reviews) >= 100)
        if fault == "repeat":
            following = cursor
            told = self._random.choice((told, self._last_page.get(app_id, told)))
        else:
            self._last_page[app_id] = told
        summary = {"num_reviews": len(told)}
        if cursor == "*":
            summary["total_reviews"] = 0 if fault == "empty" else total
        self._change()
        return _json({"success": 1, "query_summary": summary, "reviews": told, "cursor": following})

    def _details(self, app_id: int) -> "_Answer":
        self.requests.append(("details", app_id, ""))
        fault = self._fault((*HTTP_FAULTS, "success-2"))
        if fault in HTTP_FAULTS:
            return self._failure(fault)
        game = self.world.games.get(app_id)
        if fault == "success-2" or game is None or game.gone:
            return _json({str(app_id): {"success": False}})
        return _json({str(app_id): {"success": True, "data": game.details()}})

    def _tags(self, app_id: int) -> "_Answer":
        self.requests.append(("tags", app_id, ""))
        if fault := self._fault(HTTP_FAULTS):
            return self._failure(fault)
        game = self.world.games.get(app_id)
        return _json(game.spied() if game else {"appid": app_id, "name": None})

    def _apps(self, last: int, key: str | None) -> "_Answer":
        self.requests.append(("apps", last, ""))
        if key != KEY:
            return _Answer(403, b"<html>Forbidden</html>")
        if fault := self._fault(HTTP_FAULTS):
            return self._failure(fault)
        ids = [app_id for app_id in sorted(self.world.games) if app_id > last]
        apps = [{"appid": app_id, "name": self.world.games[app_id].name} for app_id in ids[: self._page]]
        answer: dict[str, Any] = {"apps": apps}
        if len(ids) > len(apps):
            answer |= {"have_more_results": True, "last_appid": apps[-1]["appid"]}
        return _json({"response": answer})

    def _fault(self, possible: Sequence[str]) -> str:
        kinds = [kind for kind in self._faults if kind in possible]
        if not kinds or self._random.random() >= self.rate:
            return ""
        kind = self._random.choice(kinds)
        self.counts[kind] += 1
        return kind

    def _failure(self, kind: str) -> "_Answer":
        if kind == "429":
            after = self._random.choice(("0", str(_PATIENCE), formatdate(usegmt=True)))
            self._not_before = time.monotonic() + _PATIENCE if after == str(_PATIENCE) else 0.0
            return _Answer(429, b"null", {"Retry-After": after})
        if kind in ("500", "502"):
            return _Answer(int(kind), b"<html><h1>Bad Gateway</h1></html>", {"Content-Type": "text/html"})
        if kind == "html":
            return _Answer(
                200, b"<!DOCTYPE html><html>Welcome to Steam</html>", {"Content-Type": "text/html"}
            )
        if kind == "truncated":
            return _Answer(200, b'{"success":1,"query_summary":{"num_rev', missing=400)
        return _Answer(200, b"{}", wait=self._slow)

    def _change(self) -> None:
        if self._random.random() < self.changes:
            self.world.change()
            if self._random.random() < 0.05 and self.world.changes["vanished"] < self.vanishing:
                self.world.vanish()


class _Answer:
    def __init__(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        missing: int = 0,
        wait: float = 0,
    ) -> None:
        self.status, self.body, self.missing, self.wait = status, body, missing, wait
        self.headers = {"Content-Type": "application/json"} | (headers or {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    steam: Steam

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed or impatient client is not an error of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the body would wait for the client's delayed word that the head is there
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.steam.answer(self.path, self.headers)
        time.sleep(answer.wait)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) + answer.missing))
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = bool(answer.missing or answer.wait)

    def log_message(self, *arguments: Any) -> None:
        """Log nothing: the counts say enough."""


def _json(content: dict[str, Any]) -> _Answer:
    return _Answer(200, json.dumps(content).encode())


def _cursor(place: tuple[int, int]) -> str:
    """Opaque, and with characters that a query must encode."""
    return "A+/" + base64.b64encode(f"{place[0]}?>{place[1]}".encode()).decode() + "=="


def _place(cursor: str) -> tuple[int, int] | None:
    """The place that one of our cursors names."""
    if not (cursor.startswith("A+/") and cursor.endswith("==")):
        return None
    try:
        created, _, number = base64.b64decode(cursor[3:-2], validate=True).decode().partition("?>")
        return int(created), int(number)
    except ValueError:
        return None
