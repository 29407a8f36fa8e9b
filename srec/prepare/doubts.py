"""What makes a model of a dataset pointless, or its figures chance, said before anybody trains one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from srec.dataset.dataset import Dataset

FEW_GAMES, FEW_USERS, FEW_TESTED, FEW_PEOPLE = 30, 100, 200, 50
LEAST_LEFT = 0.2
MOST_NAMELESS, MOST_TAGLESS = 0.01, 0.5


@dataclass(frozen=True)
class Size:
    """How much there is to learn from and to measure on.

    Attributes:
        users: whose sessions are kept.
        games: that are kept.
        left: the share of the positive reviews of users with at least two that is kept; None where unknown.
        tested: held-out next games; None where whole users are held out.
        people: held-out users; None where a part of each is held out.
        nameless: games without a name.
        tagless: games without a tag.
    """

    users: int
    games: int
    left: float | None
    tested: int | None
    people: int | None
    nameless: int = 0
    tagless: int = 0


def size_of(dataset: Dataset) -> Size:
    """The size of a prepared dataset."""
    known = dataset.manifest["statistics"]
    steps = [step for step in dataset.manifest["steps"] if step["step"].startswith("positive, of users")]
    left = known["interactions"] / steps[0]["interactions"] if steps and steps[0]["interactions"] else None
    whole = dataset.split == "users"
    sessions = dataset.sequences
    first, last = sessions.offsets[:-1], sessions.offsets[1:]
    return Size(
        known["users"],
        known["items"],
        left,
        None if whole else known["test_interactions"],
        int(((sessions.test_begins == first) & (last > first)).sum()) if whole else None,
        _nameless(dataset) if dataset.has_games else 0,
        int((np.diff(dataset.tags.offsets)[1:] == 0).sum()) if dataset.has_games else 0,
    )


def _nameless(dataset: Dataset) -> int:
    games = pq.read_table(dataset.path / "games.parquet", columns=["app_id", "name"]).to_pylist()
    return sum(game["name"] in ("", None, f"App {game['app_id']}") for game in games)


def doubts(size: Size) -> Iterator[str]:
    """A line for each reason to doubt that a model is worth its while; each says what to change."""
    if size.games < FEW_GAMES:
        yield (
            f"only {size.games} games are left: visitors can look at all of them; lower"
            " prepare.min_game_reviews if the site has more"
        )
    if size.users < FEW_USERS:
        yield (
            f"only {size.users} users are left: what goes together is chance; lower"
            " prepare.min_user_reviews, or set prepare.popular_games=0"
        )
    if size.left is not None and size.left < LEAST_LEFT:
        yield (
            f"only {size.left:.0%} of what users like is left: lower prepare.min_game_reviews and"
            " prepare.min_user_reviews"
        )
    if size.tested is not None and size.tested < FEW_TESTED:
        yield (
            f"only {size.tested} games are left to test on: the figures are chance; widen"
            " prepare.test_days and prepare.valid_days, or set prepare.split=users"
        )
    if size.people is not None and size.people < FEW_PEOPLE:
        yield (
            f"only {size.people} people are held out to measure on: the figures are chance; raise"
            " prepare.held_out_share"
        )
    if size.nameless == size.games:
        yield "no game has a name: visitors see ids; ingest a table of games that has app_id and name"
    elif size.nameless > MOST_NAMELESS * size.games:
        yield (
            f"{size.nameless} of {size.games} games have no name and are never recommended; ingest a table"
            " of games that has app_id and name"
        )
    if size.tagless > MOST_TAGLESS * size.games:
        yield (
            f"{size.tagless} of {size.games} games have no tags: games that few people reviewed are found"
            " by tags; ingest a table of games whose tags are mapped"
        )
