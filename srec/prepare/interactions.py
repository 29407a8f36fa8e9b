"""From reviews to a dataset directory: filters, split, vocabulary, sequences; in SQL, out of core."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from srec.dataset.statistics import statistics
from srec.errors import SRecError
from srec.prepare.engine import Engine
from srec.prepare.gathering import SOURCES, count_undated, gather
from srec.prepare.sequences import write_ends, write_sessions
from srec.prepare.splits import LastSplit, Split, TimeSplit, UsersSplit
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
    split: Literal["time", "last", "users"] = Field(
        "time",
        description="what is held out: the last days (time), each user's last game (last), or whole users"
        " (users)",
    )
    test_days: float = Field(
        14, gt=0, le=_CENTURY, description="for time: the last days before the latest review"
    )
    valid_days: float = Field(
        14, gt=0, le=_CENTURY, description="for time: the days before the test window, for early stopping"
    )
    held_out_share: float = Field(
        0.1, gt=0, lt=0.5, description="for users: the share of them to test on, and to validate on as well"
    )

    def recorded(self) -> dict[str, Any]:
        """The settings that decide the dataset, for its manifest: without those of other splits.

        A split by time goes without saying, as it did before there were others.
        """
        unused = {
            "time": {"split", "held_out_share"},
            "last": {"test_days", "valid_days", "held_out_share"},
            "users": {"test_days", "valid_days"},
        }
        return self.model_dump(exclude=unused[self.split])


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
        split: what is held out.
        undated: whether there are sequences or libraries.
        weighted: whether there are libraries.
        min_user_reviews: positive reviews that each user must have.
    """

    steps: Steps
    split: Split
    undated: bool
    weighted: bool
    min_user_reviews: int


def choose(
    engine: Engine, count: Callable[[Engine], None], *, settings: PrepareSettings, note: Note
) -> Chosen:
    """Choose the users and games of a store that a dataset keeps, and number the games.

    Args:
        engine: it reads the store; afterwards it has ``chosen``, ``game_left`` and ``vocabulary``.
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
    undated = count_undated(engine)
    return Chosen(
        steps,
        _SPLITS[settings.split](engine, settings),
        undated=any(undated.values()),
        weighted=undated["libraries"] > 0,
        min_user_reviews=settings.min_user_reviews,
    )


_SPLITS: dict[str, Callable[[Engine, PrepareSettings], Split]] = {
    "time": lambda engine, given: TimeSplit.of(
        engine, test_days=given.test_days, valid_days=given.valid_days
    ),
    "last": lambda engine, given: LastSplit.of(engine),
    "users": lambda engine, given: UsersSplit.of(engine, share=given.held_out_share),
}


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
    unknown = _write_unknown(engine, target / "unknown.parquet")
    write_sessions(engine, target / "sequences", users, positive=True, weighted=chosen.weighted)
    of_users = np.bincount(unknown, minlength=users)
    write_ends(engine, target / "sequences", chosen.split, dropped=of_users)
    write_sessions(engine, target / "negatives", users, positive=False, weighted=False)
    facts = statistics(target)
    chosen.steps.add(
        "interactions in the dataset",
        reviews=facts["interactions"],
        users=facts["users"],
        games=facts["items"],
    )
    return {
        "steps": chosen.steps.rows,
        "split": chosen.split.facts(undated=chosen.undated),
        "dropped_test_interactions": dropped,
        "statistics": facts,
    }


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
    gather(engine, latest=latest)
    engine.run("prepare_popular", popular_games=settings.popular_games)
    engine.run("prepare_tallies")
    engine.run("prepare_eligible", **filters(settings))
    engine.run("prepare_chosen")


def _count(engine: Engine, count: Callable[[Engine], None], settings: PrepareSettings, steps: Steps) -> None:
    reviews = int(engine.rows("SELECT count(*) FROM store.reviews")[0][0])
    undated = any(count_undated(engine).values())
    if not reviews and not undated:
        raise SRecError("the store holds no reviews: ingest some first")
    count(engine)
    engine.run("prepare_liked")
    totals = "SELECT sum(reviews), count(*), (SELECT count(*) FROM game_tallies) AS games FROM user_tallies"
    left, users, games = (int(value) for value in engine.rows(totals)[0])
    if undated:
        for step, table in SOURCES.items():
            steps.count(
                step, f"SELECT count(*), count(DISTINCT user_key), count(DISTINCT app_id) FROM {table}"
            )
    else:
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


def _write_vocabulary(engine: Engine, target: Path) -> None:
    app_ids = [row[0] for row in engine.rows("SELECT app_id FROM vocabulary ORDER BY item")]
    np.save(target / "app_ids.npy", np.asarray([0, *app_ids], np.int32))


def _write_unknown(engine: Engine, file: Path) -> list[int]:
    """Write the games that were dropped; returns the user of each."""
    schema = pa.schema(
        [("user_index", pa.int64()), ("app_id", pa.int32()), ("created_at", pa.timestamp("us"))]
    )
    rows = engine.rows("SELECT user_index, app_id, created_at FROM unknown ORDER BY ALL")
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    pq.write_table(pa.table(columns, schema=schema), file)
    return [int(row[0]) for row in rows]
