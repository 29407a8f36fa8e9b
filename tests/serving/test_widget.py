"""Recommendations in another site's page, in a browser: the widget, and the page in a frame."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from bundles import write_toy_sum
from conftest import served
from playwright.sync_api import Browser, Page, expect
from visitor import CHROMIUM, cards

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


class Host(http.server.BaseHTTPRequestHandler):
    """Somebody's page, whose policy allows this server for scripts and requests, and no inline style."""

    server_of_srec = ""

    def do_GET(self) -> None:
        own = self.server_of_srec
        policy = f"default-src 'none'; script-src {own}; connect-src {own}; frame-src {own}; style-src 'self'"
        widget = (
            f'<script src="{own}/static/widget.js" async></script><srec-games liked="10,no-such" count="4">'
        )
        frame = f'<iframe title="Games" src="{own}/?liked=10&frame=1"></iframe>'
        body = f'<!DOCTYPE html><html lang="de"><title>Blog</title>{widget}</srec-games>{frame}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as host:
        address = f"http://127.0.0.1:{host.server_address[1]}"
        bundle = write_toy_sum(tmp_path_factory.mktemp("widget") / "toy", simulated=False, weight=0.1)
        serving = served(bundle, origins=[address], pictures="none")
        Host.server_of_srec = next(serving)
        threading.Thread(target=host.serve_forever, daemon=True).start()
        yield address
        host.shutdown()
        serving.close()  # type: ignore[attr-defined]


def test_one_script_and_one_element_show_games_under_a_strict_policy(page: Page, blog: str) -> None:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    page.goto(blog)
    widget = page.locator("srec-games")
    expect(widget.locator("li")).to_have_count(4)
    expect(widget.locator("p").first).to_contain_text("Amber Harbor")  # the reason, in the page's language
    expect(widget.locator("p").last).to_have_text("Mehr, und deine eigene Liste")
    assert widget.locator("li a").first.get_attribute("href").startswith(f"{Host.server_of_srec}/game/")  # type: ignore[union-attr]
    assert widget.evaluate("one => getComputedStyle(one.shadowRoot.querySelector('ol')).display") == "grid"
    before = widget.locator("li").all_inner_texts()
    widget.evaluate("one => one.setAttribute('liked', '20')")
    expect(widget.locator("li").first).not_to_have_text(before[0])
    assert [line for line in said if "Content Security Policy" in line] == []


def test_the_page_in_a_frame_is_the_list_and_no_more(page: Page, browser: Browser, blog: str) -> None:
    page.goto(blog)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".card")).to_have_count(12)
    expect(frame.locator("header")).to_be_hidden()
    expect(frame.locator("footer")).to_be_hidden()
    frame.locator(".like").first.click()
    expect(frame.locator(".chip")).to_have_count(2)
    alone = browser.new_page()
    alone.goto(f"{Host.server_of_srec}/?frame=1")
    assert len(cards(alone)) == 12
    alone.close()
