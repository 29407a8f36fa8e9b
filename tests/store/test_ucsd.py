"""The UCSD files as they were published: Python literals, odd dates, and what goes wrong in them."""

import gzip
from pathlib import Path

import pytest
from worlds import ANNA, facts, rejects, write_parquet

from srec.errors import SourceError
from srec.store.sources.ucsd import UcsdSource
from srec.store.stores.duckdb import DuckDBStore


@pytest.fixture
def store(tmp_path: Path):
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        yield store


def user(*reviews: str, name: str = ANNA) -> bytes:
    return f"{{u'user_id': u'{name}', u'user_url': u'http://x', u'reviews': [{', '.join(reviews)}]}}".encode()


def entry(app: object = "'620'", posted: object = "'Posted November 5, 2011.'", **more: str) -> str:
    rest = "".join(f", '{name}': {value}" for name, value in more.items())
    flags = f"'item_id': {app}, 'recommend': True, 'review': u'It\\'s \\u2661'"
    return f"{{u'funny': u'', 'posted': {posted}, {flags}{rest}}}"


def published(path: Path, *lines: bytes) -> Path:
    file = path / "australian_user_reviews.json.gz"
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    return file


@pytest.mark.parametrize(
    ("posted", "day"),
    [
        ("Posted November 5, 2011.", "2011-11-05"),
        ("Posted June 24, 2014", "2014-06-24"),
        # Without a year it was the year of the crawl, 2016, in which February had 29 days.
        ("Posted July 2.", "2016-07-02"),
        ("Posted February 29.", "2016-02-29"),
    ],
)
def test_dates(posted: str, day: str, store: DuckDBStore, tmp_path: Path) -> None:
    store.ingest(UcsdSource(published(tmp_path, user(entry(posted=repr(posted))))))
    assert facts(store) == [(620, True, day)]


def test_an_edit_is_the_update(store: DuckDBStore, tmp_path: Path) -> None:
    edited = entry(last_edited="'Last edited December 1, 2012.'")
    store.ingest(UcsdSource(published(tmp_path, user(edited, entry("'400'", last_edited="''")))))
    query = "SELECT CAST(updated_at AS DATE)::VARCHAR FROM reviews ORDER BY app_id DESC"
    assert store.connection.execute(query).fetchall() == [("2012-12-01",), ("2011-11-05",)]


def test_bad_lines_and_reviews_are_rejects(store: DuckDBStore, tmp_path: Path) -> None:
    lines = [
        user(entry()),
        b"{'user_id': 'broken', 'reviews': [",
        b"__import__('os').abort()",
        b"['no', 'dict']",
        user("'no dict'", entry("'440'")),
        b"{'user_id': 'x', 'reviews': None}",
        b"{'user_id': '\xff\xfe', 'reviews': []}",
        user(entry(posted="'Posted February 30, 2012.'"), entry("None"), entry(posted="None")),
        b"{'reviews': [" + entry().encode() + b"]}",
        b"(" * 5000,
        b"",
        user(),
    ]
    summary = store.ingest(UcsdSource(published(tmp_path, *lines)))
    assert [app for app, _, _ in facts(store)] == [440, 620]
    assert rejects(store) == [
        (2, "not a Python literal"),
        (3, "not a Python literal"),
        (4, "not a Python dict"),
        (5, "one of reviews is not a dict"),
        (6, "reviews is not a list"),
        (7, "not UTF-8 text: byte 0xff at position 14"),
        (8, "app_id is missing"),
        (8, "created_at is missing"),
        (8, 'created_at is no TIMESTAMP: "2012-02-30"'),
        (9, "user_id is missing"),
        (10, "not a Python literal"),
    ]
    assert summary.tables["reviews"].read == 13


def test_a_gzip_file_that_breaks_off_keeps_what_came_before(store: DuckDBStore, tmp_path: Path) -> None:
    # Names without a pattern, so that the compressed file is long and the cut is in the middle.
    users = [user(entry(str(n + 1)), name=f"{n * 7919 % 10007}-{n * n % 9973}") for n in range(3000)]
    file = published(tmp_path, *users)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    summary = store.ingest(UcsdSource(tmp_path)).tables["reviews"]
    assert 1000 < summary.added < 2000
    assert summary.rejected == 1
    ((row, reason),) = rejects(store)
    assert row == summary.added + 1
    assert reason.startswith("the file is damaged or breaks off here")


