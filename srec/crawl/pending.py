"""What was fetched and is not yet committed: rows are committed together with the notes about them."""

import time
from collections.abc import Sequence
from pathlib import Path

from srec.crawl.source import Fetched
from srec.crawl.state import App, app_note
from srec.store.ingestion import TableSummary
from srec.store.sources.records import SourceRow
from srec.store.stores.base import Store


class Pending:
    """Collects rows and commits them now and then, because a commit costs more than a page.

    Args:
        store: where the rows go.
        reviews: commit when this many wait.
        seconds: or when the first row has waited this long.

    Attributes:
        totals: what became of the reviews of all commits.
    """

    def __init__(self, store: Store, reviews: int, seconds: float) -> None:
        self._store, self._most, self._longest = store, reviews, seconds
        self._items: list[tuple[Sequence[SourceRow], Sequence[SourceRow], dict[str, str]]] = []
        self._seen, self._since, self._reviews = False, 0.0, 0
        self._labels: set[Path] = set()
        self.totals = TableSummary()

    def put(
        self,
        app_id: int,
        app: App,
        *,
        reviews: Sequence[SourceRow] = (),
        games: Sequence[SourceRow] = (),
        seen: bool = False,
    ) -> None:
        """Add rows, and where the crawl stands after them.

        Args:
            app_id: the app.
            app: where it stands.
            reviews: rows of ``reviews``.
            games: rows of ``games``.
            seen: whether the store must remember that it was given these reviews.

        Raises:
            SRecError: it is time to commit, and the store cannot take it.
        """
        labels = {row[0] for rows in (reviews, games) for row in rows}
        # A row that comes again belongs to the next commit, where its reject replaces the earlier one.
        if seen != self._seen or not labels.isdisjoint(self._labels):
            self.flush()
        self._seen = seen
        self._labels |= labels
        if not self._items:
            self._since = time.monotonic()
        # One step, so that an interrupt finds both or neither.
        self._items.append((reviews, games, app_note(app_id, app)))
        self._reviews += len(reviews)
        if self._reviews >= self._most or time.monotonic() - self._since >= self._longest:
            self.flush()

    def flush(self) -> None:
        """Commit all that waits; after an interrupt, it can be called again.

        Raises:
            SRecError: the store cannot take it.
        """
        if not self._items:
            return
        notes: dict[str, str] = {}
        for _, _, note in self._items:
            notes |= note
        reviews = [row for rows, _, _ in self._items for row in rows]
        games = [row for _, rows, _ in self._items for row in rows]
        found = self._store.ingest(Fetched(reviews, games), notes=notes, seen=self._seen)
        self._items, self._reviews, self._labels = [], 0, set()
        counts = found.tables.get("reviews", TableSummary())
        self.totals.read += counts.read
        self.totals.added += counts.added
        self.totals.replaced += counts.replaced
        self.totals.rejected += sum(table.rejected for table in found.tables.values())
