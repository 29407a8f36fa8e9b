"""The page as the server writes it: previews of links, and visitors without JavaScript."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from bundles import TAGS, sum_contents, write, write_toy_sum
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from visitor import CHROMIUM, FIRST

from srec.serving.address import ADULT, EARLY
from srec.serving.app import create_app
from srec.serving.words import WORDS, chosen, texts


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(create_app(write_toy_sum(tmp_path_factory.mktemp("plain") / "toy", weight=0.1))) as made:
        yield made


def plain(client: TestClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


def names(page: str) -> list[str]:
    return re.findall("<h3>(?:<a[^>]*>)?([^<]*)", page)


def test_a_link_tells_its_list_before_it_is_opened(client: TestClient) -> None:
    page = plain(client, f"/?liked={FIRST},{FIRST + 50}")
    assert '<meta property="og:title" content="Games for those who like Amber Harbor, Frozen Harbor">' in page
    first = ", ".join(names(page)[:5])
    assert f'<meta property="og:description" content="Recommended: {first}.' in page


def test_it_is_the_answer_of_the_api(client: TestClient) -> None:
    page = plain(
        client, f"/?liked={FIRST},{FIRST + 50}&not={FIRST + 20}&own={FIRST + 70}&popularity=40&must={TAGS[0]}"
    )
    filters = {"must": [TAGS[0]], "must_not": [*EARLY, *ADULT]}
    body = {"liked": [FIRST, FIRST + 50], "disliked": [FIRST + 20], "excluded": [FIRST + 70], "k": 12}
    answer = client.post("/api/recommend", json=body | {"popularity": 0.4, "filters": filters}).json()
    assert names(page) == [game["name"] for game in answer["games"]]
    assert f"?liked={FIRST}&not={FIRST + 20}&own={FIRST + 70}&popularity=40&must={TAGS[0]}" in page


@pytest.mark.parametrize(
    "query",
    [
        "liked=x,0,-1,99999999999",
        "popularity=101&released_from=12&most_cents=-1",
        "must=&by=no",
        "lang=xx&name=",
    ],
)
def test_what_is_wrong_in_an_address_is_left_out(client: TestClient, query: str) -> None:
    assert names(plain(client, f"/?{query}")) == names(plain(client, "/"))


def test_an_address_is_text_and_never_markup(client: TestClient) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = client.get("/", params={"must": hostile, "lang": hostile, "name": hostile})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_the_pages_texts_are_read_from_its_own_file() -> None:
    both = texts()
    lines = re.findall(r"^  \w+: ", WORDS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(both["en"]) + len(both["de"]) == len(lines)
    assert set(both["en"]) == set(both["de"])
    assert chosen(None, "fr-FR,de;q=0.8,en;q=0.5").language == "de"
    assert chosen("en", "de").language == "en"
    assert chosen(None, "").language == "en"


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
def test_without_javascript_links_and_a_form_do_it(browser: Browser, summed: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{summed}/?lang=en")
    page.get_by_label("Games you like").last.fill("amber harbr")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Your next games")).to_be_visible()
    expect(page.locator("noscript li").first).to_contain_text("Amber Harbor")
    disliked = page.locator(".plain h3").first.inner_text()
    page.locator(".plain").get_by_role("link", name="Not for me").first.click()
    expect(page.locator("noscript li").nth(1)).to_contain_text(f"{disliked} (not for me)")
    assert disliked not in page.locator(".plain h3").all_inner_texts()
    page.get_by_label("Games you like").last.fill("Valorant")
    page.get_by_role("button", name="Show").click()
    told = re.compile("No game of that name is known here|Did you mean")
    expect(page.locator("noscript > p").first).to_have_text(told)
    expect(page.locator(".ask")).to_be_hidden()
    context.close()


def test_the_form_has_the_platforms_where_they_are_known(tmp_path: Path) -> None:
    made = sum_contents(weight=0.1)
    games = [replace(one, platforms=("windows", "linux")[at % 2 :]) for at, one in enumerate(made.games)]
    with TestClient(create_app(write(tmp_path / "toy", replace(made, games=games)))) as client:
        page = plain(client, f"/?liked={FIRST}&platforms=windows&platforms=mac")
        assert "&platforms=windows,mac" in page
        form = page.split("<form")[1].split("</form>")[0]
        ticked = dict(re.findall('name="platforms" value="([a-z]+)"( checked)?', form))
        assert ticked == {"windows": " checked", "mac": " checked", "linux": ""}
        on_windows = {one.name for one in games if "windows" in one.platforms}
        found = names(plain(client, f"/?liked={FIRST}&platforms=windows"))
        assert len(found) == 12
        assert set(found) <= on_windows


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
def test_a_phone_without_javascript_filters_too_in_german(browser: Browser, summed: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, locale="de-DE", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{summed}/?liked={FIRST}")
    assert page.locator(".plain h3").first.bounding_box()["y"] < 844  # type: ignore[index]
    page.locator("form summary").click()
    page.locator("form input[name=must]").fill(TAGS[0])
    page.locator("form input[name=released_from]").fill("2998")
    page.get_by_role("button", name="Anzeigen").click()
    expect(page).to_have_url(re.compile(f"must={TAGS[0]}&.*released_from=2998"))
    expect(page.locator("noscript > p", has_text="Keine Spiele.")).to_be_visible()
    told = "Die Filter lassen 0 Spiele übrig. Ohne „Erschienen von“ gibt es"
    expect(page.locator("noscript > p").first).to_contain_text(told)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
