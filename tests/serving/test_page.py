"""A browser clicks through the page, which is served on loopback; only the server is reachable."""

import base64
import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from visitor import CHROMIUM, FIRST, cards, first_answer, pick

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


def test_a_visitor_gets_games_and_why(page: Page, simulated: str) -> None:
    page.goto(simulated)
    expect(page.get_by_role("heading", name="Popular now")).to_be_visible()
    before = cards(page)
    name = pick(page, "Amber")
    expect(page.get_by_role("heading", name="Your next games")).to_be_visible()
    after = cards(page)
    assert len(after) == 12
    assert after != before
    assert name not in after
    expect(page.get_by_role("list", name="Chosen games")).to_contain_text(name)
    expect(page.locator(".card").first.locator(".why")).to_have_text("In common with your games")
    assert page.locator(".card").first.locator(".tags .shared").count() >= 1


def test_the_reason_is_the_parts_of_the_score(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?liked={FIRST},{FIRST + 50},{FIRST + 70}")
    answer = first_answer(page)
    assert answer["named"] == [FIRST, FIRST + 50, FIRST + 70]
    cards(page)
    names = page.locator(".chip span").all_inner_texts()
    reasons = page.locator(".card .why").all_inner_texts()
    assert len(reasons) == len(answer["games"]) == 12
    for reason, game in zip(reasons, answer["games"], strict=True):
        positive = [max(part, 0) for part in game["parts"]]
        if game["popularity"] > sum(positive):
            assert reason == "Played by nearly everybody"
        else:
            largest = names[max(range(3), key=positive.__getitem__)]
            assert re.match(rf"(Because of |Mostly )?{re.escape(largest)}", reason)
    assert len(set(reasons)) > 2


def test_the_list_is_in_the_address(page: Page, browser: Browser, simulated: str) -> None:
    page.goto(simulated)
    first, second = pick(page, "Amber"), pick(page, "Frozen")
    page.get_by_role("radio", name="Tags").check()
    expect(page).to_have_url(re.compile(r"\?liked=\d+,\d+&by=tags$"))
    shown = cards(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    friend = browser.new_context().new_page()
    friend.goto(address)
    expect(friend.locator(".chip")).to_have_text([re.compile(first), re.compile(second)])
    expect(friend.get_by_role("radio", name="Tags")).to_be_checked()
    assert cards(friend) == shown
    friend.context.close()
    page.go_back()
    expect(page.get_by_role("radio", name="Smart")).to_be_checked()
    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)


def test_the_switch_changes_who_recommends(page: Page, simulated: str) -> None:
    page.goto(f"{simulated}/?liked={FIRST},{FIRST + 70}")
    smart = cards(page)
    with page.expect_response("**/api/recommend") as answer:
        page.get_by_role("radio", name="Smart").focus()
        page.keyboard.press("ArrowRight")
    assert answer.value.json()["recommender"] == "tags"
    expect(page.locator(".card h2").first).to_have_text(answer.value.json()["games"][0]["name"])
    assert cards(page) != smart


def test_it_works_by_keyboard_alone(page: Page, simulated: str) -> None:
    page.goto(simulated)
    cards(page)
    page.keyboard.press("/")
    search = page.get_by_role("combobox")
    expect(search).to_be_focused()
    page.keyboard.type("Golden")
    expect(search).to_have_attribute("aria-expanded", "true")
    options = page.get_by_role("option")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(search).to_have_attribute("aria-activedescendant", "hit-1")
    name = options.nth(1).locator("span").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text([name])
    expect(search).to_be_focused()
    page.keyboard.type("Iron")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    search.fill("")
    page.keyboard.press("Backspace")
    expect(page.locator(".chip")).to_have_count(0)


def test_enter_takes_what_was_typed_and_not_what_was_listed_before(page: Page, simulated: str) -> None:
    page.goto(simulated)
    cards(page)
    search = page.get_by_role("combobox")
    search.fill("Electric")
    expect(page.get_by_role("option").first).to_contain_text("Electric")
    search.fill("Jade Valley")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text(["Jade Valley"])
    expect(page.get_by_role("option")).to_have_count(0)


def test_the_enter_of_an_input_method_chooses_nothing(page: Page, simulated: str) -> None:
    page.goto(simulated)
    search = page.get_by_role("combobox")
    search.fill("Jade")
    expect(page.get_by_role("option").first).to_be_visible()
    search.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(page.locator(".chip")).to_have_count(0)
    search.dispatch_event("keydown", {"key": "Enter"})
    expect(page.locator(".chip")).to_have_count(1)


def test_a_held_backspace_takes_no_chip(page: Page, simulated: str) -> None:
    page.goto(f"{simulated}/?liked={FIRST}")
    expect(page.locator(".chip")).to_have_count(1)
    search = page.get_by_role("combobox")
    search.dispatch_event("keydown", {"key": "Backspace", "repeat": True})
    expect(page.locator(".chip")).to_have_count(1)
    search.dispatch_event("keydown", {"key": "Backspace"})
    expect(page.locator(".chip")).to_have_count(0)


def test_chips_are_taken_away_and_cards_added(page: Page, simulated: str) -> None:
    page.goto(simulated)
    name = cards(page)[0]
    page.get_by_role("button", name=f"I like {name}", exact=True).click()
    expect(page.locator(".chip")).to_contain_text([name])
    assert name not in cards(page)
    page.get_by_role("button", name=f"Remove {name}").click()
    expect(page.locator(".chip")).to_have_count(0)
    pick(page, "Jade")
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page).to_have_url(f"{simulated}/")


