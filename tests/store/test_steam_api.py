"""Pages of Steam's review API."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from worlds import ANNA, BERT, api_review, facts, page, rejects

from srec.errors import SourceError
from srec.store.sources.steam_api import SteamApiSource
from srec.store.stores.duckdb import DuckDBStore

DAY = 1446681600  # 2015-11-05, UTC


@pytest.fixture
def store(tmp_path: Path):
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        yield store


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("name", ["620.json", "620_17.json", "620/first.json"])
def test_the_app_is_named_by_the_file_or_its_folder(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    write(tmp_path / "pages" / name, page(api_review(ANNA, DAY)))
    store.ingest(SteamApiSource(tmp_path / "pages"))
    assert facts(store) == [(620, True, "2015-11-05")]


def test_all_that_a_review_says(store: DuckDBStore, tmp_path: Path) -> None:
    given = api_review(ANNA, DAY, voted_up=False, number=17) | {"timestamp_updated": DAY + 60}
    store.ingest(SteamApiSource(write(tmp_path / "620.json", page(given))))
    query = "SELECT * EXCLUDE (user_key, created_at, batch) FROM reviews"
    (row,) = store.connection.execute(query).fetchall()
    assert str(row) == (
        "(620, False, datetime.datetime(2015, 11, 5, 0, 1), 17, 90, 'english', True, False, False)"
    )


@pytest.mark.parametrize("packed", [False, True])
def test_pages_line_by_line(packed: bool, store: DuckDBStore, tmp_path: Path) -> None:
    pages = [page(api_review(ANNA, DAY)) | {"appid": app} for app in (620, "400")]
    text = "\n".join([*map(json.dumps, pages), "{broken", json.dumps(page(api_review(BERT, DAY)))])
    file = tmp_path / ("pages.jsonl.gz" if packed else "pages.jsonl")
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    store.ingest(SteamApiSource(file))
    assert [app for app, _, _ in facts(store)] == [400, 620]
    assert [(row, reason[:8]) for row, reason in rejects(store)] == [(3, "not JSON"), (4, "app_id i")]


def test_bad_pages_are_rejects_and_do_not_stop_the_others(store: DuckDBStore, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    pages: dict[str, Any] = {
        "1.json": page(success=2),
        "2.json": {"success": 1},
        "3.json": [1],
        "4.json": '{"success": 1, "reviews": [{"auth',
        "5.json": page(api_review(ANNA, DAY) | {"author": None}, api_review(ANNA, DAY, voted_up=3)),
        "6.json": page(),
        "notes.json": page(api_review(ANNA, DAY)),
        "620.json": page(api_review(ANNA, DAY)),
    }
    for name, content in pages.items():
        write(folder / name, content)
    store.ingest(SteamApiSource(folder))
    assert facts(store) == [(620, True, "2015-11-05")]
    query = "SELECT source, row, split_part(reason, ' at line', 1) FROM rejects ORDER BY ALL"
    found = [
        (Path(source).name, row, reason) for source, row, reason in store.connection.execute(query).fetchall()
    ]
    assert [(name, row, reason.split(": line")[0]) for name, row, reason in found] == [
        ("1.json", 1, "the page does not say success: 1"),
        ("2.json", 1, "the page has no list of reviews"),
        ("3.json", 1, "a JSON array, not an object"),
        ("4.json", 1, "not JSON: Unterminated string starting at"),
        ("5.json", 1, "the review has no author"),
        ("5.json", 2, 'positive is no BOOLEAN: "3"'),
        ("notes.json", 1, "app_id is missing"),
    ]


def test_a_crawl_that_goes_on_adds_and_replaces(store: DuckDBStore, tmp_path: Path) -> None:
    file = write(tmp_path / "620.json", page(api_review(ANNA, DAY)))
    store.ingest(SteamApiSource(file))
    edited = api_review(ANNA, DAY, voted_up=False) | {"timestamp_updated": DAY + 60}
    write(file, page(edited, api_review(BERT, DAY)))
    summary = store.ingest(SteamApiSource(file)).tables["reviews"]
    assert (summary.read, summary.added, summary.replaced) == (2, 1, 1)


def test_a_folder_without_reviews_is_an_error(store: DuckDBStore, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"neither reviews_steamapi\.parquet nor pages"):
        store.ingest(SteamApiSource(tmp_path))


def test_the_shared_parquet(store: DuckDBStore, shared_data: Path) -> None:
    summary = store.ingest(SteamApiSource(shared_data / "steam")).tables["reviews"]
    assert (summary.read, summary.added, summary.rejected) == (70_001, 69_998, 0)
    assert store.counts()["users"] == 64_476
