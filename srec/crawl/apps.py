"""The apps of the store: IStoreService/GetAppList/v1, which needs a Web API key."""

from collections.abc import Iterator
from typing import Any, TypeGuard

from srec.crawl.client import Client
from srec.crawl.steam import Endpoints
from srec.errors import SRecError

_MOST = 50_000  # what one answer holds at most

#: The store's column for an app id is a 32-bit integer.
LARGEST_ID = 2**31 - 1


def list_apps(client: Client, endpoints: Endpoints, key: str) -> Iterator[int]:
    """The ids of all games, ascending.

    Args:
        client: it sends the requests.
        endpoints: where Steam answers.
        key: a Steam Web API key. It travels as a header: a URL can end up in messages and logs.

    Raises:
        SRecError: the key cannot be one or is refused; the list is not one, or does not say where it goes on.
        OutOfBudget: no request is left.
    """
    if not (key.isascii() and key.isprintable()):
        # No header can hold it, and that error's traceback would show the key.
        raise SRecError(
            "the Steam Web API key in STEAM_KEY has a character that no key has: copy it again,"
            " it is 32 letters and digits"
        )
    last, more = 0, True
    while more:
        params: dict[str, str | int] = {"max_results": _MOST, "last_appid": last, "include_games": "true"}
        answer = client.get(endpoints.apps, params, {"x-webapi-key": key}).get("response")
        found = answer.get("apps") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(found, list):
            raise SRecError(f"{endpoints.apps} gives no list of apps")
        ids = [app["appid"] for app in found if isinstance(app, dict) and is_app_id(app.get("appid"))]
        yield from (app_id for app_id in ids if app_id > last)
        more, following = bool(answer.get("have_more_results")), answer.get("last_appid")
        if more and not (is_app_id(following) and following > last):
            raise SRecError(f"{endpoints.apps} says that its list of apps goes on, but not where")
        last = following if is_app_id(following) else last


def is_app_id(value: Any) -> TypeGuard[int]:
    """Whether a value of an answer is an app id."""
    return type(value) is int and 0 < value <= LARGEST_ID
