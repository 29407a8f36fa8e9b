"""Small sources with known content, one for each name in SOURCES, and a source made of records."""

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from srec.simulate.world import SimulateSettings, simulate
from srec.store.schema import TABLES
from srec.store.sources import SOURCES
from srec.store.sources.base import Part, Source
from srec.store.sources.records import to_batches
from srec.store.stores.base import Store
from srec.store.stores.duckdb import DuckDBStore
from srec.store.stores.keys import beside
from srec.store.stores.postgres import PostgresStore, copy_tables

#: Raw user ids that are easy to find if they are stored anywhere.
ANNA, BERT = "76561190000000017", "bert-the-unmistakable"


@dataclass(frozen=True)
class Records:
    """A source of records with canonical names."""

    reviews: Sequence[dict[str, Any]] = ()
    games: Sequence[dict[str, Any]] = ()
    sequences: Sequence[dict[str, Any]] = ()
    libraries: Sequence[dict[str, Any]] = ()
    path: Path = Path("records")
    fails: Exception | None = None
    name: ClassVar[str] = "records"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        for name in TABLES:
            records: Sequence[dict[str, Any]] = getattr(self, name)
            rows = ((self.path, number, record) for number, record in enumerate(records, 1))
            if records:
                yield Part(name, to_batches(TABLES[name], rows))
        if self.fails:
            raise self.fails


def review(
    user: str = ANNA, app: Any = 620, positive: Any = True, at: Any = "2015-11-05", **more: Any
) -> Any:
    return {"user_id": user, "app_id": app, "positive": positive, "created_at": at, **more}


def look(store: Store) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that sees the current tables of any store."""
    if isinstance(store, DuckDBStore):
        return store.connection
    assert isinstance(store, PostgresStore)
    connection = duckdb.connect()
    copy_tables(store.server, connection, whole=True)
    return connection.execute("USE store")


def rows(store: Store, table: str = "reviews") -> list[tuple[Any, ...]]:
    personal = table in TABLES and TABLES[table].personal
    columns = "* EXCLUDE (batch)" if personal else "*"
    return look(store).execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


def key_file_of(where: str) -> Path:
    """Where a store's key is: in the file that the environment names, or beside the store."""
    return Path(os.environ.get("SREC_STORE_KEY_FILE") or beside(Path(where)))


def key_of(store: Store, user: str) -> int:
    """The key of a person in a store whose own key is in a file."""
    where = str(store.path) if isinstance(store, DuckDBStore) else ""
    hashed = f"{key_file_of(where).read_text().strip()}:{user}"
    return int.from_bytes(hashlib.sha256(hashed.encode()).digest()[:8], "big") - 2**63


def make_older(store: Store) -> str:
    """Give a store the form of the version that held its key itself; returns the key, whose file goes."""
    older = "UPDATE meta SET value = '4' WHERE key = 'version'"
    if isinstance(store, PostgresStore):
        older = "DELETE FROM migrations WHERE number = 4"
    file = key_file_of(str(store.path) if isinstance(store, DuckDBStore) else "")
    key = file.read_text().strip()
    store.ledger.ask(older)  # type: ignore[attr-defined]
    store.ledger.ask("UPDATE meta SET key = 'secret', value = $1 WHERE key = 'identity'", key)  # type: ignore[attr-defined]
    file.unlink()
    return key


def rejects(store: Store) -> list[tuple[int, str]]:
    return look(store).execute("SELECT row, reason FROM rejects ORDER BY ALL").fetchall()


def facts(store: Store) -> list[tuple[Any, ...]]:
    """(app, positive, day) of each review."""
    query = "SELECT app_id, positive, CAST(created_at AS DATE)::VARCHAR FROM reviews ORDER BY ALL"
    return look(store).execute(query).fetchall()


#: The content of every source below except the simulated one, besides one bad row.
KNOWN = [(400, False, "2015-12-01"), (620, True, "2015-11-05"), (620, True, "2016-01-02")]


def _ucsd(path: Path) -> Source:
    lines = [
        f"{{u'user_id': u'{ANNA}', 'reviews': ["
        "{'posted': 'Posted November 5, 2015.', 'last_edited': '', 'item_id': '620', 'recommend': True},"
        "{'posted': 'Posted December 1, 2015.', 'last_edited': '', 'item_id': '400', 'recommend': False},"
        "{'posted': 'Posted Smarch 1, 2015.', 'last_edited': '', 'item_id': '440', 'recommend': True}]}",
        f"{{'user_id': '{BERT}', 'reviews': ["
        "{'posted': 'Posted January 2.', 'last_edited': '', 'item_id': '620', 'recommend': True}]}",
    ]
    file = path / "australian_user_reviews.json.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    return SOURCES["ucsd"](path)


def page(*reviews: dict[str, Any], success: int = 1) -> dict[str, Any]:
    return {"success": success, "query_summary": {"num_reviews": len(reviews)}, "reviews": list(reviews)}


def api_review(user: str, seconds: int, voted_up: Any = True, number: int = 1) -> dict[str, Any]:
    return {
        "recommendationid": str(number),
        "author": {"steamid": user, "num_games_owned": 3, "num_reviews": 1, "playtime_forever": 90},
        "language": "english",
        "review": "good",
        "timestamp_created": seconds,
        "timestamp_updated": seconds,
        "voted_up": voted_up,
        "steam_purchase": True,
        "received_for_free": False,
        "written_during_early_access": False,
    }


def _steam_api(path: Path) -> Source:
    # 1446681600 = 2015-11-05, 1448928000 = 2015-12-01, 1451692800 = 2016-01-02, UTC.
    first = page(api_review(ANNA, 1446681600, number=1), api_review(BERT, 1451692800, number=2))
    second = page(api_review(ANNA, 1448928000, False, number=3), api_review(BERT, 1448928000, "maybe"))
    (path / "620.json").write_text(json.dumps(first))
    (path / "400_1.json").write_text(json.dumps(second))
    return SOURCES["steam-api"](path)


def _table(path: Path) -> Source:
    file = path / "reviews.csv"
    lines = [
        "who,game,liked,when",
        f"{ANNA},620,true,2015-11-05",
        f"{ANNA},400,false,2015-12-01T00:00:00Z",
        f"{BERT},620,1,1451692800",
        f"{BERT},six,1,1451692800",
    ]
    file.write_text("\n".join(lines))
    names = {"user_id": "who", "app_id": "game", "positive": "liked", "created_at": "when"}
    return SOURCES["table"](file, table="reviews", columns=names)


def _simulated(path: Path) -> Source:
    simulate(path / "world", SimulateSettings(reviews=500, games=40))
    return SOURCES["simulated"](path / "world")


EXAMPLES: dict[str, Callable[[Path], Source]] = {
    "ucsd": _ucsd,
    "steam-api": _steam_api,
    "table": _table,
    "simulated": _simulated,
}


def write_parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path
