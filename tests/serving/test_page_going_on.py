"""A visitor goes on: from far down, from a hit, by keys, to a game's page and back, and on a slow line."""

import pytest
from playwright.sync_api import Browser, Page, expect
from visitor import CHROMIUM, FIRST, asked, cards

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
LIKED = f"liked={FIRST},{FIRST + 50}"


def test_what_is_said_far_down_keeps_the_place_and_can_be_undone(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    asked(page, page.get_by_role("button", name="More games").click)
    before = cards(page)
    last = page.locator(".card").nth(20)
    last.scroll_into_view_if_needed()
    assert page.evaluate("scrollY") > 500
    place = last.evaluate("card => card.getBoundingClientRect().top")
    asked(page, last.locator(".like").click)
    assert last.evaluate("card => card.getBoundingClientRect().top") == pytest.approx(place, abs=60)
    expect(page.locator("#notice")).to_be_in_viewport()
    expect(page.locator("#notice")).to_contain_text(before[20])
    asked(page, page.get_by_role("button", name="Undo").click)
    assert cards(page) == before


def test_one_key_or_tap_on_a_hit_says_a_dislike_or_what_is_owned(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    cards(page)
    page.get_by_role("combobox").fill("Golden Harbor")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    body, _ = asked(page, lambda: page.keyboard.press("Shift+Enter"))
    assert len(body["disliked"]) == 1
    expect(page.locator(".chip.disliked")).to_contain_text("Golden Harbor")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("Jade Wolves")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    body, _ = asked(page, lambda: page.keyboard.press("Control+Enter"))
    assert len(body["excluded"]) == 1
    page.keyboard.type("Iron")
    hit = page.get_by_role("option").first
    body, _ = asked(page, hit.get_by_text("I own it").click)
    assert len(body["excluded"]) == 2
    asked(page, page.get_by_role("button", name="Undo").click)
    expect(page.locator(".chip.owned")).to_have_count(1)


def test_popularity_alone_is_said_to_be_what_everybody_plays(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}&popularity=100")
    cards(page)
    assert "Played by nearly everybody" in page.locator(".card .why").all_inner_texts()


def test_filters_and_a_pasted_list_need_no_mouse(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    cards(page)
    page.locator("#steer").focus()
    page.keyboard.press("Enter")
    for name, typed, wanted in (
        ("released_from", "2010", {"released_from": 2010}),
        ("released_to", "2020", {"released_from": 2010, "released_to": 2020}),
        ("price", "9.99", {"released_from": 2010, "released_to": 2020, "most_cents": 999}),
    ):
        while page.evaluate("document.activeElement.id") != name:
            page.keyboard.press("Tab")
        page.keyboard.type(typed)
        body, answer = asked(page, lambda: page.keyboard.press("Enter"))
        assert body["filters"].items() >= wanted.items()
    assert answer["games"]
    assert all(2010 <= game["release_year"] <= 2020 for game in answer["games"])
    assert all(game["price_usd_cents"] <= 999 for game in answer["games"])
    while page.evaluate("document.activeElement.id") != "early":
        page.keyboard.press("Tab")
    body, _ = asked(page, lambda: page.keyboard.press("Space"))
    assert "Early Access" not in body["filters"]["must_not"]
    page.get_by_text("Paste a list").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Jade Wolves")
    page.keyboard.press("Tab")
    body, _ = asked(page, lambda: page.keyboard.press("Enter"))
    assert len(body["liked"]) == 3


def test_a_card_leads_to_the_games_own_page_and_back(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    name = cards(page)[0]
    page.locator(".card h2 a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.locator(".tags a").count() >= 1
    expect(page.get_by_role("heading", level=2)).to_have_text(
        [f"For those who like {name}", "Games with the most similar tags"]
    )
    page.get_by_role("link", name="Back to your list").click()
    expect(page).to_have_url(f"{summed}/?{LIKED}")
    assert cards(page)[0] == name


def test_a_shared_link_answers_within_a_second_on_a_slow_line(browser: Browser, summed: str) -> None:
    line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
    took = []
    while not took or (took[-1] >= 1000 and len(took) < 3):  # what else the machine does is not the line's
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", line)
        page.add_init_script(
            "const look = () => { if (document.querySelector('.card h2')) window.first = performance.now();"
            " else requestAnimationFrame(look); }; requestAnimationFrame(look)"
        )
        page.goto(f"{summed}/?{LIKED},{FIRST + 70}&not={FIRST + 20}")
        cards(page)
        took.append(page.evaluate("window.first"))
        context.close()
    assert min(took) < 1000
