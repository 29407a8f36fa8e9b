"""What the tests of the crawl share: a held time, a server with a script, a run of a crawl, the truth."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from fakes.crawl_check import differences, leaks
from fakes.hurried_crawl import hurried
from fakes.steam import KEY, Steam

from srec.crawl import crawl as module
from srec.crawl.client import Client, Manners, Unanswered
from srec.crawl.crawl import Crawl
from srec.crawl.outcome import Outcome
from srec.crawl.steam import Endpoints
from srec.store.stores.duckdb import DuckDBStore


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


Reply = tuple[int, Mapping[str, str], bytes]


def good(content: Any = None) -> Reply:
    return 200, {}, json.dumps({} if content is None else content).encode()


class Scripted:
    """A server that gives these replies one after the other, and then repeats the last one."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        left = list(replies)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                status, headers, body = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = "Content-Length" in headers

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/some/path"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class Killed(BaseException):
    """The process is dead: nothing is committed from here on."""


class Mortal:
    """A store that accepts this many commits, and then dies."""

    def __init__(self, store: DuckDBStore, commits: int) -> None:
        self._store, self._left = store, commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _live(self) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1

    def ingest(self, *arguments: Any, **more: Any) -> Any:
        self._live()
        return self._store.ingest(*arguments, **more)

    def forget_unseen(self, app_id: int, notes: Mapping[str, str]) -> int:
        self._live()
        return self._store.forget_unseen(app_id, notes)

    def forget_seen(self, app_id: int) -> None:
        self._live()
        self._store.forget_seen(app_id)


def crawl(
    path: Path,
    steam: Steam,
    apps: Sequence[int] | None = None,
    *,
    refresh: bool = False,
    budget: int | None = None,
    commits: int | None = None,
    commit_reviews: int = 25,
) -> Outcome:
    """One run in this process, killed after this many commits."""
    manners = Manners(**(vars(hurried(seed=1)) | {"budget": budget}))
    steam.new_client()
    with DuckDBStore.open(path, create=True) as store, Client(manners) as client:
        given: Any = store if commits is None else Mortal(store, commits)
        wanted = list(steam.world.games) if apps is None else apps
        run = Crawl(
            given,
            client,
            wanted,
            refresh=refresh,
            endpoints=Endpoints.at(steam.base),
            commit_reviews=commit_reviews,
        )
        return run.run()


def wrong(path: Path, steam: Steam, vanished: set[int] | None = None) -> list[str]:
    """What the store holds that it must not, or lacks; and what the server had to bear."""
    found = differences(str(path), steam.world, vanished or set())
    places = [path, path.with_name(path.name + ".wal")]
    return [*found, *leaks(places, steam.world, KEY), *steam.problems]


def asked_for(steam: Steam, since: int = 0) -> list[tuple[str, int, str]]:
    return [request for request in steam.requests[since:] if request[0] == "reviews"]


def notes(path: Path) -> dict[str, str]:
    with DuckDBStore.open(path) as store:
        return store.notes()


def silence(monkeypatch: pytest.MonkeyPatch, silent: Callable[[int, str], bool]) -> None:
    """Give no answer for these apps and cursors."""
    real = module.read_page

    def read_page(client: Any, endpoints: Any, *, app_id: int, cursor: str) -> Any:
        if silent(app_id, cursor):
            raise Unanswered("no answer")
        return real(client, endpoints, app_id=app_id, cursor=cursor)

    monkeypatch.setattr(module, "read_page", read_page)
