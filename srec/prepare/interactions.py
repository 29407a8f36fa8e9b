"""From reviews to a dataset directory: filters, time split, vocabulary, sequences; in SQL, out of core."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from srec.dataset.statistics import statistics
from srec.errors import SRecError
from srec.prepare.engine import Engine
from srec.prepare.sequences import write_sessions
from srec.settings import Settings

Note = Callable[[str], None]
_CENTURY = 36_525.0  # days


class PrepareSettings(Settings):
    """What is kept of the reviews, and where the test begins."""

    section: ClassVar[str] = "prepare"
    min_user_reviews: int = Field(3, ge=1, description="positive reviews a user must have")
    min_game_reviews: int = Field(5, ge=1, description="positive reviews a game must have")
    popular_games: int = Field(
        100, ge=0, description="the N most reviewed games count as popular; 0 keeps popular-only users"
    )
    popular_share: float = Field(
        1.0, gt=0, le=1, description="a user with at least this share of popular games is excluded"
    )
    test_days: float = Field(14, gt=0, le=_CENTURY, description="the last days before the latest review")
    valid_days: float = Field(
        14, gt=0, le=_CENTURY, description="the days before the test window, for early stopping"
    )


class Steps:
    """Counts what is left after each step, for the manifest and the person watching.

    Args:
        engine: it runs the counts.
        note: called with a line after each step.

    Attributes:
        rows: a step each: its name, and how many interactions, users and items it left.
    """

    def __init__(self, engine: Engine, note: Note) -> None:
        self.engine, self.note = engine, note
        self.rows: list[dict[str, Any]] = []

    def count(self, step: str, query: str) -> int:
        """Count what a step left; returns the number of reviews.

        Args:
            step: its name.
            query: SQL that gives one row: reviews, users, games.
        """
        reviews, users, games = (int(value or 0) for value in self.engine.rows(query)[0])
        self.add(step, reviews=reviews, users=users, games=games)
        return reviews

    def add(self, step: str, *, reviews: int, users: int, games: int) -> None:
        """Note how many reviews, users and games a step left.

        Args:
            step: its name.
            reviews: how many are left.
            users: who wrote them.
            games: which they are about.
        """
        self.rows.append({"step": step, "interactions": reviews, "users": users, "items": games})
        self.note(f"{step}: {reviews:,} reviews, {users:,} users, {games:,} games")


@dataclass(frozen=True)
class Chosen:
    """What is known once users and games are chosen; the engine holds the rest.

    Attributes:
        steps: the counts so far.
        split: "train_until" and "valid_until", UTC.
        min_user_reviews: positive reviews that each user must have.
    """

    steps: Steps
    split: dict[str, datetime]
    min_user_reviews: int


def choose(
    engine: Engine, count: Callable[[Engine], None], *, settings: PrepareSettings, note: Note
) -> Chosen:
    """Choose the users and games of ``store.reviews`` that a dataset keeps, and number the games.

    Args:
        engine: it reads the reviews; afterwards it has ``chosen``, ``game_left`` and ``vocabulary``.
        count: does what ``tally`` does.
        settings: filters and windows.
        note: called with a line after each step.

    Raises:
        SRecError: nothing is left after the filters, or the windows leave nothing to train on.
    """
    steps = Steps(engine, note)
    _count(engine, count, settings, steps)
    engine.drop("user_tallies")
    _fixed_point(engine, settings, steps)
    engine.run("prepare_firsts")
    split = _split(engine, settings)
    engine.run("prepare_vocabulary", valid_until=split["valid_until"])
    return Chosen(steps, split, settings.min_user_reviews)


def write_interactions(engine: Engine, chosen: Chosen, target: Path) -> dict[str, Any]:
    """Number the chosen users and write their sessions into a dataset directory being made.

    Args:
        engine: the one that ``choose`` left.
        chosen: what ``choose`` returned.
        target: the directory.

    Returns:
        Facts for the manifest: the row counts of each step, the split, the statistics.
    """
    _write_vocabulary(engine, target)
    engine.run("prepare_users", min_user_reviews=chosen.min_user_reviews)
    engine.drop("chosen")
    dropped = chosen.steps.count(
        "test games unknown before the test window, dropped",
        "SELECT count(*), count(DISTINCT user_index), count(DISTINCT app_id) FROM unknown",
    )
    users = int(engine.rows("SELECT count(*) FROM users")[0][0])
    moments = {name: int((moment - _EPOCH).total_seconds()) for name, moment in chosen.split.items()}
    write_sessions(engine, target / "sequences", users, positive=True, moments=moments)
    write_sessions(engine, target / "negatives", users, positive=False, moments=None)
    _write_unknown(engine, target / "unknown.parquet")
    facts = statistics(target)
    chosen.steps.add(
        "interactions in the dataset",
        reviews=facts["interactions"],
        users=facts["users"],
        games=facts["items"],
    )
    return {
        "steps": chosen.steps.rows,
        "split": {name: moment.isoformat() for name, moment in chosen.split.items()},
        "dropped_test_interactions": dropped,
        "statistics": facts,
    }


_EPOCH = datetime(1970, 1, 1)
_NOTHING = (
    "no review is left after the filters: lower prepare.min_user_reviews or prepare.min_game_reviews; where"
    " there are few games, set prepare.popular_games=0, to keep users who like only popular ones"
)


def filters(settings: PrepareSettings) -> dict[str, Any]:
    """The settings that choose users."""
    return settings.model_dump(include={"min_user_reviews", "popular_games", "popular_share"})


def tally(engine: Engine, *, latest: bool, settings: PrepareSettings) -> None:
    """Count each user's and each game's reviews, and gather all reviews of users who liked enough games.

    Args:
        engine: it reads the reviews; afterwards it has ``latest``, ``game_tallies``, ``user_tallies``,
            ``popular``, ``user_left`` and ``chosen``.
        latest: whether there is at most one review for each user and game already.
        settings: the filters.
    """
    engine.run("prepare_stored" if latest else "prepare_latest")
    engine.run("prepare_popular", popular_games=settings.popular_games)
    engine.run("prepare_tallies")
    engine.run("prepare_eligible", **filters(settings))
    engine.run("prepare_chosen")


def _count(engine: Engine, count: Callable[[Engine], None], settings: PrepareSettings, steps: Steps) -> None:
    reviews = int(engine.rows("SELECT count(*) FROM store.reviews")[0][0])
    if not reviews:
        raise SRecError("the store holds no reviews: ingest some first")
    count(engine)
    engine.run("prepare_liked")
    totals = "SELECT sum(reviews), count(*), (SELECT count(*) FROM game_tallies) AS games FROM user_tallies"
    left, users, games = (int(value) for value in engine.rows(totals)[0])
    steps.add("reviews in the store", reviews=reviews, users=users, games=games)
    steps.add("latest review of each (user, game)", reviews=left, users=users, games=games)
    steps.count(
        f"positive, of users with {settings.min_user_reviews}"
        + (", popular-only users excluded" if settings.popular_games else ""),
        _LEFT,
    )


_LEFT = (
    "SELECT (SELECT sum(reviews) FROM user_left) AS reviews, (SELECT count(*) FROM user_left) AS users,"
    " (SELECT count(*) FROM game_left) AS games"
)


def _fixed_point(engine: Engine, settings: PrepareSettings, steps: Steps) -> None:
    """Drop games, then users, with too few reviews, until neither drops any."""
    minima = {"games": settings.min_game_reviews, "users": settings.min_user_reviews}
    rounds = 0
    while any(_weak(engine, kind, minimum) for kind, minimum in minima.items()):
        rounds += 1
        for kind, minimum in minima.items():
            engine.run(f"prepare_weak_{kind}", minimum=minimum)
            for table in ("user_left", "game_left", "user_gone"):
                engine.rename(f"next_{table}", table)
            engine.drop("weak", "lost")
    left = steps.count(
        f"users with {minima['users']}, games with {minima['games']}, after {rounds} rounds", _LEFT
    )
    if not left:
        raise SRecError(_NOTHING)


def _weak(engine: Engine, kind: str, minimum: int) -> bool:
    query = f"SELECT count(*) FROM {kind[:-1]}_left WHERE reviews < {minimum}"
    return bool(engine.rows(query)[0][0])


def _split(engine: Engine, settings: PrepareSettings) -> dict[str, datetime]:
    """The last moment of training, and of validation."""
    last: datetime = engine.rows("SELECT max(created_at) FROM latest")[0][0]
    first: datetime = engine.rows("SELECT min(first_at) FROM first_likes")[0][0]
    # In whole seconds, as the times of a dataset are.
    valid_until = (last - timedelta(days=settings.test_days)).replace(microsecond=0)
    train_until = (valid_until - timedelta(days=settings.valid_days)).replace(microsecond=0)
    if train_until < first:
        raise SRecError(
            f"the reviews span {(last - first).days} days: shorten prepare.test_days and prepare.valid_days"
        )
    return {"train_until": train_until, "valid_until": valid_until}


def _write_vocabulary(engine: Engine, target: Path) -> None:
    app_ids = [row[0] for row in engine.rows("SELECT app_id FROM vocabulary ORDER BY item")]
    np.save(target / "app_ids.npy", np.asarray([0, *app_ids], np.int32))


def _write_unknown(engine: Engine, file: Path) -> None:
    schema = pa.schema(
        [("user_index", pa.int64()), ("app_id", pa.int32()), ("created_at", pa.timestamp("us"))]
    )
    rows = engine.rows("SELECT user_index, app_id, created_at FROM unknown ORDER BY ALL")
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    pq.write_table(pa.table(columns, schema=schema), file)