def test_games_as_published(store: DuckDBStore, tmp_path: Path) -> None:
    lines = [
        b"{u'publisher': u'Valve; Inc', u'genres': [u'Action', u'Puzzle'], u'app_name': u'Portal 2',"
        b" 'price': 9.99, u'release_date': u'2011-04-18',"
        b" u'tags': [u'Co-op', u'Puzzle'], u'specs': [u'Single-player'],"
        b" u'early_access': False, u'id': u'620', u'developer': u'Valve'}",
        b"{'app_name': 'Dota 2', 'price': 'Free to Play', 'release_date': 'Soon..', 'id': '570'}",
        b"{'app_name': 'A demo', 'price': 'Install Now', 'id': '7', 'developer': None}",
        b"{'app_name': 'Not for sale', 'price': [1], 'id': '8'}",
        b"{'url': 'http://store.steampowered.com/', 'price': None}",
        b"{'app_name': 'Rich', 'price': 1e999, 'id': '9'}",
    ]
    (tmp_path / "steam_games.json.gz").write_bytes(gzip.compress(b"\n".join(lines)))
    store.ingest(UcsdSource(tmp_path))
    query = (
        "SELECT app_id, name, release_date::VARCHAR, is_free, price_usd_cents, developers, publishers,"
        " genres, categories, list_transform(tags, lambda t: t.tag), tags_kind FROM games ORDER BY app_id"
    )
    lists = ["Valve"], ["Valve; Inc"], ["Action", "Puzzle"], ["Single-player"], ["Co-op", "Puzzle"]
    assert store.connection.execute(query).fetchall() == [
        (7, "A demo", *[None] * 9),
        (8, "Not for sale", None, False, *[None] * 7),
        (9, "Rich", None, False, *[None] * 7),
        (570, "Dota 2", None, True, 0, *[None] * 6),
        (620, "Portal 2", "2011-04-18", False, 999, *lists, "ranked"),
    ]
    assert rejects(store) == [(5, "app_id is missing")]


def test_where_both_forms_are_there_the_parquet_is_read(store: DuckDBStore, tmp_path: Path) -> None:
    published(tmp_path, user(entry("'1'")))
    columns = {"user_id": ["a"], "app_id": [2], "recommended": [True], "timestamp": [1320451200]}
    write_parquet(tmp_path / "reviews_ucsd.parquet", **columns)
    store.ingest(UcsdSource(tmp_path))
    assert facts(store) == [(2, True, "2011-11-05")]


def test_other_columns_are_named(store: DuckDBStore, tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "reviews_ucsd.parquet", user_id=["a"], game=[2])
    with pytest.raises(
        SourceError, match=r"lacks app_id, recommended \(for positive\), .*columns are user_id, game"
    ):
        store.ingest(UcsdSource(file))


def test_a_damaged_parquet_file_fails_whole(store: DuckDBStore, tmp_path: Path) -> None:
    count = 200_000
    file = write_parquet(
        tmp_path / "reviews_ucsd.parquet",
        user_id=[f"user {n * 7919 % 1000003}" for n in range(count)],
        app_id=[1] * count,
        recommended=[True] * count,
        timestamp=[1320451200] * count,
    )
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 2000] = bytes(2000)
    file.write_bytes(damaged)
    with pytest.raises(SourceError, match="is damaged after row"):
        store.ingest(UcsdSource(file))
    assert store.counts()["reviews"] == 0


def test_libraries_are_minutes_of_play_and_the_second_version_of_reviews_is_sequences(
    store: DuckDBStore, tmp_path: Path
) -> None:
    library = (
        f"{{'user_id': '{ANNA}', 'items_count': 2, 'steam_id': '1', 'items': ["
        "{'item_id': '620', 'item_name': 'Portal 2', 'playtime_forever': 90, 'playtime_2weeks': 0},"
        " {'item_id': '400', 'item_name': 'Portal', 'playtime_forever': 0, 'playtime_2weeks': 0}, 3]}"
    )
    (tmp_path / "australian_users_items.json.gz").write_bytes(gzip.compress(library.encode()))
    reviews = [
        "{u'username': u'Anna', u'hours': 11.9, u'product_id': u'620', u'date': u'2018-01-02', u'text': u''}",
        "{u'username': u'Anna', u'hours': 1.0, u'product_id': u'400', u'date': u'2017-01-02', u'text': u''}",
        "{u'username': u'Anna', u'hours': 1.0, u'product_id': u'500', u'date': u'soon', u'text': u''}",
    ]
    (tmp_path / "steam_reviews.json.gz").write_bytes(gzip.compress("\n".join(reviews).encode()))
    store.ingest(UcsdSource(tmp_path))
    ask = store.connection.execute
    assert ask("SELECT app_id, hours FROM libraries ORDER BY app_id").fetchall() == [(400, 0.0), (620, 1.5)]
    assert ask("SELECT app_id, place FROM sequences ORDER BY place").fetchall() == [(400, 4861), (620, 5226)]
    assert [reason for reason, *_ in ask("SELECT reason FROM rejects ORDER BY reason").fetchall()] == [
        "one of items is not a dict",
        'place is no INTEGER: "soon"',
    ]
