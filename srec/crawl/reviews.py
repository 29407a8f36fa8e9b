"""A page of an app's reviews, newest first: the store's appreviews endpoint."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from srec.crawl.client import Client
from srec.crawl.source import labelled
from srec.crawl.steam import Endpoints
from srec.store.sources.records import SourceRow
from srec.store.sources.steam_api import review_record

START = "*"  # the cursor of the first page
_MOST = 100  # what a page holds at most
_LONGEST_CURSOR = 1000  # characters; real ones have about 24


@dataclass(frozen=True)
class Page:
    """An answer of the endpoint.

    Args:
        good: whether it is a page at all, and not ``success: 2``.
        reviews: as they came.
        cursor: of the next page; None where the answer names none.
        total: how many reviews there are in all; only the first page says it.
    """

    good: bool
    reviews: list[Any]
    cursor: str | None
    total: int | None

    @property
    def size(self) -> int:
        """How many different reviews it has."""
        named = [name for review in self.reviews if (name := review_id(review)) is not None]
        return len(set(named)) + len(self.reviews) - len(named)

    @property
    def created(self) -> list[int]:
        """When its reviews were written, as far as that can be read, in their order."""
        return [when for review in self.reviews if (when := _created(review)) is not None]


def read_page(client: Client, endpoints: Endpoints, *, app_id: int, cursor: str) -> Page:
    """Ask for the page at a cursor.

    It asks for all languages, all ways of buying, and also what Steam leaves out as off topic: the
    preparation decides what to leave out, and a walk must reach the count of all reviews.

    Args:
        client: it sends the request.
        endpoints: where the store answers.
        app_id: the app.
        cursor: as the page before gave it; START for the first page.

    Raises:
        Unanswered: there is no usable answer.
        OutOfBudget: no request is left.
    """
    params: dict[str, str | int] = {
        "json": 1,
        "filter": "recent",
        "language": "all",
        "purchase_type": "all",
        "filter_offtopic_activity": 0,
        "num_per_page": _MOST,
        "cursor": cursor,
    }
    answer = client.get(endpoints.reviews.format(app_id=app_id), params)
    reviews, following, summary = (answer.get(key) for key in ("reviews", "cursor", "query_summary"))
    total = summary.get("total_reviews") if isinstance(summary, dict) else None
    return Page(
        good=answer.get("success") == 1 and isinstance(reviews, list),
        reviews=reviews if isinstance(reviews, list) else [],
        cursor=following if isinstance(following, str) and 0 < len(following) <= _LONGEST_CURSOR else None,
        total=total if type(total) is int and total >= 0 else None,
    )


def review_rows(app_id: int, page: Page) -> list[SourceRow]:
    """The reviews of a page as rows of ``reviews``, each review once.

    Each has a "file" of its own. So a bad review has one reject, however often it is met, and none once it is
    mended.

    Args:
        app_id: the app.
        page: its page.
    """
    found = {_name(review): review for review in page.reviews}
    return [(labelled(app_id, name), 1, review_record(review, app_id)) for name, review in found.items()]


def review_id(review: Any) -> str | None:
    """Steam's id of a review; None where it has none that is a number."""
    name = review.get("recommendationid") if isinstance(review, dict) else None
    return name if isinstance(name, str) and name.isascii() and name.isdigit() and len(name) <= 20 else None


def _name(review: Any) -> str:
    """What tells a review from the others: its id, or a hash of it without its author."""
    if (name := review_id(review)) is not None:
        return name
    rest = {key: review[key] for key in review if key != "author"} if isinstance(review, dict) else review
    return "nameless-" + hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:16]


def _created(review: Any) -> int | None:
    when = review.get("timestamp_created") if isinstance(review, dict) else None
    # A date in the future would hide all reviews written until then from the next crawl.
    return when if type(when) is int and 0 < when <= time.time() else None
