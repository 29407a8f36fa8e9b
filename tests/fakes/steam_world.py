"""A small world of games and reviews from a seed, as Steam describes it and as a store should have it."""

import hashlib
import random
from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

_EPOCH, _NOW = 1_325_376_000, 1_577_836_800  # 2012-01-01 and 2020-01-01
_LANGUAGES = ("english", "schinese", "german", "русский")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
#: What can happen to a world between two answers.
CHANGES = ("added", "edited", "deleted", "played", "priced")


@dataclass(frozen=True)
class Review:
    """A review; ``bad`` says how its description is malformed: no author, or an invalid time."""

    id: int
    user: str
    app_id: int
    created: int
    updated: int
    positive: bool
    playtime: int | None
    language: str
    flags: tuple[bool, bool, bool]  # bought on Steam, for free, in early access
    bad: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """Its place: lists are sorted by it, ascending."""
        return -self.created, -self.id

    def told(self) -> dict[str, Any]:
        """The review as the API returns it."""
        author: dict[str, Any] = {"steamid": self.user, "num_games_owned": 7, "num_reviews": 2}
        if self.playtime is not None:
            author["playtime_forever"] = self.playtime
        purchase, free, early = self.flags
        review = {
            "recommendationid": str(self.id),
            "author": author,
            "language": self.language,
            "review": f"A game. Ask {self.user}!",
            "timestamp_created": "yesterday" if self.bad == "timestamp" else self.created,
            "timestamp_updated": self.updated,
            "voted_up": self.positive,
            "votes_up": 3,
            "weighted_vote_score": "0.52",
            "steam_purchase": purchase,
            "received_for_free": free,
            "written_during_early_access": early,
        }
        return {key: review[key] for key in review if not (self.bad == "author" and key == "author")}

    def row(self, key: int) -> tuple[Any, ...]:
        """The row in a store, under a user's key, without the batch."""
        times = (datetime.fromtimestamp(at, UTC).replace(tzinfo=None) for at in (self.created, self.updated))
        return (
            key,
            self.app_id,
            self.positive,
            *times,
            self.id,
            self.playtime,
            self.language,
            *self.flags,
        )


@dataclass
class Game:
    """A game with its reviews, the newest first."""

    app_id: int
    name: str
    price: int | None
    tags: dict[str, Any]
    day: date
    reviews: list[Review] = field(default_factory=list)
    gone: bool = False
    overcounted: bool = False  # the store's count is one more than its list

    def details(self) -> dict[str, Any]:
        """The game as Steam's appdetails return it."""
        day = f"{self.day.day} {_MONTHS[self.day.month - 1]}, {self.day.year}"
        told = {
            "type": "game",
            "name": self.name,
            "steam_appid": self.app_id,
            "is_free": self.price is None,
            "developers": [f"Studio {self.app_id}"],
            "publishers": ["Many; Games", "Other"],
            "genres": [{"id": "1", "description": "Action"}, {"id": "2", "description": "Indie"}],
            "categories": [{"id": 2, "description": "Single-player"}],
            "platforms": {"windows": True, "mac": False, "linux": True},
            "release_date": {"coming_soon": False, "date": day},
        }
        return told | ({"price_overview": {"currency": "USD", "initial": self.price}} if self.price else {})

    def spied(self) -> dict[str, Any]:
        """The game as SteamSpy returns it."""
        return {"appid": self.app_id, "tags": self.tags or [], "positive": 10, "negative": 3}

    def row(self) -> tuple[Any, ...]:
        """The row in a store; a bad tag discards the tags."""
        bad = any(not isinstance(votes, int) for votes in self.tags.values())
        tags = None if bad or not self.tags else [{"tag": t, "votes": v} for t, v in self.tags.items()]
        about = (["Action", "Indie"], ["Single-player"], ["windows", "linux"], tags, tags and "votes")
        makers = ([f"Studio {self.app_id}"], ["Many; Games", "Other"])
        price = self.price or 0
        return (self.app_id, self.name, "game", self.day, not price, price, *makers, *about, 10, 3)


