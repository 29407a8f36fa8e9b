"""A store's tables filled row by row, and an engine that reads them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from srec.prepare.engines.duckdb import DuckDBEngine
from srec.store.schema import TABLES

START = datetime(2020, 1, 1)


class Review(NamedTuple):
    user: int
    app: int
    day: int
    positive: bool
    review_id: int


@dataclass(frozen=True)
class Raw:
    """A reader of reviews that may hold several versions of one.

    Attributes:
        sequences: (user, app, place).
        libraries: (user, app, hours).
    """

    reviews: Sequence[Review] = ()
    latest: bool = False
    sequences: Sequence[tuple[int, int, int]] = ()
    libraries: Sequence[tuple[int, int, float]] = ()

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("CREATE SCHEMA store")
        empty_tables(connection)
        for review in self.reviews:
            moment = START + timedelta(days=review.day)
            connection.execute(
                "INSERT INTO store.reviews (user_key, app_id, positive, created_at, updated_at, review_id)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [review.user, review.app, review.positive, moment, moment, review.review_id],
            )
        for name in ("sequences", "libraries"):
            for row in getattr(self, name):
                connection.execute(f"INSERT INTO store.{name} VALUES (?, ?, ?, 1)", row)


def empty_tables(connection: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES.values():
        columns = [f"{name} {kind}" for name, kind in table.kept]
        connection.execute(f"CREATE TABLE store.{table.name} ({', '.join(columns)})")


@contextmanager
def engine_of(reader: Any, folder: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(reader, folder / "scratch", memory_limit="1GB", threads=2) as engine:
        yield engine
