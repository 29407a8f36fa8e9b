"""How a walk through an app's reviews goes on from page to page, when it ends, and whether to believe it."""

from collections.abc import Set
from dataclasses import dataclass, field

from srec.crawl.reviews import START, Page, review_id
from srec.crawl.state import App, Walk

#: The share of the reviews that may be missing where two walks in a row end at the same oldest review:
#: Steam's count does not always agree with its list, and reviews are deleted while they are read.
_TOLERATED = 0.01


@dataclass
class Trail:
    """What this process remembers of a walk.

    Attributes:
        cursors: those it followed.
        before: the ids of the reviews of the page before.
    """

    cursors: set[str] = field(default_factory=lambda: {START})
    before: Set[str] = frozenset()

    def add(self, walk: Walk, page: Page) -> None:
        """Remember a page, and the cursor that led to it.

        Args:
            walk: as it was before the page.
            page: the page.
        """
        self.cursors.add(walk.cursor)
        self.before = _names(page)


def advance(walk: Walk, page: Page, *, frontier: int | None, trail: Trail) -> Walk:
    """The walk after a page.

    A page without reviews ends it, and so does one whose cursor was followed before. A walk that is not a
    refresh ends on the page whose last review is older than the frontier: all reviews of the frontier's
    second have then been read, in whatever order they came.

    Args:
        walk: as it was before the page.
        page: the answer at its cursor.
        frontier: the time until which the app's reviews were read before, seconds since 1970; None if never.
        trail: what is remembered of the walk.
    """
    if not page.good:
        return walk.model_copy(update={"ended": True, "broken": True})
    first, created = walk.cursor == START, page.created
    met = not walk.refresh and frontier is not None and bool(created) and created[-1] < frontier
    onward = bool(page.reviews) and page.cursor is not None and page.cursor not in trail.cursors
    named = [name for review in page.reviews if (name := review_id(review))]
    return walk.model_copy(
        update={
            "cursor": page.cursor if onward else walk.cursor,
            "newest": max(created, default=None) if first else walk.newest,
            "last": named[-1] if named else walk.last,
            # Reviews of the page before that come again must not make up for missing ones.
            "read": walk.read + page.size - len(_names(page) & trail.before),
            "total": page.total if first else walk.total,
            "ended": met or not onward,
            "met": met,
        }
    )


def is_settled(walk: Walk) -> bool:
    """Whether the page that led here can be believed; an end that comes too early may be a hiccup."""
    if walk.broken:
        return False
    return not walk.ended or walk.met or (walk.total is not None and walk.read >= walk.total > 0)


def judge(app: App, walk: Walk) -> tuple[bool, bool]:
    """Whether an ended walk read all it should have, and whether what it did not meet is gone for certain.

    A walk that read fewer reviews than there are is doubtful: it may have ended at an empty page that was a
    hiccup. It counts only if the walk before ended at the same review. Reviews count as gone only if,
    besides, hardly any are missing.

    Args:
        app: where the crawl stood before the walk.
        walk: it has ended.
    """
    if walk.broken:
        return False, False
    if walk.met or (walk.total is not None and walk.read >= walk.total > 0):
        return True, True
    agrees = walk.last == app.end
    few = walk.total is not None and walk.total - walk.read <= _TOLERATED * walk.total
    return agrees, agrees and few


def _names(page: Page) -> frozenset[str]:
    return frozenset(name for review in page.reviews if (name := review_id(review)) is not None)
