"""What every store promises: it changes as a whole or not at all, and gives DuckDB its rows to read."""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import duckdb

from srec.store.ingestion import RowsRead, Summary
from srec.store.sources.base import Source


class Described(Protocol):
    """What is known of reviews and games before they are read."""

    @property
    def simulated(self) -> bool:
        """Whether the reviews come from the simulator."""
        ...

    @property
    def revision(self) -> str:
        """A name for all rows: another one whenever any of them changed."""
        ...

    @property
    def latest(self) -> bool:
        """Whether it holds at most one row for each user and game."""
        ...


class Reader(Described, Protocol):
    """Reviews and games that can be read; a context manager."""

    @property
    def identity(self) -> str | None:
        """A name of the store that outlasts every change; None where it keeps no record of changes."""
        ...

    @property
    def batch(self) -> int:
        """The number of the last ingestion that changed rows; rows written later have a greater one."""
        ...

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make its rows readable in another database: ``store.reviews``, ``store.games`` and so on.

        With an identity, ``store.removed`` and ``store.revisions`` are there too, and what users did has its
        ``batch``. The rows are those of the moment of the call, whatever is written meanwhile.

        Args:
            connection: the other database.

        Raises:
            SRecError: a server breaks off.
            duckdb.Error: a file cannot be read.
        """
        ...

    def close(self) -> None:
        """Close it and release what it holds."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """Reviews and games that can be written, by one process at a time; a context manager."""

    @property
    def name(self) -> str:
        """How messages call it: never with a password."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether the reviews come from the simulator."""
        ...

    @property
    def revision(self) -> str:
        """A name for all rows: another one whenever any of them changed."""
        ...

    def counts(self) -> dict[str, int]:
        """How many reviews, users, games, sequences, libraries and rejects there are, in rows.

        The users are those who wrote reviews.
        """
        ...

    def ingest(
        self,
        source: Source,
        progress: RowsRead | None = None,
        *,
        notes: Mapping[str, str] | None = None,
        seen: bool = False,
    ) -> Summary:
        """Read a source into the store, in one transaction.

        The same rows again change nothing; a newer version of a review replaces the older, and a later row
        of a sequence or a library the earlier. Bad rows go to
        the table ``rejects``, which holds those of each file's last ingestion.

        Args:
            source: what to read.
            progress: called after each batch of rows.
            notes: what a crawl must remember from here on; kept in the same transaction.
            seen: remember which reviews were given, for ``forget_unseen``.

        Raises:
            SourceError: the source is not what it claims.
            SRecError: it would mix simulated and real data, or the disk or the memory do not suffice.
        """
        ...

    def notes(self) -> dict[str, str]:
        """All notes that ingestions left."""
        ...

    def forget_unseen(self, app_id: int, notes: Mapping[str, str]) -> int:
        """Remove the reviews of a game that no ingestion gave since its last call or ``forget_seen``.

        In one transaction.

        Args:
            app_id: the game all of whose reviews were given with ``seen``.
            notes: kept in the same transaction.

        Returns:
            How many reviews were removed.
        """
        ...

    def forget_seen(self, app_id: int) -> None:
        """Forget which reviews of a game were given with ``seen``.

        Args:
            app_id: the game whose reviews are to be read anew.
        """
        ...

    def close(self) -> None:
        """Close it and release what it holds."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