class World:
    """Games and reviews, and their changes.

    Args:
        seed: seeds everything random.
        games: the number of games.
        reviews: the approximate mean number of reviews of a game; some games have none or one.
    """

    def __init__(self, seed: int, games: int, reviews: int) -> None:
        self._random = random.Random(seed)
        self._clock, self._next = _NOW, 1_000
        self.games: dict[int, Game] = {}
        self.changes: Counter[str] = Counter()
        #: Every version of every review that ever existed.
        self.versions: set[Review] = set()
        self.users = [str(76561198_000000000 + 7 * n) for n in range(games * reviews // 2 + 2 * reviews + 9)]
        for number in range(games):
            app_id = 10 * (number + 1)
            tags: dict[str, Any] = {} if number % 5 == 4 else {"FPS": 90 - number, "Co-op, é": 7}
            game = Game(
                app_id,
                f"Game {app_id} ™",
                None if number % 4 == 3 else 499 + app_id,
                tags | ({"Odd": "many"} if number == 2 else {}),
                date(2012 + number % 8, 1 + number % 12, 1 + number % 28),
                overcounted=number % 3 == 0,
            )
            self.games[app_id] = game
            size = number if number < 2 else round(reviews * self._random.uniform(0.4, 1.6))
            for user in self._random.sample(self.users, size):
                # Few seconds, so that some are shared.
                at = _EPOCH + 86_400 * self._random.randrange(2 * size)
                bad = {0: "author", 1: "timestamp"}.get(self._random.randrange(60), "")
                self._write(game, user, at, bad)

    def change(self) -> str | None:
        """Change some game's reviews or price; returns the kind of change."""
        alive = [game for game in self.games.values() if not game.gone]
        kind = self._random.choice(CHANGES)
        if not alive:
            return None
        game = self._random.choice(alive)
        good = [review for review in game.reviews if not review.bad]
        self._clock += self._random.randrange(1, 3000)
        if kind == "priced" and game.price:
            game.price += 100
        elif kind == "added":
            taken = {review.user for review in game.reviews}
            self._write(game, next(user for user in self._shuffled() if user not in taken), self._clock)
        elif good and kind in ("edited", "deleted", "played"):
            self._alter(game, self._random.choice(good), kind)
        else:
            return None
        self.changes[kind] += 1
        return kind

    def vanish(self) -> int | None:
        """Remove a random game with more than one review from Steam; returns its app id."""
        alive = [game for game in self.games.values() if not game.gone and len(game.reviews) > 1]
        if not alive:
            return None
        game = self._random.choice(alive)
        game.gone = True
        self.changes["vanished"] += 1
        return game.app_id

    def page(self, app_id: int, after: tuple[int, int] | None, size: int) -> list[Review]:
        """Up to ``size`` reviews behind a place."""
        reviews = self.games[app_id].reviews
        start = 0
        if after is not None:
            start = bisect_left(reviews, after, key=lambda review: review.place)
            start += start < len(reviews) and reviews[start].place == after
        return reviews[start : start + size]

    def _write(self, game: Game, user: str, at: int, bad: str = "") -> None:
        self._next += self._random.randrange(1, 9)
        draw = self._random.random
        playtime = None if draw() < 0.05 else self._random.randrange(10_000)
        flags = (draw() < 0.8, draw() < 0.1, draw() < 0.2)
        language = self._random.choice(_LANGUAGES)
        review = Review(self._next, user, game.app_id, at, at, draw() < 0.7, playtime, language, flags, bad)
        insort(game.reviews, review, key=lambda review: review.place)
        self.versions.add(review)

    def _alter(self, game: Game, review: Review, kind: str) -> None:
        game.reviews.remove(review)
        if kind == "edited":
            review = replace(review, positive=not review.positive, updated=self._clock)
        elif kind == "played":
            review = replace(review, playtime=(review.playtime or 0) + 60)
        if kind != "deleted":
            insort(game.reviews, review, key=lambda review: review.place)
            self.versions.add(review)

    def _shuffled(self) -> list[str]:
        return self._random.sample(self.users, len(self.users))


def user_key(secret: str, user: str) -> int:
    """A user's key in a store: 64 bits of the hash of the store's secret and the raw id."""
    digest = hashlib.sha256(f"{secret}:{user}".encode()).digest()
    return int.from_bytes(digest[:8], "big") - 2**63
