"""What the page's address says, as ``address.js`` reads it: everything shown follows from it."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from srec.inference.answers import Filters, Request
from srec.serving.schema import MOST_LETTERS

EARLY, ADULT = ("Early Access",), ("Sexual Content", "Nudity", "NSFW", "Hentai")
LISTS = ("liked", "not", "own")
MOST, SHOWN = 100, 12
_MOST_TAGS = 10
_BOUNDS = {
    "popularity": (0, 100),
    "released_from": (1900, 2999),
    "released_to": (1900, 2999),
    "most_cents": (0, 10**9),
    "variety": (0, 100),
    "seed": (0, 10**9 - 1),
}
_TAGS = ("must", "must_not")
_PLATFORMS = ("windows", "mac", "linux")
_SWITCHES = ("unrated", "early", "adult", "frame")

Wished = dict[str, Any]


def wished_of(query: QueryParams, own: Mapping[str, int]) -> Wished:
    """What an address says; what is wrong in it is left out.

    Args:
        query: of the address.
        own: the app ids of the owner's own ids.
    """
    wished: Wished = {}
    for name in LISTS:
        ids = [own.get(text) or _app_id(text) for text in query.get(name, "").split(",")]
        wished[name] = list(dict.fromkeys(one for one in ids if one))[:MOST]
    wished["by"] = "tags" if query.get("by") == "tags" else "smart"
    for name, (low, high) in _BOUNDS.items():
        text = query.get(name, "")
        good = re.fullmatch("[0-9]{1,9}", text) and low <= int(text) <= high
        wished[name] = int(text) if good else None
    for name in _TAGS:
        tags = [tag for tag in query.getlist(name) if 0 < len(tag) <= MOST_LETTERS]
        wished[name] = list(dict.fromkeys(tags))[:_MOST_TAGS]
    asked = ",".join(query.getlist("platforms")).split(",")  # a form sends one for each
    wished["platforms"] = [name for name in _PLATFORMS if name in asked]
    return wished | {name: name in query for name in _SWITCHES} | {"lang": query.get("lang")}


def request_of(wished: Wished) -> Request:
    """What the recommender is asked."""
    off = [*(() if wished["early"] else EARLY), *(() if wished["adult"] else ADULT)]
    must_not = [*wished["must_not"], *(tag for tag in off if tag not in wished["must"])]
    filters = Filters(
        tuple(wished["must"]),
        tuple(dict.fromkeys(must_not)),
        wished["released_from"],
        wished["released_to"],
        wished["most_cents"],
        tuple(wished["platforms"]),
        wished["unrated"],
    )
    popularity = None if wished["popularity"] is None else wished["popularity"] / 100
    return Request(
        wished["liked"],
        SHOWN,
        wished["by"],
        wished["not"],
        popularity,
        wished["own"],
        filters,
        (wished["variety"] or 0) / 100,
        wished["seed"],
    )


def moved(wished: Wished, app_id: int, to: str | None) -> Wished:
    """The same with a game in one list only, or in none."""
    lists = {name: [one for one in wished[name] if one != app_id] for name in LISTS}
    if to:
        lists[to].append(app_id)
    return wished | lists


def pairs(wished: Wished) -> list[tuple[str, str]]:
    """The names and values of an address."""
    said = [(name, ",".join(map(str, wished[name]))) for name in LISTS if wished[name]]
    said += [("by", "tags")] if wished["by"] == "tags" else []
    said += [(name, str(wished[name])) for name in _BOUNDS if wished[name] is not None]
    said += [(name, tag) for name in _TAGS for tag in wished[name]]
    said += [("platforms", ",".join(wished["platforms"]))] if wished["platforms"] else []
    said += [(name, "1") for name in _SWITCHES if wished[name]]
    return said + ([("lang", wished["lang"])] if wished["lang"] else [])


def address_of(wished: Wished) -> str:
    """The address, relative to the page."""
    said = pairs(wished)
    return "?" + urlencode(said, safe=",") if said else "./"


def _app_id(text: str) -> int | None:
    return int(text) if re.fullmatch("[1-9][0-9]{0,9}", text) and int(text) < 2**31 else None