def test_a_link_with_games_nobody_knows_says_so(page: Page, simulated: str) -> None:
    page.goto(f"{simulated}/?liked=5,{FIRST},x,-3,99999999999")
    expect(page.get_by_role("status")).to_have_text("One game of this list is not known here: 5.")
    expect(page.locator(".chip")).to_have_count(2)
    assert len(cards(page)) == 12


def test_a_name_that_nobody_has_is_said(page: Page, simulated: str) -> None:
    page.goto(simulated)
    page.get_by_role("combobox").fill("qqqqxxxx")
    expect(page.get_by_role("option")).to_have_text("No game of that name is known here.")


def test_a_name_that_is_liked_already_is_said_to_be(page: Page, simulated: str) -> None:
    page.goto(simulated)
    name = pick(page, "Jade Valley")
    page.route("**/api/games?**", lambda route: route.fulfill(json={"games": [game(name)], "sure": True}))
    page.goto(f"{simulated}/?liked={FIRST}")
    page.get_by_role("combobox").fill(name)
    expect(page.get_by_role("option")).to_have_text("It is in your list already.")


def test_a_name_that_is_not_here_is_not_taken_for_another(page: Page, simulated: str) -> None:
    page.goto(simulated)
    search = page.get_by_role("combobox")
    search.fill("Minecraft Harbor 99")
    expect(page.get_by_role("option").first).to_have_text(re.compile("Did you mean|No game of that name"))
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    search.fill("Amber Harbor 99")
    expect(page.get_by_role("option").first).to_have_text("Not here. Did you mean one of these?")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)


def test_a_gateway_that_answers_in_html_is_no_riddle(page: Page, simulated: str) -> None:
    page.goto(simulated)
    cards(page)
    gateway = "<html><h1>502 Bad Gateway</h1></html>"
    page.route("**/api/recommend", lambda route: route.fulfill(status=502, body=gateway))
    page.locator(".like").first.click()
    expect(page.get_by_role("status")).to_contain_text("The server does not answer")


def test_a_server_that_does_not_answer_is_said(page: Page, simulated: str) -> None:
    page.goto(simulated)
    cards(page)
    page.route("**/api/recommend", lambda route: route.abort())
    page.locator(".like").first.click()
    expect(page.get_by_role("status")).to_contain_text("The server does not answer")


def test_names_are_text_and_never_markup(page: Page, simulated: str) -> None:
    page.goto(simulated)
    page.route(
        "**/api/games?**",
        lambda route: route.fulfill(
            json={"games": [game("<img src=x onerror=alert(1)><b>bold")], "sure": True}
        ),
    )
    page.get_by_role("combobox").fill("bold")
    expect(page.get_by_role("option")).to_contain_text("<img src=x onerror=alert(1)><b>bold")
    # The answer would contain the name that the server knows.
    page.route("**/api/recommend", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text(["<img src=x"])


def game(name: str) -> dict[str, object]:
    fields = dict.fromkeys(("release_year", "price_usd_cents", "is_free", "image_url", "store_url"))
    return fields | {"app_id": FIRST, "name": name, "developers": [], "genres": [], "tags": []}


def test_a_simulated_steam_is_called_simulated(page: Page, simulated: str) -> None:
    page.goto(simulated)
    expect(page.get_by_role("note")).to_contain_text("Simulated Steam.")
    cards(page)
    assert page.locator(".card svg").count() == 12
    assert page.locator(".card img, .card .actions a").count() == 0


def test_real_games_lead_to_the_store_with_a_stand_in_for_a_missing_image(page: Page, real: str) -> None:
    page.goto(real)
    cards(page)
    expect(page.locator("#simulated")).to_be_hidden()
    expect(page.locator(".card img")).to_have_count(0)  # none can be loaded here
    assert page.locator(".card svg").count() == 12
    store = page.locator(".card").first.get_by_role("link", name="in the Steam store")
    expect(store).to_have_attribute("href", "https://store.steampowered.com/app/10/")
    expect(store).to_have_attribute("rel", "noopener noreferrer")


PIXEL = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")  # a white GIF


def test_the_stores_image_is_shown_where_it_loads(page: Page, real: str) -> None:
    asked = []

    def image(route: Route) -> None:
        asked.append(route.request)
        route.fulfill(body=PIXEL, content_type="image/gif")

    page.route("https://cdn.cloudflare.steamstatic.com/**", image)
    page.goto(real)
    cards(page)
    expect(page.locator(".card img").first).to_be_visible()
    assert page.locator(".card img").count() == 12
    assert all("referer" not in request.headers for request in asked)


def test_it_fits_a_phone(browser: Browser, simulated: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(f"{simulated}/?liked={','.join(str(FIRST + 10 * at) for at in range(8))}")
    cards(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.get_by_role("combobox").tap()
    phone.get_by_role("combobox").fill("Hollow")
    phone.get_by_role("option", name="Hollow").first.tap()
    expect(phone.locator(".chip")).to_have_count(9)
    context.close()


def test_the_documentation_shows_every_endpoint(page: Page, simulated: str) -> None:
    page.goto(f"{simulated}/docs")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    assert page.locator(".endpoint h2").all_inner_texts() == [
        "POST/api/recommend",
        "GET/api/games",
        "GET/api/names",
        "GET/api/tags",
        "POST/api/tags",
        "GET/api/games/{app_id}/similar",
        "GET/health",
        "GET/ready",
        "GET/version",
    ]
