"""A visitor's Steam library, read with the owner's Web API key; nothing of it is kept or logged.

The answers come from Steam's GetOwnedGames and ResolveVanityURL (https://partner.steamgames.com/doc/webapi).
"""

import json
import re
import socket
import statistics
import threading
import time
from collections import deque
from collections.abc import Container
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from srec.errors import SRecError

STEAM = "https://api.steampowered.com"
MOST_LIKED, MOST_OWNED = 20, 100
_MOST_BYTES = 8 * 2**20
_SECONDS = 8.0
_AT_ONCE, _A_MINUTE = 4, 60
_ID = "7656119[0-9]{10}"
_NAME = "[A-Za-z0-9_-]{2,32}"
_ADDRESS = re.compile(
    rf"(?:(?:https?://)?(?:www\.)?steamcommunity\.com/(?:profiles/(?P<id>{_ID})|id/(?P<name>{_NAME}))(?:[/?#].*)?"
    rf"|(?P<bare_id>{_ID})|(?P<bare_name>{_NAME}))"
)


class NoLibrary(SRecError):  # noqa: N818 -- it says what is missing
    """A library cannot be read.

    Args:
        status: the HTTP status that says it.
        detail: what to change.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True)
class Library:
    """What a library says.

    Attributes:
        liked: app ids of games that were played as long as the library's median, or longer; the most first.
        owned: those of further games, the most played ones first.
        games: how many games the library has, those included that are not known here.
    """

    liked: list[int]
    owned: list[int]
    games: int


class Libraries:
    """Reads libraries from Steam, a few at once and some a minute.

    Args:
        key: the owner's Web API key.
        known: the app ids that are known here.
        origin: where Steam answers.
    """

    def __init__(self, key: str, known: Container[int], *, origin: str = STEAM) -> None:
        self._key, self._known = key, known
        self._origin = urlsplit(origin)
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._asked: deque[float] = deque(maxlen=_A_MINUTE)

    def read(self, profile: str) -> Library:
        """The library of a profile.

        Args:
            profile: the profile's address, or its 17 digits, or its own name.

        Raises:
            NoLibrary: there is no such profile, it is private, or Steam or this server cannot answer now.
        """
        found = _ADDRESS.fullmatch(profile.strip())
        if found is None:
            raise NoLibrary(
                422, "write a profile's address, such as https://steamcommunity.com/id/NAME, or its 17 digits"
            )
        busy = NoLibrary(429, "too many libraries are being read: try again in a minute")
        with self._lock:
            now = time.monotonic()
            if len(self._asked) == _A_MINUTE and now - self._asked[0] < 60:
                raise busy
            self._asked.append(now)
        if not self._free.acquire(blocking=False):
            raise busy
        try:
            steam_id = found["id"] or found["bare_id"] or self._resolved(found["name"] or found["bare_name"])
            return self._library(steam_id)
        finally:
            self._free.release()

    def _resolved(self, name: str) -> str:
        answer = self._ask("/ISteamUser/ResolveVanityURL/v1/", vanityurl=name)
        steam_id = answer.get("steamid")
        if answer.get("success") != 1 or not isinstance(steam_id, str) or not re.fullmatch(_ID, steam_id):
            raise NoLibrary(404, "Steam has no profile of that name: copy the address of your profile")
        return steam_id

    def _library(self, steam_id: str) -> Library:
        answer = self._ask("/IPlayerService/GetOwnedGames/v1/", steamid=steam_id, include_played_free_games=1)
        if "game_count" not in answer:
            raise NoLibrary(
                403,
                "this profile does not show its games: set Game details to Public in its privacy settings,"
                " and try again",
            )
        games = answer.get("games", [])
        minutes = dict(map(_minutes, games if isinstance(games, list) else [None]))
        played = [spent for spent in minutes.values() if spent]
        middle = statistics.median(played) if played else 0
        order = sorted((one for one in minutes if one in self._known), key=lambda one: -minutes[one])
        liked = [one for one in order if minutes[one] and minutes[one] >= middle][:MOST_LIKED]
        owned = [one for one in order if one not in liked]
        return Library(liked, owned[:MOST_OWNED], len(minutes))

    def _ask(self, path: str, **query: str | int) -> dict[str, Any]:
        kind = HTTPSConnection if self._origin.scheme == "https" else HTTPConnection
        link = kind(self._origin.netloc, timeout=_SECONDS)
        timer = None
        try:
            link.connect()
            # The timeout above is for each byte, and this one for all of them.
            timer = threading.Timer(_SECONDS, _end, [link.sock])
            timer.daemon = True
            timer.start()
            # In a header, the key stands in no address that a proxy or an error could show.
            link.request("GET", f"{path}?{urlencode(query)}", headers={"x-webapi-key": self._key})
            with link.getresponse() as answer:
                body = answer.read(_MOST_BYTES + 1)
        except (OSError, HTTPException):
            raise _away() from None
        finally:
            if timer is not None:
                timer.cancel()
            link.close()
        if answer.status in (401, 403):
            raise NoLibrary(502, "Steam refuses this server's key: its owner has to renew it")
        if answer.status != 200 or len(body) > _MOST_BYTES:
            raise _away()
        try:
            told = json.loads(body)["response"]
        except (ValueError, RecursionError, TypeError, KeyError):
            raise _away() from None
        if not isinstance(told, dict):
            raise _away()
        return told


def _minutes(game: object) -> tuple[int, int]:
    """An app id, and how long it was played."""
    if isinstance(game, dict):
        app_id, spent = game.get("appid"), game.get("playtime_forever", 0)
        if type(app_id) is int and type(spent) is int and 0 < app_id < 2**31 and 0 <= spent < 2**31:
            return app_id, spent
    raise _away()


def _away() -> NoLibrary:
    return NoLibrary(502, "Steam does not answer as it should: try again later")


def _end(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def read_key(file: Path) -> str:
    """The owner's Web API key, which stands alone in a file.

    Raises:
        SRecError: it cannot be read, or holds no key; the line does not show what it holds.
    """
    try:
        key = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise SRecError(f"{file} cannot be read as a Steam Web API key: {type(error).__name__}") from None
    if not re.fullmatch("[0-9A-Fa-f]{32}", key):
        raise SRecError(
            f"{file} holds no Steam Web API key: write its 32 letters and digits, and nothing else"
        )
    return key
