"""A browser, and servers on loopback for it; only these are reachable."""

import json
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import write_toy_bundle, write_toy_sum
from playwright.sync_api import Browser, Page, Route, sync_playwright
from visitor import CHROMIUM

SERVE = """
import json, socket, sys, uvicorn
from pathlib import Path
from srec.serving.app import create_app
from srec.serving.site import Site
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
app = create_app(Path(sys.argv[1]), site=Site(**json.loads(sys.argv[2])))
uvicorn.run(app, fd=server.fileno(), log_level="warning")
"""


def served(bundle: Path, **site: Any) -> Iterator[str]:
    """Serve a bundle in a process of its own; yields its address."""
    command = [sys.executable, "-c", SERVE, str(bundle), json.dumps(site)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{int(child.stdout.readline())}"
    finally:
        child.terminate()
        child.wait(timeout=20)
        assert child.stdout is not None
        child.stdout.close()


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(write_toy_bundle(tmp_path_factory.mktemp("simulated") / "toy"))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(write_toy_bundle(tmp_path_factory.mktemp("real") / "toy", simulated=False))


@pytest.fixture(scope="session")
def summed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(write_toy_sum(tmp_path_factory.mktemp("summed") / "toy", weight=0.1))


# For each module anew: while it is open, a loop runs in this thread, and tests of coroutines need their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, errors: list[str]) -> Iterator[Page]:
    """A fresh visitor. Requests to other hosts are refused, and are errors unless to the store's images."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    opened.set_default_timeout(10_000)

    def only_loopback(route: Route) -> None:
        host = urllib.parse.urlsplit(route.request.url).hostname
        if host == "127.0.0.1":
            route.continue_()
            return
        if host != "cdn.cloudflare.steamstatic.com":
            errors.append(f"asked {route.request.url}")
        route.abort()

    context.route("**/*", only_loopback)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert context.cookies() == []
    context.close()
    assert errors == []
