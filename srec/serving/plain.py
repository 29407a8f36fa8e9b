"""The page as the server writes it, with its answer: whole without JavaScript, which begins with the same."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.datastructures import QueryParams

from srec.inference.answers import Answer, Recommended
from srec.inference.games import GameInfo
from srec.inference.naming import Hits
from srec.serving.address import LISTS, MOST, Wished, address_of, moved, pairs, request_of, wished_of
from srec.serving.answering import Answering
from srec.serving.reasons import fewer, reason
from srec.serving.schema import MOST_LETTERS
from srec.serving.words import Words, chosen

TEMPLATES = Path(__file__).with_name("templates")
#: What the form sends itself.
_TYPED = (
    "released_from",
    "released_to",
    "most_cents",
    "popularity",
    "early",
    "adult",
    "unrated",
    "platforms",
)
_CENTS = (500, 1000, 2000, 4000)


class PlainPage:
    """Writes the page for an address.

    Args:
        answering: what answers.
        stamp: the folder of the static files in addresses, which changes with them.
    """

    def __init__(self, answering: Answering, stamp: str) -> None:
        self._answering, self._stamp = answering, stamp
        self._infos = answering.infos
        self._platforms = any(game.platforms for game in answering.bundle.games)
        environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
        self._page, self._game = (environment.get_template(f"{name}.html") for name in ("page", "game"))

    def render(self, query: QueryParams, accepted: str, told: str = "") -> str:
        """The page.

        Args:
            query: of the address; what is wrong in it is left out.
            accepted: the header Accept-Language.
            told: the text that says why something was not done; empty if there is none.
        """
        say = chosen(query.get("lang"), accepted)
        wished = wished_of(query, self._answering.of_own_id)
        typed = query.get("name", "").strip()[:MOST_LETTERS]
        hits = self._answering.names.find(typed, 5) if typed else Hits([], True)
        if typed and hits.sure and len(wished["liked"]) < MOST:
            wished = moved(wished, hits.games[0].app_id, "liked")
            hits = Hits([], True)
        answer = self._answering.recommender.answer([request_of(wished)])[0]
        games = [self._card(game, answer, wished, say) for game in answer.games]
        liked = [self._name(app_id, say) for app_id in wished["liked"]]
        said = [(name, app_id) for name in LISTS for app_id in wished[name]]
        return self._page.render(
            self._common(wished, say),
            heading=say(heading_of(answer, wished)),
            title=say("og_title", names=", ".join(liked[:3])) if liked else say("title"),
            description=say("og_description", names=", ".join(game["name"] for game in games[:5])),
            games=games,
            told=told and say(told),
            libraries=self._answering.libraries is not None,
            said=pairs(wished),
            chosen=[
                (self._name(app_id, say), name, address_of(moved(wished, app_id, None)))
                for name, app_id in said
            ],
            kept=[pair for pair in pairs(wished) if pair[0] not in _TYPED],
            few=fewer(len(games), answer.without, say),
            prices=_CENTS,
            platforms=self._platforms,
            filtered=any(wished[name] for name in (*_TYPED, "must", "must_not"))
            or wished["popularity"] == 0
            or wished["most_cents"] == 0,
            typed=typed,
            unclear=not hits.sure,
            meant=[(game.name, address_of(moved(wished, game.app_id, "liked"))) for game in hits.games],
            first=self._first(wished, answer, [app_id for _, app_id in said]),
        )

    def bring(self, form: QueryParams) -> str:
        """The address with a visitor's library in it, in place of other lists.

        Args:
            form: the profile, and what the visitor wished before.

        Raises:
            NoLibrary: as ``Libraries.read``.
        """
        brought = self._answering.library(form.get("profile", "")[:300])
        wished = wished_of(form, self._answering.of_own_id)
        return address_of(wished | {"liked": brought.liked, "not": [], "own": brought.owned})

    def render_game(self, app_id: int, query: QueryParams, accepted: str) -> str | None:
        """The page of one game; None if it is not known.

        Args:
            app_id: the game.
            query: what the visitor has said already, as in the page's address.
            accepted: the header Accept-Language.
        """
        info = self._infos.get(app_id)
        if info is None:
            return None
        say = chosen(query.get("lang"), accepted)
        wished = wished_of(query, self._answering.of_own_id)
        new = self._answering.is_unrated(app_id)
        alone = wished | dict.fromkeys(LISTS, ()) | {"liked": [app_id], "popularity": 0, "unrated": new}
        asked = [request_of(alone | {"by": by, "variety": 0, "seed": None}) for by in ("smart", "tags")]
        liked, alike = self._answering.recommender.answer(asked)
        name = self._name(app_id, say)
        cards = [self._card(game, liked, wished, say) for game in ([] if new else liked.games)]
        first = ", ".join(card["name"] for card in cards[:3])
        return self._game.render(
            self._common(wished, say),
            title=name,
            description=_facts(info, say),
            preview=f"{say('liked_by_likers', name=name)}: {first}",
            game=info,
            tags=[
                (tag, address_of(wished | {"must": [tag]}))
                for tag in self._answering.recommender.tags(app_id)
            ],
            store=self._link(app_id),
            picture=None if self._answering.bundle.simulated else self._answering.site.picture(app_id),
            say_it=self._say(wished, app_id),
            back=address_of(wished),
            liked=cards,
            new=new,
            alike=[self._card(game, alike, wished, say) for game in alike.games],
        )

    def _common(self, wished: Wished, say: Words) -> dict[str, Any]:
        return {
            "say": say,
            "language": say.language,
            "static": f"static/{self._stamp}",
            "wished": wished,
            "simulated": self._answering.bundle.simulated,
            "shop": "store" if self._answering.site.leads_to_steam else "shop",
        }

    def _first(self, wished: Wished, answer: Answer, said: list[int]) -> Markup:
        """What JavaScript begins with, as JSON; no text in it can end the element that it stands in."""
        known = self._answering.games("", said, MOST) if said else b'{"games":[]}'
        whole = b'{"address":%b,"answer":%b,"known":%b,"version":%b,"platforms":%b}' % (
            json.dumps(address_of(wished)).encode(),
            self._answering.write(answer),
            known,
            json.dumps(self._answering.version()).encode(),
            b"true" if self._platforms else b"false",
        )
        return Markup(whole.decode().replace("<", "\\u003c"))  # noqa: S704 -- it is JSON, and in a script

    def _card(self, game: Recommended, answer: Answer, wished: Wished, say: Words) -> dict[str, Any]:
        names = [self._name(app_id, say) for app_id in answer.sum.named] if answer.sum else []
        return {
            "name": game.name,
            "page": f"game/{game.app_id}{_query(wished)}",
            "store": self._link(game.app_id),
            "facts": _facts(game.info, say),
            "why": reason(game, names, say),
            "say": self._say(wished, game.app_id),
        }

    def _say(self, wished: Wished, app_id: int) -> dict[str, str]:
        """Where a like, a dislike, and that one owns it, lead."""
        said = zip(("like", "dislike", "own"), LISTS, strict=True)
        return {what: address_of(moved(wished, app_id, to)) for what, to in said}

    def _link(self, app_id: int) -> str | None:
        return None if self._answering.bundle.simulated else self._answering.site.link(app_id)

    def _name(self, app_id: int, say: Words) -> str:
        info = self._infos.get(app_id)
        return info.name if info and info.name else say("nameless", id=app_id)


def heading_of(answer: Answer, wished: Wished) -> str:
    """Which text says what an answer is."""
    if wished["unrated"]:
        return "new_ones"
    return "popular" if answer.recommender == "popular" else "next"


def _facts(info: GameInfo, say: Words) -> str:
    cents = info.price_usd_cents
    price = say("is_free") if info.is_free else f"${cents / 100:.2f}" if cents else ""
    return " · ".join(filter(None, [str(info.release_year or ""), price, *info.genres[:2]]))


def _query(wished: Wished) -> str:
    address = address_of(wished)
    return address if address.startswith("?") else ""
