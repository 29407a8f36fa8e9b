"""What the store says of an app: name, price, genres, ... (its appdetails endpoint)."""

import re
from datetime import date
from typing import Any

from srec.crawl.client import Client
from srec.crawl.steam import Endpoints
from srec.store.sources.records import Record

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATES = (
    re.compile(r"(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3})[a-z]*,? (?P<year>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]{3})[a-z]* (?P<day>\d{1,2}),? (?P<year>\d{4})"),
)


def read_details(client: Client, endpoints: Endpoints, app_id: int) -> Record | None:
    """An app as a row of ``games``; None where the store does not show it.

    Args:
        client: it sends the request.
        endpoints: where the store answers.
        app_id: the app.

    Raises:
        Unanswered: there is no usable answer.
        OutOfBudget: no request is left.
    """
    answer = client.get(endpoints.details, {"appids": app_id, "cc": "us", "l": "english"})
    entry = answer.get(str(app_id))
    data = entry.get("data") if isinstance(entry, dict) and entry.get("success") is True else None
    if not isinstance(data, dict):
        return None
    # Steam answers for a retired id or another edition with the app that took its place.
    return details_record(app_id, data) if data.get("steam_appid", app_id) in (app_id, str(app_id)) else None


def details_record(app_id: int, data: dict[str, Any]) -> Record:
    """The row of ``games``; a value of the wrong kind counts as unknown.

    Args:
        app_id: the app.
        data: what the endpoint says of it. Prices are in US cents.
    """
    price, release = _dict(data.get("price_overview")), _dict(data.get("release_date"))
    platforms = _dict(data.get("platforms"))
    free = data.get("is_free")
    cents = price.get("initial") if price.get("currency") == "USD" else None
    return {
        "app_id": app_id,
        "name": _text(data.get("name")),
        "type": _text(data.get("type")),
        "release_date": None if release.get("coming_soon") is True else release_date(release.get("date")),
        "is_free": free if isinstance(free, bool) else None,
        "price_usd_cents": 0 if free is True else cents,
        "developers": _texts(data.get("developers")),
        "publishers": _texts(data.get("publishers")),
        "genres": _texts(data.get("genres"), "description"),
        "categories": _texts(data.get("categories"), "description"),
        "platforms": [name for name in ("windows", "mac", "linux") if platforms.get(name) is True],
    }


def release_date(value: Any) -> str | None:
    """The ISO date of the store's text ("21 Aug, 2012" or "Aug 21, 2012"); None for "Q3 2027"."""
    for pattern in _DATES:
        match = pattern.fullmatch(value.strip()) if isinstance(value, str) else None
        if match and match["month"].lower() in _MONTHS:
            try:
                month = _MONTHS.index(match["month"].lower()) + 1
                return date(int(match["year"]), month, int(match["day"])).isoformat()
            except ValueError:
                return None
    return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(values: Any, key: str | None = None) -> list[str]:
    """The texts of a list, or those under a key of the objects of a list."""
    found = values if isinstance(values, list) else []
    if key is not None:
        found = [each.get(key) for each in found if isinstance(each, dict)]
    return [each for each in found if isinstance(each, str)]
