"""What a store holds, counted where the data is; and all of it as Parquet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Timer
from typing import Any, Protocol, runtime_checkable

import duckdb

from srec.artifacts import is_current, write_directory
from srec.errors import SRecError
from srec.store.connections.scratch import scratch
from srec.store.schema import TABLES
from srec.store.stores.base import Reader
from srec.store.stores.parquet import KIND, VERSION

_Ask = Callable[[str], list[tuple[Any, ...]]]
_LAST = 5
_REASONS = 100  # of rejects, the most frequent
_SECONDS = 900.0  # that counting may take: a small file can claim to have more rows than anybody can count


@runtime_checkable
class Answering(Protocol):
    """A reader whose store answers queries itself, so that no rows travel."""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a small result."""
        ...

    def size(self) -> int:
        """The bytes of its tables on its disk."""
        ...


@dataclass(frozen=True)
class Ingested:
    """What one ingestion did to one table, as the store keeps it."""

    finished_at: str
    source: str
    kind: str
    read: int
    added: int
    replaced: int
    repeated: int
    rejected: int


@dataclass(frozen=True)
class Holdings:
    """What a store holds.

    Attributes:
        users: who wrote the reviews.
        sequences: games in users' orders without dates.
        libraries: games in users' libraries.
        positive_share: of the reviews; None where there are none.
        first_review: its moment (ISO, UTC).
        last_review: its moment.
        removed: how many reviews were removed; None where that is not kept, as in an exported folder.
        rejects: how many rows, by reason, most first.
        ingestions: the last ones, the latest first.
    """

    simulated: bool
    revision: str
    reviews: int
    users: int
    games: int
    sequences: int
    libraries: int
    positive_share: float | None
    first_review: str | None
    last_review: str | None
    removed: int | None
    rejects: Mapping[str, int]
    ingestions: Sequence[Ingested]


def describe(reader: Reader) -> Holdings:
    """Count what is there.

    Args:
        reader: a store, opened as a whole.

    Raises:
        SRecError: the store breaks off.
    """
    with _asking(reader) as (ask, tables):
        rows, positive, first, last, users, games, sequences, libraries = ask(
            "SELECT count(*), CAST(avg(CASE WHEN positive THEN 1.0 ELSE 0.0 END) AS double precision),"
            " min(created_at), max(created_at),"
            " (SELECT count(*) FROM (SELECT user_key FROM reviews GROUP BY user_key) AS users),"
            " (SELECT count(*) FROM games), (SELECT count(*) FROM sequences),"
            " (SELECT count(*) FROM libraries) FROM reviews"
        )[0]
        kept = "ingestions" in tables
        return Holdings(
            simulated=reader.simulated,
            revision=reader.revision,
            reviews=int(rows),
            users=int(users),
            games=int(games),
            sequences=int(sequences),
            libraries=int(libraries),
            positive_share=positive,
            first_review=first and first.isoformat(),
            last_review=last and last.isoformat(),
            removed=int(ask("SELECT count(*) FROM removed")[0][0]) if kept else None,
            rejects={str(reason): int(count) for reason, count in ask(_REJECTS)} if kept else {},
            ingestions=[Ingested(str(row[0]), str(row[1]), str(row[2]), *row[3:]) for row in ask(_INGESTIONS)]
            if kept
            else [],
        )


_INGESTIONS = (
    f"SELECT {', '.join(one.name for one in fields(Ingested))} FROM ingestions"
    f" ORDER BY finished_at DESC, kind DESC LIMIT {_LAST}"
)
_REJECTS = (
    "SELECT split_part(reason, ':', 1) AS what, count(*) AS total FROM rejects"
    f" GROUP BY split_part(reason, ':', 1) ORDER BY total DESC, what LIMIT {_REASONS}"
)


def size(reader: Reader, where: str) -> int:
    """The bytes that a store takes on its disk.

    Args:
        reader: the store.
        where: its path, where it has one.
    """
    if isinstance(reader, Answering):
        return reader.size()
    path = Path(where)
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


_ORDERS = {
    "reviews": "app_id, created_at, user_key",
    "games": "app_id",
    "sequences": "app_id, user_key",
    "libraries": "app_id, user_key",
}


@contextmanager
def _asking(reader: Reader) -> Iterator[tuple[_Ask, set[str]]]:
    """A way to query the tables, and the names of those there are."""
    if isinstance(reader, Answering):
        names = reader.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'srec'")
        yield reader.ask, {str(name) for (name,) in names}
        return
    with scratch(None, None, otherwise="the store cannot be counted") as work:
        reader.attach(work)
        work.execute("USE store")
        tables = {str(name) for (name,) in work.execute("SHOW TABLES").fetchall()}
        end = Timer(_SECONDS, work.interrupt)
        end.start()
        try:
            yield lambda query: work.execute(query).fetchall(), tables
        except duckdb.InterruptException:
            raise SRecError(
                f"the store cannot be counted in {_SECONDS:g} seconds: it has too many rows"
            ) from None
        finally:
            end.cancel()


def export(
    reader: Reader, target: Path, *, memory_limit: str | None = None, threads: int | None = None
) -> bool:
    """Write all reviews, games, sequences and libraries as Parquet, unless the same are there.

    ``srec prepare`` reads the directory as it reads a store. The reviews are ordered by game and time.

    Args:
        reader: a store, opened as a whole.
        target: the directory to write, whole or not at all.
        memory_limit: what DuckDB may use before it spills, such as "2GB".
        threads: how many threads it uses; by default all cores.

    Returns:
        Whether anything was written.

    Raises:
        ArtifactError: ``target`` is something else.
        SRecError: the store breaks off.
    """
    inputs = {"store": reader.revision}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters={}):
        return False
    with (
        write_directory(target, KIND, VERSION, inputs=inputs) as draft,
        scratch(memory_limit, threads, otherwise=f"{target} is not written") as work,
    ):
        reader.attach(work)
        rows = {}
        for name, order in _ORDERS.items():
            rows[name] = int(work.execute(f"SELECT count(*) FROM store.{name}").fetchall()[0][0])
            if rows[name] or name in ("reviews", "games"):
                columns = ", ".join(column for column, _ in TABLES[name].kept)
                work.execute(
                    f"COPY (SELECT {columns} FROM store.{name} ORDER BY {order}) TO $file"
                    " (FORMAT parquet, COMPRESSION zstd)",
                    {"file": str(draft.path / f"{name}.parquet")},
                )
        draft.facts = {
            "simulated": reader.simulated,
            "revision": reader.revision,
            "latest": reader.latest,
            "rows": rows["reviews"],
        }
    return True
