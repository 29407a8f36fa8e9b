"""What an owner says of the site around the server: its path, who may embed it, where games have pages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from srec.errors import SRecError

#: A game's page in Steam's store, and its header image.
STEAM_LINKS = "https://store.steampowered.com/app/{id}/"
STEAM_PICTURES = "https://cdn.cloudflare.steamstatic.com/steam/apps/{id}/header.jpg"
#: Written instead of a template: there are none.
NONE = "none"
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Site:
    """The site around a server.

    Attributes:
        root_path: the path under which a proxy passes requests on without taking it off, such as "/games".
        origins: whose pages may ask the API and embed the page, such as "https://blog.example"; "*" is all.
        links: the address of a game's page, with ``{id}`` in it; "none" for no links. None means Steam's.
        pictures: the address of its picture, likewise. None means Steam's if the links are Steam's.
        ids: the owner's own id of an app id, where it is another one.
        steam_key: the owner's Web API key, with which visitors bring their libraries; None if they cannot.

    Raises:
        SRecError: one of them is not as said above; the line says what to write.
    """

    root_path: str = ""
    origins: tuple[str, ...] = ()
    links: str | None = None
    pictures: str | None = None
    ids: Mapping[int, str] = field(default_factory=dict)
    steam_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.root_path and not re.fullmatch(r"(?:/[A-Za-z0-9._~-]+)+", self.root_path):
            raise SRecError(
                f"the root path is {self.root_path!r}: write it as /games, without a / at the end"
            )
        for origin in self.origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise SRecError(f"the origin is {origin!r}: write it as https://blog.example, without a path")
        for template in (self.links, self.pictures):
            if template is not None and template != NONE and not _is_template(template):
                raise SRecError(
                    f"the template is {template!r}: write https://shop.example/game/{{id}}, or none for none"
                )

    def link(self, app_id: int) -> str | None:
        """The address of a game's page; None if it has none."""
        return _filled(self.links or STEAM_LINKS, self.own_id(app_id))

    def picture(self, app_id: int) -> str | None:
        """The address of a game's picture; None if it has none."""
        return _filled(self._pictures, self.own_id(app_id))

    @property
    def leads_to_steam(self) -> bool:
        """Whether a game's page is Steam's, which is then said."""
        return urlsplit(self.links or STEAM_LINKS).netloc == urlsplit(STEAM_LINKS).netloc

    @property
    def picture_origin(self) -> str | None:
        """Where pictures come from, for a browser's policy; None if from nowhere else than the server."""
        parts = urlsplit(self._pictures)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None

    def own_id(self, app_id: int) -> str:
        """What the owner calls a game; the app id's digits if nothing else is known."""
        return self.ids.get(app_id) or str(app_id)

    @property
    def _pictures(self) -> str:
        return self.pictures or (STEAM_PICTURES if self.links is None else NONE)


def read_ids(table: Path) -> dict[int, str]:
    """The owner's own ids, texts, of app ids: a line for each game, with the app id, a tab, and the own id.

    Raises:
        SRecError: the table cannot be read, or names something twice; one line says where.
    """
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise SRecError(f"{table} cannot be read as a table of ids: {error}") from error
    ids: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        app_id, _, own = (text.strip() for text in line.partition("\t"))
        if not line.strip() or line.startswith("#"):
            continue
        if not re.fullmatch("[1-9][0-9]{0,9}", app_id) or not 1 <= len(own) <= 100 or "," in own:
            raise SRecError(f"{table}, line {number}: write an app id, a tab, and your own id without commas")
        if re.fullmatch("[0-9]{1,10}", own):
            raise SRecError(
                f"{table}, line {number}: {own} would be an app id; of digits, only more than 10 are not"
            )
        if int(app_id) in ids:
            raise SRecError(f"{table}, line {number}: the app id {app_id} is there twice")
        ids[int(app_id)] = own
    if twice := _twice(ids.values()):
        raise SRecError(f"{table}: the id {twice!r} is that of two games")
    return ids


def _twice(texts: Iterable[str]) -> str | None:
    seen: set[str] = set()
    return next((text for text in texts if text in seen or seen.add(text)), None)  # type: ignore[func-returns-value]


def _is_template(text: str) -> bool:
    parts = urlsplit(text)
    named = _ORIGIN.fullmatch(f"{parts.scheme}://{parts.netloc}") is not None
    whole = text.count("{id}") == 1 and "{id}" not in parts.netloc and not re.search(r"[\s<>\"';,]", text)
    return named and whole


def _filled(template: str, own_id: str) -> str | None:
    return None if template == NONE else template.replace("{id}", quote(own_id, safe=""))
