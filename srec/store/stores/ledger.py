"""What a store records besides its rows: its identity and revision, a crawl's notes, each ingestion."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from srec.errors import SRecError
from srec.store.ingestion import Summary
from srec.store.schema import TABLES
from srec.store.sources.base import Source

#: Runs one statement with its values and gives its rows.
Ask = Callable[..., list[tuple[Any, ...]]]


def first_entries(identity: str) -> dict[str, str]:
    """What the table ``meta`` of a new store holds.

    Args:
        identity: the fingerprint of its key.
    """
    return {
        "identity": identity,
        "simulated": "false",
        "revision": secrets.token_hex(8),
        "batch": "0",
    }


def now() -> datetime:
    """The time in UTC, as the tables have it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Ledger:
    """The small tables of a store, in SQL that every engine here runs.

    Args:
        name: how messages call the store.
        ask: runs a statement; values stand in it as $1, $2, ...
    """

    def __init__(self, name: str, ask: Ask) -> None:
        self.name, self.ask = name, ask

    @property
    def simulated(self) -> bool:
        """Whether the reviews come from the simulator."""
        return self.meta("simulated") == "true"

    @property
    def identity(self) -> str:
        """As ``Reader.identity``."""
        return self.meta("identity")

    @property
    def batch(self) -> int:
        """As ``Reader.batch``."""
        return int(self.meta("batch"))

    @property
    def next_batch(self) -> int:
        """The number of the next ingestion."""
        return self.batch + 1

    def meta(self, key: str) -> str:
        """An entry of the table ``meta``.

        Raises:
            LookupError: there is none.
        """
        rows = self.ask("SELECT value FROM meta WHERE key = $1", key)
        if not rows:
            raise LookupError(key)
        return str(rows[0][0])

    def counts(self) -> dict[str, int]:
        """How many rows the tables have, and how many users wrote the reviews."""
        row = self.ask(
            "SELECT (SELECT count(*) FROM reviews),"
            # PostgreSQL sorts for count(DISTINCT ...), but hashes for GROUP BY.
            " (SELECT count(*) FROM (SELECT user_key FROM reviews GROUP BY user_key) AS users),"
            " (SELECT count(*) FROM games), (SELECT count(*) FROM sequences),"
            " (SELECT count(*) FROM libraries), (SELECT count(*) FROM rejects)"
        )[0]
        names = ("reviews", "users", "games", "sequences", "libraries", "rejects")
        return dict(zip(names, map(int, row), strict=True))

    def notes(self) -> dict[str, str]:
        """As ``Store.notes``."""
        return {str(key): str(value) for key, value in self.ask("SELECT key, value FROM notes")}

    def note(self, notes: Mapping[str, str]) -> None:
        """Write notes; those with other keys stay."""
        for key, value in notes.items():
            self.ask("DELETE FROM notes WHERE key = $1", key)
            self.ask("INSERT INTO notes (key, value) VALUES ($1, $2)", key, value)

    def refuse_mixing(self, source: Source) -> None:
        """Keep simulated and real data apart.

        Raises:
            SRecError: the store holds the other kind.
        """
        empty = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {table})" for table in TABLES)
        if not self.ask(f"SELECT {empty}")[0][0] and self.simulated != source.simulated:
            held, given = ("simulated" if kind.simulated else "real" for kind in (self, source))
            raise SRecError(
                f"{self.name} holds {held} data and {source.path} is {given}: keep them in two stores"
            )

    def changed(self, batch: int) -> None:
        """Give the store another revision, because rows have changed.

        Args:
            batch: the number of the ingestion that changed them.
        """
        revision = secrets.token_hex(8)
        self._set("batch", str(batch))
        self._set("revision", revision)
        self.ask("INSERT INTO revisions VALUES ($1, $2)", batch, revision)

    def ingested(self, source: Source, summary: Summary, *, batch: int, started: datetime) -> None:
        """Record what an ingestion did.

        Args:
            source: what was read.
            summary: what became of its rows.
            batch: the number of the ingestion.
            started: when it began, UTC.
        """
        if summary.changed:
            self._set("simulated", str(source.simulated).lower())
            self.changed(batch)
        finished = now()
        for kind, counts in summary.tables.items():
            self.ask(
                "INSERT INTO ingestions VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                source.name,
                str(source.path),
                kind,
                started,
                finished,
                counts.read,
                counts.added,
                counts.replaced,
                counts.repeated,
                counts.rejected,
            )

    def _set(self, key: str, value: str) -> None:
        self.ask("UPDATE meta SET value = $2 WHERE key = $1", key, value)
