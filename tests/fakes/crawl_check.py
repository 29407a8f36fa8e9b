"""Checks whether a store equals a world of games and reviews, row by row, and has no raw user id."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from fakes.steam_world import World, user_key
from srec.store.schema import GAMES, REVIEWS
from srec.store.stores import open_reader
from srec.store.stores.keys import beside

_MOST = 5  # differences that are listed in words


def differences(store: str, world: World, vanished: set[int]) -> list[str]:
    """The differences between a store and the truth, in words; the first few of each kind.

    For the games in ``vanished`` the store may have what it read before: versions that were once true. For
    all others, whether they vanished later or not at all, it must have exactly the current reviews.
    """
    columns = ", ".join(name for name, _ in REVIEWS.kept if name != "batch")
    with open_reader(store, whole=True) as reader, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        reader.attach(connection)
        reviews = connection.execute(f"SELECT {columns} FROM store.reviews").fetchall()
        games = connection.execute(f"SELECT {', '.join(GAMES.names)} FROM store.games").fetchall()
        rejects = connection.execute("SELECT source, reason FROM store.rejects").fetchall()
    secret = _secret(store)
    keys = {user: user_key(secret, user) for user in world.users}
    exact = [game for game in world.games.values() if game.app_id not in vanished]
    kept = [row for row in reviews if row[1] in vanished]
    versions = {version.row(keys[version.user]) for version in world.versions}
    truth = [review.row(keys[review.user]) for game in exact for review in game.reviews if not review.bad]
    bad = [
        f"steam reviews: {game.app_id}/{review.id}" for game in exact for review in game.reviews if review.bad
    ]
    refused = [source for source, _ in rejects if int(source.split()[-1].split("/")[0]) not in vanished]
    return [
        *_compare("reviews", (row for row in reviews if row[1] not in vanished), truth),
        *_compare("games", (_row(row) for row in games if row[0] not in vanished), (g.row() for g in exact)),
        *_compare("rejects", refused, bad),
        *[f"a vanished game has a review that never was: {row}" for row in kept if row not in versions][
            :_MOST
        ],
        *[f"a reject names a user: {source}" for source, reason in rejects if _names(reason, world.users)],
    ]


def missing(store: str, world: World) -> list[str]:
    """The existing reviews that the store lacks in every version, in words."""
    with open_reader(store, whole=True) as reader, duckdb.connect() as connection:
        reader.attach(connection)
        held = {row[0] for row in connection.execute("SELECT review_id FROM store.reviews").fetchall()}
    games = [game for game in world.games.values() if not game.gone]
    there = {review.id for game in games for review in game.reviews if not review.bad}
    return [f"review {number} was lost" for number in sorted(there - held)]


def leaks(places: Iterable[Path], world: World, key: str) -> list[str]:
    """The files that contain the key or a raw user id, as text or as a number."""
    texts = [user.encode() for user in world.users]
    numbers = [int(user).to_bytes(8, "little") for user in world.users]
    # All ids begin alike: where no beginning is, no id is, and hundreds of searches are saved.
    beginnings = {text[:8] for text in texts} | {number[-4:] for number in numbers}
    found = []
    for place in places:
        content = place.read_bytes() if place.exists() else b""
        needles = [key.encode()]
        if any(beginning in content for beginning in beginnings):
            needles += [*texts, *numbers]
        if any(needle in content for needle in needles):
            found.append(f"{place.name} holds a raw id or the key")
    return found


def _secret(store: str) -> str:
    """The store's key, which is in no database."""
    return Path(os.environ.get("SREC_STORE_KEY_FILE") or beside(Path(store))).read_text().strip()


def _compare(what: str, held: Iterable[Any], true: Iterable[Any]) -> list[str]:
    ours, theirs = (Counter(map(repr, rows)) for rows in (held, true))
    more, fewer = sorted((ours - theirs).elements()), sorted((theirs - ours).elements())
    told = [f"{what}: held, not true: {row}" for row in more[:_MOST]]
    told += [f"{what}: true, not held: {row}" for row in fewer[:_MOST]]
    rest = len(more) + len(fewer) - len(told)
    return told + ([f"{what}: {rest} more differences"] if rest else [])


def _row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(list(value) if isinstance(value, list) else value for value in row)


def _names(text: str, users: Iterable[str]) -> bool:
    return any(user in text for user in users)
