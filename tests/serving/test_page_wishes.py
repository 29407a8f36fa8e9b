"""A visitor says what they like and own, steers, and reads why, in a browser."""

import re
from typing import Any

import pytest
from bundles import TAGS
from playwright.sync_api import Browser, Page, Request, expect
from visitor import CHROMIUM, FIRST, asked, cards, first_answer

from srec.serving.app import STATIC
from srec.serving.plain import TEMPLATES

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
LIKED = f"liked={FIRST},{FIRST + 50}"


def test_one_tap_says_a_dislike_or_what_is_owned_and_another_takes_it_back(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    first, second = cards(page)[:2]
    body, _ = asked(page, page.get_by_role("button", name=f"{first} is not for me").click)
    assert len(body["disliked"]) == 1
    assert first not in cards(page)
    expect(page.locator(".chip.disliked")).to_contain_text(f"{first} (not for me)")
    expect(page.locator("#notice")).to_contain_text(f"{first} does not come again")
    body, _ = asked(page, page.get_by_role("button", name=f"I own {second}", exact=True).click)
    assert len(body["excluded"]) == 1
    expect(page).to_have_url(re.compile(rf"\?{LIKED}&not=\d+&own=\d+$"))
    body, _ = asked(page, page.get_by_role("button", name="Undo").click)
    assert (len(body["disliked"]), body["excluded"]) == (1, [])
    expect(page.locator(".chip")).to_have_count(3)


def test_one_key_on_a_card_says_it_too(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    name = cards(page)[2]
    page.locator(".card").nth(2).locator(".like").focus()
    body, _ = asked(page, lambda: page.keyboard.press("d"))
    assert len(body["disliked"]) == 1
    assert name not in cards(page)
    expect(page.locator(".card").nth(2).locator(".dislike")).to_be_focused()


def test_the_slider_turns_popularity_and_its_usual_place_is_marked(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    cards(page)
    page.get_by_text("Popularity and filters").click()
    slider = page.get_by_role("slider", name="Popularity")
    expect(slider).to_have_value("10")
    expect(page.locator("#marks option")).to_have_attribute("value", "10")
    slider.focus()
    body, answer = asked(page, lambda: page.keyboard.press("End"))
    assert (body["popularity"], answer["popularity_weight"]) == (1, 1)
    body, answer = asked(page, page.get_by_role("button", name="The usual: 10 %").click)
    assert "popularity" not in body
    assert answer["popularity_weight"] == 0.1


def test_filters_are_exact_and_the_page_says_which_one_leaves_few(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    cards(page)
    page.get_by_text("Popularity and filters").click()
    page.get_by_label("With these tags").focus()
    expect(page.locator("#all_tags option")).to_have_count(len(TAGS))

    def tag() -> None:
        page.get_by_label("With these tags").fill(TAGS[0].lower())
        page.keyboard.press("Enter")

    body, _ = asked(page, tag)
    assert body["filters"]["must"] == [TAGS[0]]
    assert {"Early Access", "NSFW"} <= set(body["filters"]["must_not"])
    page.get_by_label("from").fill("2023")
    body, _ = asked(page, lambda: page.keyboard.press("Enter"))
    assert body["filters"]["released_from"] == 2023
    page.get_by_label("Free only").focus()
    body, answer = asked(page, lambda: page.keyboard.press("Space"))
    assert body["filters"]["most_cents"] == 0
    there = len(answer["games"])
    assert there < 12
    loosest = max(answer["without"].values())
    assert loosest > there
    told = f"The filters leave {there} games. There are {loosest} without"
    expect(page.locator("#few")).to_contain_text(told)
    expect(page).to_have_url(re.compile(rf"released_from=2023&most_cents=0&must={TAGS[0]}$"))
    shown = cards(page)
    page.reload()
    assert cards(page) == shown
    page.get_by_text("Popularity and filters (3)").click()
    body, _ = asked(page, lambda: page.get_by_label("Adult content too").check())
    assert body["filters"]["must_not"] == ["Early Access"]


def test_the_opened_card_shows_the_whole_sum_of_the_recommender(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}&not={FIRST + 20}")
    answer = first_answer(page)
    named = [text.removesuffix(" (not for me)") for text in page.locator(".chip span").all_inner_texts()]
    for at, game in enumerate(answer["games"]):
        page.locator(".card summary").nth(at).click()
        rows = [row.split("\t") for row in page.locator(".card table").nth(at).inner_text().splitlines()[1:]]
        shown = {row[0]: float(row[1]) for row in rows if len(row) == 2}
        wanted = dict(zip(named, game["parts"], strict=True)) | {
            "how few dislike it": game["quality"],
            "popularity": game["popularity"],
            "score": game["score"],
        }
        assert shown == pytest.approx(wanted, abs=0.00501)


def test_what_a_dislike_takes_away_is_said(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}&not={FIRST + 20}")
    answer = first_answer(page)
    disliked = page.locator(".chip.disliked span").inner_text().removesuffix(" (not for me)")
    reasons = page.locator(".card .why").all_inner_texts()
    for reason, game in zip(reasons, answer["games"], strict=True):
        assert (f"; less for {disliked}" in reason) == (game["parts"][2] < -0.1 * abs(game["score"]))


def test_a_pasted_list_is_read_and_what_is_unclear_stays(page: Page, summed: str) -> None:
    page.goto(summed)
    cards(page)
    page.get_by_text("Paste a list").click()
    page.get_by_label("Names of games, one a line").fill("Amber Harbor\n\nJade Wolfes\nValorant\n")
    body, _ = asked(page, page.get_by_role("button", name="Add them").click)
    assert body["liked"] == [FIRST, FIRST + 990]
    expect(page.locator("#notice")).to_have_text("Not here, or unclear: Valorant.")
    expect(page.get_by_label("Names of games, one a line")).to_have_value("Valorant")


def test_more_games_come_below_the_first(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    first = cards(page)
    asked(page, page.get_by_role("button", name="More games").click)
    more = cards(page)
    assert (len(more), more[:12]) == (24, first)


def test_both_languages_have_every_text(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}&lang=de")
    cards(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", name="Deine nächsten Spiele")).to_be_visible()
    expect(page.get_by_text("Neu beginnen")).to_be_visible()
    texts = page.evaluate("import('./static/words.js').then(({ LANGUAGES }) => LANGUAGES)")
    assert sorted(texts) == ["de", "en"]
    holes = {
        language: {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in one.items()}
        for language, one in texts.items()
    }
    assert holes["de"] == holes["en"]
    assert all(text.strip() for one in texts.values() for text in one.values())
    written = "".join(
        file.read_text(encoding="utf-8") for file in [*STATIC.glob("*.js"), *TEMPLATES.iterdir()]
    )
    used = set(re.findall(r'\bsay\("(\w+)"', written))
    assert used <= set(texts["en"])


def test_new_games_are_announced(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    names = cards(page)
    heard = page.locator("[aria-live=polite]")
    expect(heard).to_have_text(f"12 games. First: {', '.join(names[:3])}.")
    page.get_by_role("radio", name="Tags").check()
    expect(heard).not_to_have_text(f"12 games. First: {', '.join(names[:3])}.")


def test_a_server_that_is_back_is_asked_again(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    shown = cards(page)
    page.route("**/api/recommend", lambda route: route.abort())
    page.get_by_role("radio", name="Tags").click()
    expect(page.locator("#notice")).to_contain_text("The server does not answer")
    # The switch is that of the cards.
    expect(page.get_by_role("radio", name="Smart")).to_be_checked()
    assert cards(page) == shown
    page.unroute("**/api/recommend")
    body, _ = asked(page, page.get_by_role("button", name="Try again").click)
    assert body["recommender"] == "tags"
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("radio", name="Tags")).to_be_checked()


def test_only_what_is_free_is_called_free(page: Page, real: str) -> None:
    unknown = ("image_url", "store_url", "parts", "quality", "popularity")
    lists: dict[str, Any] = {name: [] for name in ("developers", "genres", "tags", "shared_tags")}
    game = {"app_id": 10, "name": "Sold", "release_year": 2013, "score": 1} | lists | dict.fromkeys(unknown)
    games = [
        game | {"price_usd_cents": 0, "is_free": False},
        game | {"price_usd_cents": 0, "is_free": None},
        game | {"price_usd_cents": 0, "is_free": True},
        game | {"price_usd_cents": None, "is_free": True},
        game | {"price_usd_cents": 999, "is_free": False},
    ]
    answer = {"recommender": "popular", "games": games, "unknown": [], "named": [], "without": {}}
    page.route("**/api/recommend", lambda route: route.fulfill(json=answer | {"popularity_weight": None}))
    page.goto(real)
    page.get_by_role("radio", name="Tags").check()
    expect(page.locator(".about")).to_have_text(
        ["2013", "2013", "2013 · Free", "2013 · Free", "2013 · $9.99"]
    )


def test_on_a_phone_the_first_game_is_on_the_screen_with_20_chosen(browser: Browser, summed: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(f"{summed}/?liked={','.join(str(FIRST + 10 * at) for at in range(20))}")
    cards(phone)
    assert len(phone.url) < 256
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".card h2").first.bounding_box()["y"] < 844  # type: ignore[index]
    phone.goto(f"{summed}/?liked={FIRST},{FIRST + 50}")
    box, remove = (phone.locator(one).last.bounding_box() for one in ("#chips", ".chip button"))
    assert box is not None
    assert remove is not None
    assert remove["x"] + remove["width"] <= box["x"] + box["width"] + 0.5
    context.close()


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_jumps_and_little_is_loaded(browser: Browser, summed: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.add_init_script(
        "window.shifts = 0;"
        "const add = list => list.getEntries().forEach(one => { window.shifts += one.value; });"
        "new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true})"
    )
    line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", line)
    page.goto(f"{summed}/?{LIKED},{FIRST + 70}&not={FIRST + 20}")
    cards(page)
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") < 0.05
    assert len(requests) <= 10
    own = [one for one in requests if "/api/" not in one.url]
    packed = [one for one in own if one.url.endswith((".js", ".css"))]
    assert {one.response().header_value("content-encoding") for one in packed} == {"gzip"}  # type: ignore[union-attr]
    assert sum(one.sizes()["responseBodySize"] for one in own) < 60_000
    context.close()


def test_a_surprise_is_in_the_address_and_the_best_come_back(page: Page, summed: str) -> None:
    page.goto(f"{summed}/?{LIKED}")
    best = cards(page)
    body, _ = asked(page, page.get_by_role("button", name="Surprise me").click)
    expect(page).to_have_url(re.compile(rf"seed={body['seed']}$"))
    drawn = cards(page)
    assert drawn != best
    page.reload()
    assert cards(page) == drawn
    asked(page, page.get_by_role("button", name="The best again").click)
    assert cards(page) == best
    page.get_by_text("Popularity and filters").click()
    page.get_by_role("slider", name="Variety").focus()
    body, _ = asked(page, lambda: page.keyboard.press("End"))
    assert body["variety"] == 1
    body, answer = asked(page, lambda: page.get_by_label("New and unrated only").check())
    assert body["filters"]["unrated"] is True
    assert answer["games"] == []
    expect(page.get_by_role("heading", name="New and unrated")).to_be_visible()
