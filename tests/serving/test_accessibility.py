"""axe-core finds nothing in any state of the page, also at 200 % zoom; and what is kept on a device."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from visitor import CHROMIUM, FIRST, cards, pick

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
STATES = ("/?liked={0},{1}&not={2}", "/?must=RPG&most_cents=0&lang=de", "/game/{0}", "/docs")


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize(("scheme", "states"), [("light", STATES[::2]), ("dark", STATES[1::2])])
def test_axe_finds_nothing_and_nothing_is_cut_off_at_double_zoom(
    browser: Browser, summed: str, scheme: str, states: tuple[str, ...]
) -> None:
    # A window of 1200 x 900 at 200 % shows what one of 600 x 450 does.
    context = browser.new_context(
        viewport={"width": 600, "height": 450},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        bypass_csp=True,  # for axe's own script
    )
    page = context.new_page()
    for state in states:
        page.goto(summed + state.format(FIRST, FIRST + 50, FIRST + 20))
        if state.startswith("/?"):
            cards(page)
            moving = "getComputedStyle(document.getElementById('games')).transitionDuration"
            assert page.evaluate(moving) == "0s"
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            page.locator("#search").fill("Amber")
            expect(page.get_by_role("option").first).to_be_visible()
        else:
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert violations(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= 600, state
    context.close()


def test_a_list_is_kept_only_after_a_button_and_forgotten_by_it(page: Page, summed: str) -> None:
    page.goto(f"{summed}/")
    pick(page, "Amber")
    expect(page.locator(".chip")).to_have_count(1)
    assert page.evaluate("localStorage.length") == 0
    page.get_by_role("button", name="Keep my list on this device").click()
    pick(page, "Frozen")
    expect(page.locator(".chip")).to_have_count(2)
    page.goto(f"{summed}/")
    expect(page.locator(".chip")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?liked="))
    page.get_by_role("button", name="Forget my list on this device").click()
    assert page.evaluate("localStorage.length") == 0
    page.goto(f"{summed}/")
    expect(page.locator(".chip")).to_have_count(0)
