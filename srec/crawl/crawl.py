"""The crawl: app after app, details and tags, then reviews from the newest back; it resumes where it stopped.

A run that was killed has lost only what it had not committed, and the next run fetches that again. An app's
first walk reads all its reviews, a later walk the newer ones only; a refresh reads all of them again.
"""

import time
from collections import Counter, deque
from collections.abc import Sequence

from srec.crawl.client import Client, OutOfBudget, Unanswered
from srec.crawl.details import read_details
from srec.crawl.outcome import CrawlProgress, CrawlWatch, Outcome
from srec.crawl.pending import Pending
from srec.crawl.reviews import START, Page, read_page, review_rows
from srec.crawl.source import Fetched, labelled
from srec.crawl.state import App, Walk, read_app, read_pass
from srec.crawl.state import app_note as note
from srec.crawl.steam import Endpoints
from srec.crawl.tags import read_tags
from srec.crawl.walk import Trail, advance, is_settled, judge
from srec.store.sources.records import Record, SourceRow
from srec.store.stores.base import Store

ASKS = 3  # how often a request is sent whose answer looks like a hiccup, before the answer is believed
WALKS = 3  # how often a run repeats a doubtful walk
SILENT = 3  # apps in a row without an answer after which an endpoint is left alone
DESCRIBED_DAYS = 30  # after which details and tags are asked for again


