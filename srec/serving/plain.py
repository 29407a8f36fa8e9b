"""The page as the server writes it, with the answer: for those without JavaScript, and for previews of links.

The address says the same as in ``page.js``, which takes over where JavaScript runs.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import QueryParams

from srec.inference.answers import Answer, Filters, Recommended, Request
from srec.inference.naming import Hits
from srec.serving.answering import Answering
from srec.serving.answers import STORE
from srec.serving.schema import MOST_LETTERS
from srec.serving.words import Words, chosen

TEMPLATES = Path(__file__).with_name("templates")
EARLY, ADULT = ("Early Access",), ("Sexual Content", "Nudity", "NSFW", "Hentai")
_LISTS = ("liked", "not", "own")
_MOST, _MOST_TAGS, _SHOWN = 100, 10, 12
_TYPED = ("released_from", "released_to")  # what the form itself asks for
_BOUNDS = {
    "popularity": (0, 100),
    "released_from": (1900, 2999),
    "released_to": (1900, 2999),
    "most_cents": (0, 10**9),
}


class PlainPage:
    """Writes the page for an address.

    Args:
        answering: what answers.
    """

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._infos = {game.app_id: game for game in answering.bundle.games}
        environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
        self._template = environment.get_template("page.html")

    def render(self, query: QueryParams, accepted: str) -> str:
        """The page.

        Args:
            query: of the address; what is wrong in it is left out.
            accepted: the header Accept-Language.
        """
        say = chosen(query.get("lang"), accepted)
        wished = _wished(query)
        typed = query.get("name", "").strip()[:MOST_LETTERS]
        hits = self._answering.names.find(typed, 5) if typed else Hits([], True)
        if typed and hits.sure and len(wished["liked"]) < _MOST:
            wished = _moved(wished, hits.games[0].app_id, "liked")
            hits = Hits([], True)
        answer = self._answering.recommender.answer([_request(wished)])[0]
        games = [self._card(game, answer, wished, say) for game in answer.games]
        liked = [self._name(app_id, say) for app_id in wished["liked"]]
        said = [(name, app_id) for name in _LISTS for app_id in wished[name]]

        def moved(app_id: int, to: str | None) -> str:
            return _address(_moved(wished, app_id, to))

        return self._template.render(
            say=say,
            language=say.language,
            heading=say("popular" if answer.recommender == "popular" else "next"),
            title=say("og_title", names=", ".join(liked[:3])) if liked else say("title"),
            description=say("og_description", names=", ".join(game["name"] for game in games[:5])),
            games=games,
            chosen=[(self._name(app_id, say), name, moved(app_id, None)) for name, app_id in said],
            kept=[pair for pair in _pairs(wished) if pair[0] not in _TYPED],
            wished=wished,
            typed=typed,
            unclear=not hits.sure,
            meant=[(game.name, moved(game.app_id, "liked")) for game in hits.games],
            simulated=self._answering.bundle.simulated,
        )

    def _card(self, game: Recommended, answer: Answer, wished: dict[str, Any], say: Words) -> dict[str, Any]:
        names = [self._name(app_id, say) for app_id in answer.sum.named] if answer.sum else []
        info = game.info
        cents = info.price_usd_cents
        price = say("is_free") if info.is_free else f"${cents / 100:.2f}" if cents else ""
        return {
            "name": game.name,
            "store": None if self._answering.bundle.simulated else f"{STORE}/app/{game.app_id}/",
            "facts": " · ".join(filter(None, [str(info.release_year or ""), price, *info.genres[:2]])),
            "why": _reason(game, names, say),
            "say": {
                what: _address(_moved(wished, game.app_id, to))
                for what, to in zip(("like", "dislike", "own"), _LISTS, strict=True)
            },
        }

    def _name(self, app_id: int, say: Words) -> str:
        info = self._infos.get(app_id)
        return info.name if info and info.name else say("nameless", id=app_id)


def _wished(query: QueryParams) -> dict[str, Any]:
    """What an address says, as ``stateOf`` in page.js reads it."""
    wished: dict[str, Any] = {}
    for name in _LISTS:
        ids = [int(text) for text in query.get(name, "").split(",") if re.fullmatch("[1-9][0-9]{0,9}", text)]
        wished[name] = list(dict.fromkeys(one for one in ids if one < 2**31))[:_MOST]
    wished["by"] = "tags" if query.get("by") == "tags" else "smart"
    for name, (low, high) in _BOUNDS.items():
        text = query.get(name, "")
        good = re.fullmatch("[0-9]{1,9}", text) and low <= int(text) <= high
        wished[name] = int(text) if good else None
    for name in ("must", "must_not"):
        tags = [tag for tag in query.getlist(name) if 0 < len(tag) <= MOST_LETTERS]
        wished[name] = list(dict.fromkeys(tags))[:_MOST_TAGS]
    return wished | {name: name in query for name in ("early", "adult")} | {"lang": query.get("lang")}


def _request(wished: dict[str, Any]) -> Request:
    off = [*(() if wished["early"] else EARLY), *(() if wished["adult"] else ADULT)]
    must_not = [*wished["must_not"], *(tag for tag in off if tag not in wished["must"])]
    filters = Filters(
        tuple(wished["must"]),
        tuple(dict.fromkeys(must_not)),
        wished["released_from"],
        wished["released_to"],
        wished["most_cents"],
    )
    popularity = None if wished["popularity"] is None else wished["popularity"] / 100
    return Request(wished["liked"], _SHOWN, wished["by"], wished["not"], popularity, wished["own"], filters)


def _moved(wished: dict[str, Any], app_id: int, to: str | None) -> dict[str, Any]:
    """The same with a game in one list only, or in none."""
    moved = {name: [one for one in wished[name] if one != app_id] for name in _LISTS}
    if to:
        moved[to].append(app_id)
    return wished | moved


def _pairs(wished: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [(name, ",".join(map(str, wished[name]))) for name in _LISTS if wished[name]]
    pairs += [("by", "tags")] if wished["by"] == "tags" else []
    pairs += [(name, str(wished[name])) for name in _BOUNDS if wished[name] is not None]
    pairs += [(name, tag) for name in ("must", "must_not") for tag in wished[name]]
    pairs += [(name, "1") for name in ("early", "adult") if wished[name]]
    return pairs + ([("lang", wished["lang"])] if wished["lang"] else [])


def _address(wished: dict[str, Any]) -> str:
    pairs = _pairs(wished)
    return "?" + urlencode(pairs, safe=",") if pairs else "./"


def _reason(game: Recommended, names: Sequence[str], say: Words) -> str:
    """What brought a game, as ``reason`` in cards.js says it, without dislikes."""
    if game.parts is None or game.quality is None or game.popularity is None:
        return say("in_common" if game.shared_tags else "often_next")
    brought = sorted((-part, name) for part, name in zip(game.parts, names, strict=True) if part > 0)
    taste = -sum(part for part, _ in brought)
    if max(game.popularity, game.quality) > taste:
        return say("few_dislike" if game.quality > game.popularity else "by_everybody")
    if not brought:
        return say("often_next")
    first, *others = brought
    if not others or first[0] < 4 * others[0][0]:
        return say("because", first=first[1])
    kind = "mostly" if first[0] < 1.5 * others[0][0] else "both"
    if kind == "both" and len(others) > 1 and others[0][0] > 1.5 * others[1][0]:
        kind = "and_others"
    return say(kind, first=first[1], second=others[0][1])
