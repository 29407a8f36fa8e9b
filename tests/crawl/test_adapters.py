"""Each endpoint's adapter: its requests, and how it handles good and odd answers."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from crawls import Scripted, Time, good
from fakes.steam import KEY, Steam
from fakes.steam_world import World
from hypothesis import given
from hypothesis import strategies as st

from srec.crawl.apps import list_apps
from srec.crawl.client import Client, Manners
from srec.crawl.details import details_record, read_details, release_date
from srec.crawl.reviews import Page, read_page, review_rows
from srec.crawl.source import Fetched
from srec.crawl.steam import Endpoints
from srec.crawl.tags import read_tags
from srec.errors import SRecError
from srec.store.sources.text import Reject
from srec.store.stores.duckdb import DuckDBStore

REVIEW = {
    "recommendationid": "77",
    "author": {"steamid": "76561190000000017", "playtime_forever": 90},
    "language": "english",
    "timestamp_created": 1446681600,
    "timestamp_updated": 1446681700,
    "voted_up": True,
}


@pytest.fixture
def client():
    with Client(Manners(interval=0, attempts=1), sleep=Time().sleep) as client:
        yield client


def endpoints(server: Scripted) -> Endpoints:
    return Endpoints.at(server.url.removesuffix("/some/path"))


def asked(server: Scripted) -> dict[str, list[str]]:
    return parse_qs(urlsplit(server.asked[-1][0]).query)


def test_a_page_of_reviews(client: Client) -> None:
    answer = {"success": 1, "query_summary": {"total_reviews": 9}, "reviews": [REVIEW], "cursor": "A+/="}
    with Scripted(good(answer)) as server:
        page = read_page(client, endpoints(server), app_id=620, cursor="B+/=")
        assert server.asked[0][0].startswith("/appreviews/620?")
        assert asked(server) == {
            "json": ["1"],
            "filter": ["recent"],
            "language": ["all"],
            "purchase_type": ["all"],
            "filter_offtopic_activity": ["0"],
            "num_per_page": ["100"],
            "cursor": ["B+/="],
        }
    assert page == Page(True, [REVIEW], "A+/=", 9)
    ((label, row, record),) = review_rows(620, page)
    assert (label, row) == (Path("620/77"), 1)
    assert isinstance(record, dict)
    assert record["user_id"] == "76561190000000017"
    assert record["playtime_minutes"] == 90
    assert "review" not in record


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"success": 2}, Page(False, [], None, None)),
        ({"success": 1}, Page(False, [], None, None)),
        ({"success": 1, "reviews": {}}, Page(False, [], None, None)),
        ({"success": 1, "reviews": [], "cursor": 7}, Page(True, [], None, None)),
        ({"success": 1, "reviews": [], "cursor": "x" * 5000}, Page(True, [], None, None)),
        ({"success": 1, "reviews": [], "query_summary": {"total_reviews": -1}}, Page(True, [], None, None)),
        ({"success": 1, "reviews": [], "query_summary": {"total_reviews": "9"}}, Page(True, [], None, None)),
        ({"success": 1, "reviews": [], "query_summary": {"total_reviews": True}}, Page(True, [], None, None)),
    ],
)
def test_odd_pages(answer: dict[str, Any], expected: Page, client: Client) -> None:
    with Scripted(good(answer)) as server:
        assert read_page(client, endpoints(server), app_id=620, cursor="*") == expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_ODD_REVIEW = st.builds(
    lambda changes: REVIEW | changes, st.dictionaries(st.sampled_from(sorted(REVIEW)), _JSON, max_size=3)
)


@given(st.lists(_JSON | _ODD_REVIEW, max_size=4))
def test_whatever_stands_in_a_page_becomes_a_row_or_a_reject(reviews: list[Any]) -> None:
    page = Page(True, reviews, None, None)
    rows = review_rows(620, page)
    assert len(rows) == len({str(label) for label, _, _ in rows}) <= len(reviews)
    assert 0 <= page.size <= len(reviews)
    for label, _, record in rows:
        assert label.parts[0] == "620"
        assert len(label.parts) == 2
        assert ".." not in label.parts
        assert isinstance(record, dict | Reject)


def test_all_bad_pages_are_rejects_and_no_error(tmp_path: Path) -> None:
    bad = [{"recommendationid": "1"}, REVIEW | {"recommendationid": "2", "timestamp_created": "soon"}, 7]
    rows = review_rows(620, Page(True, bad, None, None))
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        for _ in range(2):
            store.ingest(Fetched(rows, ()))
        assert store.counts()["rejects"] == 3
        mended = review_rows(620, Page(True, [REVIEW | {"recommendationid": "2"}], None, None))
        store.ingest(Fetched(mended, ()))
        held = {name: count for name, count in store.counts().items() if count}
        assert held == {"reviews": 1, "users": 1, "rejects": 2}
        told = store.connection.execute("SELECT source || reason FROM rejects ORDER BY ALL").fetchall()
        assert not any("76561190000000017" in text for (text,) in told)


def test_details_and_tags_come_as_rows_of_games(client: Client, tmp_path: Path) -> None:
    world = World(3, 6, 4)
    with Steam(world) as steam:
        at = Endpoints.at(steam.base)
        rows = []
        for app_id, game in world.games.items():
            details = read_details(client, at, app_id)
            assert details is not None
            assert details["name"] == game.name
            rows += [(Path(f"{app_id}/details"), 1, details)]
            rows += [(Path(f"{app_id}/tags"), 1, read_tags(client, at, app_id))]
        assert read_details(client, at, 999) is None
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        store.ingest(Fetched((), rows))
        held = store.connection.execute("SELECT * FROM games ORDER BY app_id").fetchall()
        assert held == [game.row() for game in world.games.values()]
        assert store.counts()["rejects"] == 0


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("21 Aug, 2012", "2012-08-21"),
        ("Aug 21, 2012", "2012-08-21"),
        ("1 September 2020", "2020-09-01"),
        (" 7 Oct, 2019 ", "2019-10-07"),
        ("30 Feb, 2019", None),
        ("Q3 2027", None),
        ("Aug 2012", None),
        ("21 Foo, 2012", None),
        ("", None),
        (None, None),
        ({"date": 1}, None),
    ],
)
def test_release_dates(text: Any, iso: str | None) -> None:
    assert release_date(text) == iso


def test_unusual_details() -> None:
    price = {"currency": "EUR", "initial": 999}
    coming = {"coming_soon": True, "date": "21 Aug, 2027"}
    record = details_record(5, {"is_free": False, "price_overview": price, "release_date": coming})
    assert record["price_usd_cents"] is None
    assert record["release_date"] is None
    assert details_record(5, {"is_free": True})["price_usd_cents"] == 0


@given(st.dictionaries(st.sampled_from(["name", "genres", "platforms", "developers", "is_free"]), _JSON))
def test_details_of_any_kind_are_survived(data: dict[str, Any]) -> None:
    record = details_record(5, data)
    assert record["app_id"] == 5
    assert all(isinstance(text, str) for text in record["genres"] + record["developers"])


def test_the_list_of_apps_is_read_to_its_end(client: Client) -> None:
    world = World(1, 25, 2)
    with Steam(world) as steam:
        assert list(list_apps(client, Endpoints.at(steam.base), KEY)) == sorted(world.games)
        assert [request[1] for request in steam.requests] == [0, 100, 200]
        with pytest.raises(SRecError, match="refuses the key"):
            list(list_apps(client, Endpoints.at(steam.base), "wrong"))


@pytest.mark.parametrize("key", ["0123ABCDé", "0123\u0410BCD", "0123\nABCD", "0123\tABCD"])
def test_a_key_that_cannot_be_sent_is_refused_before_anything_is_asked(key: str, client: Client) -> None:
    with Scripted(good()) as server, pytest.raises(SRecError, match="STEAM_KEY") as raised:
        list(list_apps(client, endpoints(server), key))
    assert server.asked == []
    assert "0123" not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"response": []},
        {"response": {"apps": 7}},
        {"response": {"apps": [], "have_more_results": True, "last_appid": 0}},
        {"response": {"apps": [], "have_more_results": True}},
    ],
)
def test_a_list_of_apps_that_is_none_or_does_not_go_on(answer: dict[str, Any], client: Client) -> None:
    with Scripted(good(answer)) as server, pytest.raises(SRecError, match="list of apps"):
        list(list_apps(client, endpoints(server), KEY))


def test_what_is_no_app_id_is_left_out(client: Client) -> None:
    apps = [{"appid": value} for value in (10, "20", -1, 0, True, 2**31, None, 30, 10)] + [7]
    with Scripted(good({"response": {"apps": apps}})) as server:
        assert list(list_apps(client, endpoints(server), KEY)) == [10, 30, 10]
