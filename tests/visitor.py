"""What the tests of the page do as a visitor."""

import re
import shutil
from typing import Any

from playwright.sync_api import Page, expect

CHROMIUM = shutil.which("chromium")
FIRST = 900_000_010


def pick(page: Page, text: str) -> str:
    """Type a name and take the first hit; returns the hit's name."""
    page.get_by_role("combobox").fill(text)
    hit = page.get_by_role("option").first
    expect(hit).to_contain_text(re.compile(f"^{text}", re.IGNORECASE))
    name = hit.locator("span").inner_text()
    page.keyboard.press("Enter")
    return name


def first_answer(page: Page) -> dict[str, Any]:
    """The answer that came with the page."""
    answer: dict[str, Any] = page.evaluate("JSON.parse(document.getElementById('first').textContent).answer")
    return answer


def cards(page: Page) -> list[str]:
    expect(page.locator("#games")).to_have_attribute("aria-busy", "false")
    return page.locator(".card h2").all_inner_texts()


def asked(page: Page, what: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page asks for while something is done, and the answer."""
    with page.expect_response("**/api/recommend") as response:
        what()
    body: dict[str, Any] = response.value.request.post_data_json
    cards(page)
    return body, response.value.json()
