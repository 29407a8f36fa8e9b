"""A library is read from a Steam on loopback, which may misbehave."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bundles import write_toy_sum
from conftest import served
from fastapi.testclient import TestClient
from playwright.sync_api import Page, Route, expect
from visitor import CHROMIUM, asked

from srec.errors import SRecError
from srec.serving import library
from srec.serving.app import create_app
from srec.serving.library import Libraries, Library, NoLibrary, read_key
from srec.serving.site import Site

KEY = "0123456789ABCDEF0123456789ABCDEF"
ID = "76561197960287930"
GAMES = [
    {"appid": 10, "playtime_forever": 600},
    {"appid": 20, "playtime_forever": 60},
    {"appid": 30, "playtime_forever": 0},
    {"appid": 40, "playtime_forever": 6000},
    {"appid": 999, "playtime_forever": 60},
]


class Steam(ThreadingHTTPServer):
    """A Steam that answers what a test says, and remembers what it was asked."""

    daemon_threads = True
    games: Any = GAMES
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[tuple[str, str | None]] = []
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    server: Steam

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["x-webapi-key"]))
        if self.server.answer:
            self.server.answer(self)
            return
        query = parse_qs(urlsplit(self.path).query)
        if "ResolveVanityURL" in self.path:
            there = query["vanityurl"] == ["gaben"]
            send(self, {"response": {"success": 1, "steamid": ID} if there else {"success": 42}})
        elif self.server.games is None:
            send(self, {"response": {}})
        else:
            assert query == {"steamid": [ID], "include_played_free_games": ["1"]}
            send(self, {"response": {"game_count": len(self.server.games), "games": self.server.games}})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def send(handler: BaseHTTPRequestHandler, told: Any, status: int = 200, **headers: str) -> None:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def steam() -> Iterator[Steam]:
    server = Steam()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def libraries(steam: Steam) -> Libraries:
    return Libraries(KEY, range(10, 510, 10), origin=steam.origin)


@pytest.mark.parametrize(
    "profile",
    [
        ID,
        "gaben",
        "steamcommunity.com/id/gaben",
        "https://steamcommunity.com/id/gaben/games/?tab=all",
        f" https://www.steamcommunity.com/profiles/{ID}/ ",
    ],
)
def test_a_profile_is_named_in_every_usual_way(libraries: Libraries, steam: Steam, profile: str) -> None:
    # The median of 600, 60, 6000 and 60 minutes is 330.
    assert libraries.read(profile) == Library(liked=[40, 10], owned=[20, 30], games=5)
    assert {key for _, key in steam.asked} == {KEY}
    assert all(KEY not in path for path, _ in steam.asked)


@pytest.mark.parametrize(
    "profile", ["", "a", "https://evil.example/id/gaben", "steamcommunity.com/id/../x", "ga ben", "x" * 2000]
)
def test_what_is_no_profile_is_told_before_steam_is_asked(
    libraries: Libraries, steam: Steam, profile: str
) -> None:
    with pytest.raises(NoLibrary, match="write a profile's address") as told:
        libraries.read(profile)
    assert told.value.status == 422
    assert steam.asked == []


def test_a_private_profile_and_an_unknown_name_are_told_apart(libraries: Libraries, steam: Steam) -> None:
    steam.games = None
    with pytest.raises(NoLibrary, match="Game details to Public") as told:
        libraries.read("gaben")
    assert told.value.status == 403
    with pytest.raises(NoLibrary, match="no profile of that name") as told:
        libraries.read("nobody")
    assert told.value.status == 404
    steam.games = []
    assert libraries.read("gaben") == Library([], [], 0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda to: send(to, b"<html>"),
        lambda to: send(to, b"[" * 100_000),
        lambda to: send(to, {"response": [1]}),
        lambda to: send(to, {"response": {"game_count": 1, "games": [{"appid": "10"}]}}),
        lambda to: send(to, {"response": {"game_count": 1, "games": {}}}),
        lambda to: send(to, {}, 500),
        lambda to: send(to, {}, 302, Location="http://127.0.0.1:1/"),
        lambda to: send(to, {}, 403),
        lambda to: to.connection.close(),
    ],
)
def test_a_steam_that_misbehaves_is_told_without_the_key(
    libraries: Libraries, steam: Steam, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    steam.answer = answer
    with pytest.raises(NoLibrary, match="Steam") as told:
        libraries.read(ID)
    assert told.value.status == 502
    assert KEY not in str(told.value)
    assert len(steam.asked) == 1, "a redirect is not followed"


def test_an_answer_that_does_not_end_is_ended(
    libraries: Libraries, steam: Steam, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def drip(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        while not ended.wait(0.05):
            try:
                to.wfile.write(b" ")
            except OSError:
                return

    steam.answer = drip
    monkeypatch.setattr(library, "_SECONDS", 0.3)
    with pytest.raises(NoLibrary):
        libraries.read(ID)
    ended.set()


def test_no_more_than_some_are_read_a_minute(libraries: Libraries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_asked", type(libraries._asked)(maxlen=60))
    for _ in range(60):
        libraries._asked.append(time.monotonic())
    with pytest.raises(NoLibrary, match="try again in a minute") as told:
        libraries.read(ID)
    assert told.value.status == 429


def test_the_page_and_the_api_bring_a_library(
    steam: Steam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srec.serving.answering.Libraries", partial(Libraries, origin=steam.origin))
    bundle = write_toy_sum(tmp_path / "toy", simulated=False)
    with TestClient(create_app(bundle, site=Site(steam_key=KEY))) as client:
        brought = client.post("/api/library", json={"profile": ID})
        assert brought.json() == {"liked": [40, 10], "owned": [20, 30], "games": 5}
        form = {"profile": "gaben", "lang": "de", "most_cents": "900", "liked": "50"}
        sent = client.post("/library", data=form, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            "./?liked=40,10&own=20,30&most_cents=900&lang=de",
        )
        steam.games = None
        told = client.post("/api/library", json={"profile": ID})
        assert (told.status_code, "Public" in told.json()["detail"]) == (403, True)
        refused = client.post("/library", data=form)
        assert refused.status_code == 403
        assert "zeigt seine Spiele nicht" in refused.text
        assert 'action="library"' in client.get("/").text
        assert "/api/library" in client.get("/openapi.json").json()["paths"]
        assert ID not in client.get("/metrics").text
    with TestClient(create_app(bundle)) as client:
        assert client.post("/api/library", json={"profile": ID}).status_code == 404
        assert 'action="library"' not in client.get("/").text
    assert KEY not in repr(Site(steam_key=KEY))


def test_a_key_stands_alone_in_its_file_and_in_no_error(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert read_key(file) == KEY
    file.write_text(f"key={KEY}")
    with pytest.raises(SRecError, match="32 letters and digits") as told:
        read_key(file)
    assert KEY not in str(told.value)
    with pytest.raises(SRecError, match="cannot be read"):
        read_key(tmp_path)


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
def test_a_visitor_brings_a_library_by_keys(page: Page, tmp_path: Path) -> None:
    servers = served(write_toy_sum(tmp_path / "toy", simulated=False, weight=0.1), steam_key=KEY)
    told: list[tuple[int, Any]] = [
        (403, {"detail": "it is private"}),
        (200, {"liked": [40, 10], "owned": [20, 30], "games": 5}),
    ]

    def answer(route: Route) -> None:
        status, content = told.pop(0)
        route.fulfill(status=status, json=content)

    page.route("**/api/library", answer)
    page.goto(f"{next(servers)}/?not=50&lang=de")
    page.get_by_text("Deine Steam-Bibliothek mitbringen").last.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("gaben")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Dieses Profil zeigt seine Spiele nicht")
    body, _ = asked(page, page.get_by_role("button", name="Mitbringen").click)
    assert (body["liked"], body["disliked"], body["excluded"]) == ([40, 10], [], [20, 30])
    expect(page.locator("#notice")).to_contain_text("Deine Bibliothek hat 5 Spiele")
    assert "gaben" not in page.url
    assert list(servers) == []
