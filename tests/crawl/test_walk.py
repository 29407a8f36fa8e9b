"""A walk alone: it covers the whole list, and trusts only answers without doubt."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srec.crawl.reviews import START, Page
from srec.crawl.state import App, Walk
from srec.crawl.walk import Trail, advance, is_settled, judge


def review(number: int, created: Any) -> dict[str, Any]:
    return {"recommendationid": str(number), "timestamp_created": created}


def pages(times: list[int], size: int) -> list[Page]:
    """A list as its server returns it: pages chained by cursors, then an empty page."""
    reviews = [review(number, created) for number, created in enumerate(sorted(times, reverse=True))]
    cut = [reviews[at : at + size] for at in range(0, len(reviews), size)]
    made = [Page(True, part, f"c{number}", None) for number, part in enumerate(cut)]
    made.append(Page(True, [], f"c{len(cut) - 1}" if cut else START, None))
    first = made[0]
    return [Page(True, first.reviews, first.cursor, len(times)), *made[1:]]


def walk_through(given_pages: list[Page], frontier: int | None, walk: Walk) -> tuple[Walk, list[str]]:
    trail, read = Trail(), []
    for page in given_pages:
        if walk.ended:
            break
        after = advance(walk, page, frontier=frontier, trail=trail)
        trail.add(walk, page)
        read += [one["recommendationid"] for one in page.reviews]
        walk = after
    return walk, read


TIMES = st.lists(st.integers(1, 12), max_size=20)


@given(TIMES, st.integers(1, 6))
def test_a_walk_to_the_end_reads_each_review_once(times: list[int], size: int) -> None:
    walk, read = walk_through(pages(times, size), None, Walk())
    assert walk.ended
    assert read == [str(number) for number in range(len(times))]
    assert walk.read == walk.total == len(times)
    assert walk.newest == max(times, default=None)
    assert judge(App(), walk) == (True, True)


@given(TIMES, st.integers(1, 6), st.integers(1, 12))
def test_a_later_walk_reads_all_that_is_as_new_as_the_frontier(
    times: list[int], size: int, frontier: int
) -> None:
    made = pages(times, size)
    walk, read = walk_through(made, frontier, Walk())
    new = {one["recommendationid"] for p in made for one in p.reviews if one["timestamp_created"] >= frontier}
    assert walk.ended
    assert new <= set(read)
    if walk.met:
        last_page = made[-(-len(read) // size) - 1].reviews
        assert last_page[-1]["timestamp_created"] < frontier


@given(TIMES, st.integers(1, 6), st.integers(1, 12))
def test_a_refresh_never_stops_at_the_frontier(times: list[int], size: int, frontier: int) -> None:
    _, read = walk_through(pages(times, size), frontier, Walk(refresh=True))
    assert len(read) == len(times)


def test_an_empty_page_is_believed_once_all_is_read() -> None:
    made = pages([3, 2, 1], 2)
    walk, _ = walk_through(made[:1], None, Walk())
    early = advance(walk, Page(True, [], "c0", None), frontier=None, trail=Trail())
    assert early.ended
    assert not is_settled(early)
    assert judge(App(), early) == (False, False)
    late, _ = walk_through(made, None, Walk())
    assert is_settled(late)


@pytest.mark.parametrize(
    ("page", "settled"),
    [
        (Page(False, [], None, None), False),
        (Page(True, [], START, 0), False),
        (Page(True, [review(1, 5)], START, 2), False),  # the cursor leads nowhere, and one is missing
        (Page(True, [review(1, 5)], None, 1), True),
        (Page(True, [review(1, 5)], "next", 2), True),
    ],
)
def test_what_is_believed_of_a_first_page(page: Page, settled: bool) -> None:
    assert is_settled(advance(Walk(), page, frontier=None, trail=Trail())) is settled


def test_the_page_before_come_again_does_not_count() -> None:
    trail, walk = Trail(), Walk()
    page = Page(True, [review(1, 5), review(2, 4)], "c0", 4)
    walk = advance(walk, page, frontier=None, trail=trail)
    trail.add(Walk(), page)
    again = advance(walk, Page(True, page.reviews, "c0", None), frontier=None, trail=trail)
    assert again.read == 2
    assert again.cursor == "c0"
    assert not is_settled(advance(walk, Page(True, page.reviews, "*", None), frontier=None, trail=trail))


def test_a_review_with_a_time_in_the_future_moves_no_frontier() -> None:
    page = Page(True, [review(1, 99_999_999_999), review(2, "soon"), review(3, 5)], "c0", 3)
    assert advance(Walk(), page, frontier=None, trail=Trail()).newest == 5


@pytest.mark.parametrize(
    ("read", "total", "last", "end", "verdict"),
    [
        (100, 100, "7", None, (True, True)),
        (99, 100, "7", None, (False, False)),
        (99, 100, "7", "7", (True, True)),
        (98, 100, "7", "7", (True, False)),
        (99, 100, "8", "7", (False, False)),
        (100, None, "7", None, (False, False)),
        (100, None, "7", "7", (True, False)),
        (0, 0, None, "7", (False, False)),
        (0, 0, None, None, (True, True)),
        (0, 5, None, None, (True, False)),
    ],
)
def test_verdicts(read: int, total: int | None, last: str | None, end: str | None, verdict: Any) -> None:
    walk = Walk(read=read, total=total, last=last, ended=True)
    assert judge(App(end=end), walk) == verdict
    assert judge(App(end=end), walk.model_copy(update={"broken": True})) == (False, False)