class Crawl:
    """One run over some apps.

    Args:
        store: where everything goes.
        client: it sends the requests.
        apps: the ids of the apps.
        refresh: read all reviews again, and remove those that are gone; also of the apps that an
            interrupted refresh did not reach.
        endpoints: where Steam answers.
        watch: called after each page and each app.
        commit_reviews: commit when this many reviews wait.
        commit_seconds: or when the first of them has waited this long.

    Raises:
        SRecError: the store holds simulated data, or its notes are not a crawl's.
    """

    def __init__(
        self,
        store: Store,
        client: Client,
        apps: Sequence[int],
        *,
        refresh: bool = False,
        endpoints: Endpoints | None = None,
        watch: CrawlWatch = lambda _: None,
        commit_reviews: int = 2000,
        commit_seconds: float = 30.0,
    ) -> None:
        self._store, self._client, self._watch = store, client, watch
        self._endpoints = endpoints or Endpoints()
        self._pending = Pending(store, commit_reviews, commit_seconds)
        notes = store.notes()
        last = read_pass(notes)
        self._pass = last.taken_up(apps) if refresh else last
        self._refresh = refresh
        if refresh or not notes:
            # This also shows at once whether the store can take anything.
            store.ingest(Fetched((), ()), notes=self._pass.note())
        self._apps = {app_id: read_app(notes, app_id) for app_id in apps}
        if refresh:
            # Also the apps that an interrupted refresh did not reach: no other begins before it is finished.
            begun = {app_id: read_app(notes, app_id) for app_id in self._pass.apps}
            self._apps |= {app_id: app for app_id, app in begun.items() if self._is_due(app)}
        # Apps that were begun come first, then those looked at longest ago: so a small budget reaches all in
        # turn. Apps that gave no answer come last: a few would end every run before it reached the others.
        self._queue = deque(sorted(self._apps, key=lambda app_id: _order(self._apps[app_id])))
        self._silent: Counter[str] = Counter()
        self.outcome = Outcome(len(self._apps))

    def run(self) -> Outcome:
        """Crawl until all apps are done or something stops it; what was fetched is kept in either case.

        Returns:
            What it did, and what stopped it.

        Raises:
            SRecError: the store cannot take it.
        """
        try:
            while self._queue and not self.outcome.stopped:
                self._visit_next()
        except OutOfBudget:
            self.outcome.stopped = f"the budget of {self._client.requests:,} requests is spent"
        finally:
            self._pending.flush()
            self._sum_up()
        if self._refresh and not self.outcome.stopped:
            left = [app_id for app_id, app in self._apps.items() if self._is_due(app)]
            self._store.ingest(Fetched((), ()), notes=self._pass.visited(left).note())
        return self.outcome

    def _visit_next(self) -> None:
        app_id = self._queue[0]
        try:
            again = self._visit(app_id)
        except Unanswered as error:
            again = False
            self.outcome.unanswered.append(app_id)
            self._put(app_id, self._apps[app_id], silent=True)
            self._silent["reviews"] += 1
            if self._silent["reviews"] >= SILENT:
                self.outcome.stopped = str(error)
        else:
            self._silent["reviews"] = 0
        self._queue.popleft()
        if again:
            self._queue.append(app_id)
        self._show(0.0)

    def _visit(self, app_id: int) -> bool:
        """Read an app's reviews until the walk ends; returns whether to visit it again."""
        app = self._apps[app_id]
        refresh = self._is_due(app)
        walk = app.walk
        if walk is None or (refresh and not walk.refresh):
            walk = Walk(refresh=refresh)
        begun = walk.cursor != START
        if not begun and ((walk.refresh and walk.number == 1) or _age_days(app.described) > DESCRIBED_DAYS):
            app = self._describe(app_id, app)
        if walk.refresh and walk.number == 1 and not (begun or walk.ended):
            self._begin_refresh(app_id)
        trail = Trail()
        while not walk.ended:
            page, after = self._ask(app_id, app, walk, trail)
            if after.broken and walk.cursor == START:
                self.outcome.gone.append(app_id)
                number = self._pass.number if walk.refresh else app.refreshed
                self._put(app_id, app, walk=None, gone=True, silent=False, checked=_now(), refreshed=number)
                return False
            trail.add(walk, page)
            rows = review_rows(app_id, page)
            app = self._put(
                app_id, app, reviews=rows, walk=after, gone=False, silent=False, seen=walk.refresh
            )
            walk = after
            self.outcome.pages += bool(rows)
            self.outcome.reviews += len(rows)
            self._show(min(1.0, walk.read / walk.total) if walk.total else 0.0)
        return self._finish(app_id, app, walk) or begun

    def _begin_refresh(self, app_id: int) -> None:
        """Forget what a doubtful refresh met: it must not vouch for a review that was deleted since."""
        self._pending.flush()
        self._store.forget_seen(app_id)

    def _is_due(self, app: App) -> bool:
        """Whether this run must refresh an app, because no run of the same refresh has."""
        return self._refresh and app.refreshed < self._pass.number

    def _ask(self, app_id: int, app: App, walk: Walk, trail: Trail) -> tuple[Page, Walk]:
        """The page at the walk's cursor, and the walk after it; a hiccup is asked for again."""
        for attempt in range(ASKS):
            page = read_page(self._client, self._endpoints, app_id=app_id, cursor=walk.cursor)
            after = advance(walk, page, frontier=app.frontier, trail=trail)
            if is_settled(after) or attempt == ASKS - 1:
                break
            self.outcome.hiccups += 1
            self._client.pause(self._endpoints.reviews, attempt, why=f"app {app_id}: an odd page")
        return page, after

    def _finish(self, app_id: int, app: App, walk: Walk) -> bool:
        """Settle what an ended walk shows; returns whether to walk again."""
        closed, certain = judge(app, walk)
        end = app.end if walk.met or walk.broken else walk.last
        if not closed and walk.number < WALKS:
            again = Walk(number=walk.number + 1, refresh=walk.refresh)
            self._put(app_id, app, walk=again, end=end)
            return True
        if not closed or (walk.refresh and not certain):
            self.outcome.doubtful.append(app_id)
        if not closed:
            self._put(app_id, app, walk=None, end=end, checked=_now())
            return False
        frontier = max((when for when in (app.frontier, walk.newest) if when is not None), default=None)
        refreshed = self._pass.number if walk.refresh else app.refreshed
        app = self._put(
            app_id,
            app,
            walk=walk if walk.refresh and certain else None,
            end=end,
            checked=_now(),
            frontier=frontier,
            refreshed=refreshed,
        )
        if walk.refresh and certain:
            self._pending.flush()
            self._apps[app_id] = app.model_copy(update={"walk": None})
            self.outcome.removed += self._store.forget_unseen(app_id, note(app_id, self._apps[app_id]))
        return False

    def _describe(self, app_id: int, app: App) -> App:
        """Fetch details and tags; where one gives no answer, the other is kept; both are asked for later."""
        rows: list[SourceRow] = []
        answered = 0
        for name, read in (("details", self._details), ("tags", read_tags)):
            if self._silent[name] >= SILENT:
                continue
            try:
                record = read(self._client, self._endpoints, app_id)
            except Unanswered:
                self._silent[name] += 1
                continue
            self._silent[name] = 0
            answered += 1
            if record is not None:
                rows.append((labelled(app_id, name), 1, record))
        return self._put(app_id, app, games=rows, described=_now() if answered == 2 else app.described)

    def _details(self, client: Client, endpoints: Endpoints, app_id: int) -> Record | None:
        for attempt in range(ASKS):
            if attempt:
                self.outcome.hiccups += 1
                client.pause(endpoints.details, attempt - 1, why=f"app {app_id}: no details")
            if (record := read_details(client, endpoints, app_id)) is not None:
                return record
        return None

    def _put(
        self,
        app_id: int,
        app: App,
        *,
        reviews: Sequence[SourceRow] = (),
        games: Sequence[SourceRow] = (),
        seen: bool = False,
        **changes: object,
    ) -> App:
        self._apps[app_id] = app.model_copy(update=changes)
        self._pending.put(app_id, self._apps[app_id], reviews=reviews, games=games, seen=seen)
        return self._apps[app_id]

    def _show(self, share: float) -> None:
        self.outcome.done = len(self._apps) - len(self._queue)
        self._watch(CrawlProgress(self.outcome.done + share, len(self._apps), self.outcome.reviews))

    def _sum_up(self) -> None:
        totals, outcome = self._pending.totals, self.outcome
        outcome.added, outcome.replaced, outcome.rejected = totals.added, totals.replaced, totals.rejected
        outcome.requests, outcome.retries = self._client.requests, self._client.retries


def _order(app: App) -> tuple[bool, bool, int]:
    return app.silent, app.walk is None, app.checked


def _now() -> int:
    return int(time.time())


def _age_days(when: int) -> float:
    return (time.time() - when) / 86400
