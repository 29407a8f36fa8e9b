"""The contract of every store: which rows it keeps, and that it changes completely or not at all."""

import itertools
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import ANNA, BERT, Records, facts, key_of, look, rejects, review, rows

from srec.errors import SourceError, SRecError
from srec.store.schema import REVIEWS
from srec.store.sources import SOURCES
from srec.store.stores import open_reader, open_store
from srec.store.stores.base import Store
from srec.store.stores.duckdb import DuckDBStore

# Opening


def test_a_missing_store_is_not_made_by_accident(where: str) -> None:
    for way in (open_store, open_reader):
        for _ in range(2):
            with pytest.raises(SRecError, match=r"no store at .*: srec ingest makes one"):
                way(where)


def test_a_store_is_made_once(where: str) -> None:
    with open_store(where, create=True) as store:
        store.ingest(Records([review()]))
        before = rows(store), store.revision
    with open_store(where, create=True) as store:
        assert (rows(store), store.revision) == before


def test_another_kind_of_url_is_refused() -> None:
    for way in (open_store, open_reader):
        with pytest.raises(SRecError, match="a path or a postgresql:// URL, and mysql:// is neither"):
            way("mysql://user:secret@host/database")


_HOLD = """
import sys
from srec.store.stores import open_store
with open_store(sys.argv[1], create=True):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_store_in_use_says_so(where: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(SRecError, match="is in use by another process"):
            open_store(where)
        holder.communicate("")
    open_store(where).close()


# What is kept


def test_a_review_is_stored_under_a_key_that_only_the_stores_own_key_makes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ingest(Records([review(ANNA)]))
    ((key, *_),) = rows(store)
    assert key == key_of(store, ANNA)
    monkeypatch.delenv("SREC_STORE_KEY_FILE", raising=False)
    with DuckDBStore.open(tmp_path / "other", create=True) as other:
        other.ingest(Records([review(ANNA)]))
        assert rows(other)[0][0] == key_of(other, ANNA) != key


def test_all_columns_of_a_review_come_through(store: Store) -> None:
    given = review(
        at=1446681600,
        updated_at="2015-11-06 10:00:00+02:00",
        review_id="17",
        playtime_minutes=90.0,
        language=" english ",
        steam_purchase="1",
        received_for_free=False,
        early_access="false",
    )
    store.ingest(Records([given]))
    assert str(rows(store)[0][1:]) == (
        "(620, True, datetime.datetime(2015, 11, 5, 0, 0), datetime.datetime(2015, 11, 6, 8, 0),"
        " 17, 90, 'english', True, False, False)"
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"user_id": None}, "user_id is missing"),
        ({"user_id": "  "}, "user_id is missing"),
        ({"app_id": ""}, "app_id is missing"),
        ({"app_id": "six"}, 'app_id is no INTEGER: "six"'),
        ({"app_id": 1.5}, 'app_id is no INTEGER: "1.5"'),
        ({"app_id": "99999999999"}, 'app_id is no INTEGER: "99999999999"'),
        ({"app_id": 0}, 'app_id is not above 0: "0"'),
        ({"positive": "perhaps"}, 'positive is no BOOLEAN: "perhaps"'),
        ({"positive": 5}, 'positive is no BOOLEAN: "5"'),
        ({"created_at": "Posted yesterday"}, 'created_at is no TIMESTAMP: "Posted yesterday"'),
        ({"created_at": "2015-02-30"}, 'created_at is no TIMESTAMP: "2015-02-30"'),
        ({"created_at": 14466816000000000000}, 'created_at is no TIMESTAMP: "*"'),
        ({"created_at": "2003-09-11"}, "created_at is before Steam opened (2003-09-12) or in the future"),
        ({"created_at": "2199-01-01"}, "created_at is before Steam opened (2003-09-12) or in the future"),
        ({"language": "\ud800"}, "holds text that is not Unicode"),
        # Shifted columns: a user id, or a value that looks like one, is not quoted.
        ({"app_id": ANNA}, 'app_id is no INTEGER: "*"'),
        ({"created_at": f"by {BERT}", "user_id": BERT}, 'created_at is no TIMESTAMP: "by *"'),
        ({"app_id": "76561190000000099"}, 'app_id is no INTEGER: "*"'),
    ],
)
def test_bad_rows_are_rejected_with_the_reason(changed: dict[str, Any], reason: str, store: Store) -> None:
    summary = store.ingest(Records([review(app=1), review() | changed, review(app=2)]))
    assert [app for app, _, _ in facts(store)] == [1, 2]
    ((row, said),) = rejects(store)
    assert row == 2
    assert said.startswith(reason)
    assert summary.reasons == {said.split(":")[0]: 1}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"updated_at": "2015-11-04"}, "updated_at is before created_at"),
        ({"updated_at": "2199-01-01"}, "updated_at is before Steam opened (2003-09-12) or in the future"),
        ({"updated_at": "Updated today"}, "updated_at is no TIMESTAMP"),
        ({"playtime_minutes": -1}, "playtime_minutes is negative"),
        ({"playtime_minutes": "99999999999"}, "playtime_minutes is no INTEGER"),
        ({"review_id": [1]}, "review_id is no BIGINT"),
        ({"review_id": 1.5}, "review_id is no BIGINT"),
        ({"language": "a\0b"}, "language holds a NUL character"),
        ({"language": ["en"]}, "language holds a value that is not text"),
        ({"steam_purchase": "perhaps"}, "steam_purchase is no BOOLEAN"),
    ],
)
def test_an_optional_value_that_cannot_be_read_costs_that_value(
    changed: dict[str, Any], reason: str, store: Store
) -> None:
    summary = store.ingest(Records([review() | changed, review(app=1)]))
    assert (summary.left_out, rejects(store)) == ({reason: 1}, [])
    (name,) = changed
    place = REVIEWS.names.index(name)
    assert rows(store)[1][place] == (rows(store)[1][3] if name == "updated_at" else None)


@pytest.mark.parametrize(
    "given", ["nan", "NaN", "None", "NULL", r"\N", "<NA>", "NaT", "n/a", " null ", float("nan")]
)
def test_what_means_nothing_is_no_value_and_no_person(given: Any, store: Store) -> None:
    optional = {"updated_at": given, "playtime_minutes": given, "language": given, "early_access": given}
    summary = store.ingest(Records([review() | optional, review(app=1) | {"user_id": given}]))
    assert summary.left_out == {}
    assert rejects(store) == [(2, "user_id is missing")]
    assert rows(store)[0][5:] == (None, None, None, None, None, None)


@pytest.mark.parametrize("nobody", ["0", 0, "-1", -1, "undefined", "[deleted]", "(null)", "unknown", "#N/A"])
def test_nobody_writes_no_review(nobody: Any, store: Store) -> None:
    store.ingest(Records([review(), review(app=1) | {"user_id": nobody}]))
    assert rejects(store) == [(2, "user_id is missing")]


@pytest.mark.parametrize(
    "same", ["51580.0", "51580.", " 51580 ", "51580.000000", "5.1580e4", Decimal("51580.000")]
)
def test_one_person_has_one_spelling(same: Any, store: Store) -> None:
    store.ingest(Records([review() | {"user_id": "51580"}, review(app=1) | {"user_id": same}]))
    assert len({row[0] for row in rows(store)}) == 1


@pytest.mark.parametrize(
    ("given", "positive"),
    [
        *((yes, True) for yes in ("1.0", "Recommended", "yes", "TRUE", "on", "Positive", "1", 1.0)),
        *((no, False) for no in ("0.0", "Not Recommended", "no", "False", "off", "-1", -1, "negative")),
    ],
)
def test_a_verdict_in_words_and_numbers(given: Any, positive: bool, store: Store) -> None:
    store.ingest(Records([review() | {"positive": given}]))
    assert rows(store)[0][2] is positive


@pytest.mark.parametrize(
    "given",
    [
        *(1446724800, "1446724800.0", "1.4467248e9", 1446724800000, "1446724800000", 1446724800000000),
        *("1446724800000000000", "Nov 5, 2015 12:00", "5 Nov, 2015 12:00:00", "November 5, 2015 12:00 PM"),
        *("2015-11-05T12:00:00Z", "2015-11-05T14:00:00+02:00"),
    ],
)
def test_a_time_in_the_spellings_of_the_world(given: Any, store: Store) -> None:
    store.ingest(Records([review() | {"created_at": given}]))
    assert rows(store)[0][3] == datetime(2015, 11, 5, 12)


@pytest.mark.parametrize(
    ("given", "day"),
    [("11/25/2015", (2015, 11, 25)), ("25/11/2015", (2015, 11, 25)), ("25.11.2015", (2015, 11, 25))],
)
def test_a_day_that_can_be_read_in_one_way_only(given: str, day: tuple[int, int, int], store: Store) -> None:
    store.ingest(Records([review() | {"created_at": given}, review(app=1) | {"created_at": "5/11/2015"}]))
    assert rows(store)[0][3] == datetime(*day)
    assert [number for number, _ in rejects(store)] == [2]


def test_rejects_are_those_of_the_last_ingestion_of_a_file(store: Store) -> None:
    bad = [review(app=-1), review(app=-1)]
    for _ in range(2):
        store.ingest(Records([review(), *bad], path=Path("one")))
    store.ingest(Records([review(), *bad], path=Path("two")))
    assert store.counts()["rejects"] == 4
    store.ingest(Records([review(), review(app=1)], path=Path("one")))
    assert store.counts()["rejects"] == 2


def test_a_source_of_bad_rows_only_is_none(store: Store) -> None:
    store.ingest(Records([review()]))
    before = rows(store), store.revision
    with pytest.raises(SourceError, match=r"all 2 rows are bad; row 1: app_id is not above 0: \"-1\""):
        store.ingest(Records([review(app=-1), review(app=-2)]))
    assert (rows(store), store.revision) == before
    assert rejects(store) == []


def test_the_newer_version_of_a_review_stays(store: Store) -> None:
    first = store.ingest(Records([review(positive=True, at="2015-11-05"), review(BERT)]))
    assert (first.tables["reviews"].added, first.tables["reviews"].replaced) == (2, 0)
    revision = store.revision
    newer = store.ingest(Records([review(positive=False, updated_at="2015-12-01")]))
    assert (newer.tables["reviews"].added, newer.tables["reviews"].replaced) == (0, 1)
    assert store.revision != revision
    older = store.ingest(Records([review(positive=True, updated_at="2015-11-20")]))
    assert older.tables["reviews"].repeated == 1
    assert not older.changed
    assert facts(store) == [(620, False, "2015-11-05"), (620, True, "2015-11-05")]


_DAYS = st.integers(1, 3).map("2015-11-{:02}".format)
_VERSIONS = st.builds(
    review,
    user=st.sampled_from([ANNA, BERT]),
    app=st.sampled_from([400, 620]),
    positive=st.booleans(),
    at=_DAYS,
    updated_at=st.none() | st.integers(4, 5).map("2015-11-{:02}".format),
    review_id=st.none() | st.integers(1, 2),
    playtime_minutes=st.none() | st.integers(0, 2),
)


def _order(version: dict[str, Any]) -> tuple[Any, ...]:
    """The full rule: later update, later creation, then id, verdict and playtime, unknown values first."""
    optional = [-1 if version[name] is None else version[name] for name in ("review_id", "playtime_minutes")]
    updated = version["updated_at"] or version["created_at"]
    return updated, version["created_at"], optional[0], version["positive"], optional[1]


_EXAMPLES = itertools.count()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_VERSIONS, min_size=1, max_size=12), st.data())
def test_the_order_of_arrival_does_not_matter(
    store: Store, versions: list[dict[str, Any]], data: st.DataObject
) -> None:
    best: dict[tuple[str, int], dict[str, Any]] = {}
    for version in versions:
        key = version["user_id"], version["app_id"]
        best[key] = max(best.get(key, version), version, key=_order)
    expected = sorted(
        (v["app_id"], v["positive"], v["created_at"], v["review_id"] or -1, v["playtime_minutes"] or 0)
        for v in best.values()
    )
    shuffled = data.draw(st.permutations(versions))
    cut = data.draw(st.integers(0, len(versions)))
    # Each example has games of its own, so that one store serves for all.
    first = 1000 * next(_EXAMPLES)
    for part in (shuffled[:cut], shuffled[cut:]):
        store.ingest(Records([version | {"app_id": first + version["app_id"]} for version in part]))
    query = (
        "SELECT app_id - $first, positive, CAST(created_at AS DATE)::VARCHAR, coalesce(review_id, -1),"
        " coalesce(playtime_minutes, 0) FROM reviews WHERE app_id BETWEEN $first AND $first + 999"
    )
    found = look(store).execute(query, {"first": first}).fetchall()
    assert sorted(found) == expected


# Games


def _game(store: Store) -> dict[str, Any]:
    cursor = look(store).execute("SELECT * FROM games")
    names = [column[0] for column in cursor.description]
    (row,) = cursor.fetchall()
    return {name: value for name, value in zip(names, row, strict=True) if value is not None}


def test_what_a_later_source_does_not_know_stays(store: Store) -> None:
    store.ingest(Records(games=[{"app_id": 620, "name": "Portal", "genres": ["Puzzle"], "is_free": True}]))
    store.ingest(Records(games=[{"app_id": 620, "name": "Portal 2", "genres": [], "price_usd_cents": 999}]))
    assert _game(store) == {
        "app_id": 620,
        "name": "Portal 2",
        "genres": ["Puzzle"],
        "is_free": True,
        "price_usd_cents": 999,
    }


def test_in_one_source_the_row_further_on_wins(store: Store) -> None:
    summary = store.ingest(Records(games=[{"app_id": 620, "name": name} for name in ("a", "c", "b")]))
    assert _game(store)["name"] == "b"
    assert summary.tables["games"].repeated == 2


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        ({"FPS": 7, "Puzzle": 2}, None, "votes"),
        (["FPS", "Puzzle"], None, "unordered"),
        (["FPS"], "ranked", "ranked"),
        ('[{"tag": "FPS", "votes": 7}]', None, "votes"),
        ("FPS; Puzzle", "unordered", "unordered"),
    ],
)
def test_tags_come_in_many_forms(given: Any, kind: str | None, kept: str, store: Store) -> None:
    store.ingest(Records(games=[{"app_id": 620, "tags": given, "tags_kind": kind}]))
    game = _game(store)
    assert game["tags"][0] == {"tag": "FPS", "votes": 7 if kept == "votes" else None}
    assert game["tags_kind"] == kept


@pytest.mark.parametrize(
    ("tags", "kind", "reason"),
    [
        (["FPS"], "votes", "tags_kind is votes, but a tag has none"),
        ({"FPS": -1}, None, "tags hold one without a name or with negative votes"),
        ([""], None, "tags hold one without a name or with negative votes"),
        ({"FPS": "many"}, None, "tags is no STRUCT"),
        (["FPS"], "sorted", "tags_kind is none of votes, ranked, unordered"),
        (7, None, "tags is not a list"),
    ],
)
def test_bad_tags_are_left_out(tags: Any, kind: str | None, reason: str, store: Store) -> None:
    game = {"app_id": 620, "name": "Portal 2", "tags": tags, "tags_kind": kind}
    summary = store.ingest(Records(games=[game]))
    (said,) = summary.left_out
    assert said.startswith(reason)
    assert rejects(store) == []
    assert (_game(store)["name"], _game(store).get("tags_kind")) == (
        "Portal 2",
        "unordered" if "tags_kind" in reason else None,
    )


def test_all_columns_of_a_game_come_through(store: Store) -> None:
    given = {
        "app_id": 620,
        "name": "Portal “2” \\ \n é 漢",
        "type": "game",
        "release_date": "2011-04-19",
        "is_free": False,
        "price_usd_cents": 999,
        "developers": ["Valve", 'quoted "name"', "comma, {brace}"],
        "publishers": ["Valve"],
        "genres": ["Puzzle"],
        "categories": ["Co-op"],
        "platforms": ["linux"],
        "tags": [{"tag": "Co-op", "votes": 7}, {"tag": "Puzzle", "votes": 3}],
        "tags_kind": "votes",
        "reviews_positive": 10_000_000_000,
        "reviews_negative": 1,
    }
    for _ in range(2):
        summary = store.ingest(Records(games=[given]))
        assert _game(store) == given | {"release_date": date(2011, 4, 19)}
    assert summary.tables["games"].repeated == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"release_date": "infinity"}, "release_date is no day of the calendar"),
        ({"release_date": "soon"}, "release_date is no DATE"),
        ({"name": "a\0b"}, "name holds a NUL character"),
        ({"genres": ["a", "b\0"]}, "genres holds a NUL character"),
        ({"tags": ["a\0"]}, "tags hold one without a name"),
    ],
)
def test_what_is_bad_of_a_game_is_left_out(changed: dict[str, Any], reason: str, store: Store) -> None:
    summary = store.ingest(Records(games=[{"app_id": 620, "is_free": True} | changed]))
    (said,) = summary.left_out
    assert said.startswith(reason)
    assert rejects(store) == []
    (name,) = changed
    assert (_game(store).get(name), _game(store)["is_free"]) == (None, True)


def test_poorer_tags_do_not_replace_richer_ones(store: Store) -> None:
    kinds = []
    for kind, tag in [("unordered", "a"), ("ranked", "b"), ("unordered", "c"), ("ranked", "d")]:
        store.ingest(Records(games=[{"app_id": 620, "tags": [tag], "tags_kind": kind}]))
        kinds.append((_game(store)["tags_kind"], _game(store)["tags"][0]["tag"]))
    store.ingest(Records(games=[{"app_id": 620, "tags": {"e": 3}}]))
    store.ingest(Records(games=[{"app_id": 620, "tags": ["f"], "tags_kind": "ranked"}]))
    kinds.append((_game(store)["tags_kind"], _game(store)["tags"][0]["tag"]))
    assert kinds == [("unordered", "a"), ("ranked", "b"), ("ranked", "b"), ("ranked", "d"), ("votes", "e")]


# As a whole or not at all


@pytest.mark.parametrize("error", [SourceError("it breaks"), RuntimeError("a bug"), KeyboardInterrupt()])
def test_a_source_that_fails_leaves_the_store_as_it_was(error: BaseException, store: Store) -> None:
    store.ingest(Records([review(), review(app=-1)], games=[{"app_id": 620}], path=Path("a")))
    before = rows(store), rows(store, "games"), rejects(store), rows(store, "meta"), rows(store, "ingestions")
    with pytest.raises(type(error)):
        store.ingest(Records([review(BERT), review(positive=False, at="2016-01-01")], fails=error))
    after = rows(store), rows(store, "games"), rejects(store), rows(store, "meta"), rows(store, "ingestions")
    assert after == before
    assert store.ingest(Records([review(BERT)])).tables["reviews"].added == 1


def test_an_ingestion_is_logged(store: Store) -> None:
    store.ingest(Records([review(), review(), review(app=-1)]))
    ((source, path, kind, started, finished, *counts),) = rows(store, "ingestions")
    assert (source, path, kind) == ("records", "records", "reviews")
    assert started <= finished
    assert counts == [3, 1, 0, 1, 1]


def test_the_shared_reviews_keep_the_latest_of_each_pair(store: Store, shared_data: Path) -> None:
    summary = store.ingest(SOURCES["ucsd"](shared_data / "steam"))
    reviews, games = summary.tables["reviews"], summary.tables["games"]
    assert (reviews.read, reviews.added, reviews.repeated, reviews.rejected) == (59_161, 58_242, 919, 0)
    assert (games.read, games.added, games.rejected) == (156_002, 156_002, 0)
    held = {name: count for name, count in store.counts().items() if count}
    assert held == {"reviews": 58_242, "users": 25_467, "games": 156_002}
    kinds = look(store).execute("SELECT tags_kind, count(*) FROM games GROUP BY ALL").fetchall()
    assert dict(kinds) == {"votes": 6_993, "ranked": 30_918, "unordered": 95_855, None: 22_236}
    revision = store.revision
    assert not store.ingest(SOURCES["ucsd"](shared_data / "steam")).changed
    assert store.revision == revision


# What a crawl leaves


def test_notes_are_kept_with_what_was_read(store: Store) -> None:
    store.ingest(Records([review()]), notes={"620": "page 1", "400": "done"})
    store.ingest(Records([review(BERT)]), notes={"620": "page 2"})
    with pytest.raises(SourceError):
        store.ingest(Records([review("x")], fails=SourceError("it breaks")), notes={"620": "page 3"})
    assert store.notes() == {"620": "page 2", "400": "done"}


def test_reviews_that_a_whole_reading_did_not_give_are_forgotten(store: Store) -> None:
    three = [review("a"), review("b"), review("c"), review("a", app=400)]
    store.ingest(Records(three))
    revision = store.revision
    store.ingest(Records([review("a")]), seen=True)
    store.ingest(Records([review("a"), review("b")]), seen=True)
    assert store.revision == revision
    assert store.forget_unseen(620, {"620": "read"}) == 1
    assert store.revision != revision
    assert sorted(facts(store)) == [(400, True, "2015-11-05"), *[(620, True, "2015-11-05")] * 2]
    assert store.notes() == {"620": "read"}
    ((key, app, batch),) = rows(store, "removed")
    assert (app, batch) == (620, int(store.ledger.meta("batch")))
    assert key not in [row[0] for row in rows(store)]
    assert rows(store, "seen") == []
    # A deleted review that is met again is a review again.
    assert store.ingest(Records([review("c")])).tables["reviews"].added == 1


def test_nothing_is_forgotten_where_everything_was_met(store: Store) -> None:
    store.ingest(Records([review("a"), review("b", app=400)]), seen=True)
    revision = store.revision
    assert store.forget_unseen(620, {}) == 0
    assert store.revision == revision
    assert store.forget_unseen(7, {}) == 0
    assert [row[0] for row in rows(store, "seen")] == [400]


def test_a_new_reading_does_not_count_what_the_one_before_met(store: Store) -> None:
    store.ingest(Records([review("a"), review("b"), review("a", app=400)]), seen=True)
    revision = store.revision
    store.forget_seen(620)
    assert store.revision == revision
    assert [row[0] for row in rows(store, "seen")] == [400]
    store.ingest(Records([review("a")]), seen=True)
    assert store.forget_unseen(620, {}) == 1


def test_each_row_has_the_batch_that_wrote_it(store: Store) -> None:
    store.ingest(Records([review(app=1), review(app=2)]))
    store.ingest(Records([review(app=1)]))
    store.ingest(Records([review(app=2, positive=False, updated_at="2016-01-01"), review(app=3)]))
    batches = look(store).execute("SELECT app_id, batch FROM reviews ORDER BY app_id").fetchall()
    assert batches == [(1, 1), (2, 2), (3, 2)]
