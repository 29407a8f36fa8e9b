"""What a shop's reviews are like, counted before a recipe is proposed."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from srec.errors import SRecError
from srec.store.connections.duckdb import connect
from srec.store.ingest import ingest
from srec.store.sources.base import Source
from srec.store.stores import open_reader

#: Filters from the strictest: positive reviews of each user, and of each game.
FILTERS = ((3, 5), (3, 3), (2, 3), (2, 2), (2, 1))
DAYS = (7, 14, 30, 60, 90, 180, 365, 730)
LISTS = (8, 6, 5, 4)


@dataclass(frozen=True)
class Left:
    """About what a filter leaves: one round of it is counted.

    Attributes:
        liked: positive reviews.
        users: who wrote them.
        games: that they are about.
        people: by number of games, how many users like so many or more.
    """

    liked: int
    users: int
    games: int
    people: Mapping[int, int]


@dataclass(frozen=True)
class Look:
    """What reviews are like.

    Attributes:
        reviews: how many there are.
        positive: how many of them are positive.
        users: who wrote them.
        games: that they are about.
        first: when the first one was written.
        last: when the last one was.
        rejected: rows that cannot be used, by reason.
        left: by filter, what it leaves.
        recent: by days before the last review, how many positive reviews were written in them.
        several: users who like two games or more.
        simulated: whether they are invented.
    """

    reviews: int
    positive: int
    users: int
    games: int
    first: datetime
    last: datetime
    rejected: Mapping[str, int]
    left: Mapping[tuple[int, int], Left]
    recent: Mapping[int, int]
    several: int
    simulated: bool


def look(sources: Sequence[Source], *, memory: str = "2GB", threads: int | None = None) -> Look:
    """Read reviews into a store that is thrown away, and count them.

    Args:
        sources: of games, where there are some, and of reviews.
        memory: what the database may use before it spills to disk.
        threads: its threads; all cores where None.

    Raises:
        SourceError: a source is not what it claims to be.
        SRecError: there are no reviews in it.
    """
    with TemporaryDirectory(prefix="srec-look-") as folder:
        store, rejected = Path(folder) / "store.duckdb", dict[str, int]()
        for source in sources:
            read = ingest(store, source, memory_limit=memory, threads=threads)
            rejected |= {reason: rejected.get(reason, 0) + many for reason, many in read.reasons.items()}
        with (
            open_reader(str(store)) as reader,
            closing(connect(memory_limit=memory, threads=threads)) as connection,
        ):
            reader.attach(connection)
            return _count(connection, rejected, reader.simulated)


_LEFT = """
WITH games AS (SELECT app_id FROM liked GROUP BY ALL HAVING count(*) >= $games),
     users AS (
         SELECT user_key FROM liked SEMI JOIN games USING (app_id) GROUP BY ALL HAVING count(*) >= $users
     )
SELECT user_key, app_id FROM liked SEMI JOIN games USING (app_id) SEMI JOIN users USING (user_key)
"""


def _count(connection: duckdb.DuckDBPyConnection, rejected: Mapping[str, int], simulated: bool) -> Look:
    def row(query: str, **values: Any) -> tuple[Any, ...]:
        found = connection.execute(query, values or None).fetchone()
        assert found is not None
        return found

    connection.execute(
        "CREATE TEMP TABLE liked AS SELECT user_key, app_id, created_at FROM store.reviews WHERE positive"
    )
    reviews, positive, users, games, first, last = row(
        "SELECT count(*), count(*) FILTER (positive), count(DISTINCT user_key), count(DISTINCT app_id),"
        " min(created_at), max(created_at) FROM store.reviews"
    )
    if not positive:
        raise SRecError("no review is positive: a recommender learns from what people like")
    several = "SELECT count(*) FROM (SELECT user_key FROM liked GROUP BY ALL HAVING count(*) > 1)"
    recent = "SELECT count(*) FROM liked WHERE created_at > $last::TIMESTAMP - to_days($days)"

    def left(users: int, games: int) -> Left:
        values = {"users": users, "games": games}
        connection.execute(f"CREATE OR REPLACE TEMP TABLE kept AS {_LEFT}", values)
        likings, by, of = row("SELECT count(*), count(DISTINCT user_key), count(DISTINCT app_id) FROM kept")
        people = "SELECT count(*) FROM (SELECT user_key FROM kept GROUP BY ALL HAVING count(*) >= $least)"
        return Left(likings, by, of, {least: row(people, least=least)[0] for least in LISTS})

    return Look(
        reviews,
        positive,
        users,
        games,
        first,
        last,
        rejected,
        {one: left(*one) for one in FILTERS},
        {days: row(recent, last=last, days=days)[0] for days in DAYS},
        row(several)[0],
        simulated,
    )
