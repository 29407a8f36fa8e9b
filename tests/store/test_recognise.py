"""Data sets that many people have are known by their columns, and need no mapping."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from worlds import api_review, page

from srec.cli import app
from srec.errors import SourceError
from srec.store.ingest import choose_source, ingest
from srec.store.sources.recognise import recognise

CASES = Path(__file__).parents[3] / "shared" / "cases"
DAY = 1446681600


@pytest.mark.parametrize(
    ("header", "table", "columns", "positive"),
    [
        (
            "app_id,helpful,funny,date,is_recommended,hours,user_id,review_id",
            "reviews",
            {"positive": "is_recommended", "created_at": "date"},
            "",
        ),
        (
            ",app_id,app_name,review_id,language,review,timestamp_created,timestamp_updated,recommended,"
            "author.steamid,author.playtime_forever",
            "reviews",
            {
                "user_id": "author.steamid",
                "positive": "recommended",
                "created_at": "timestamp_created",
                "updated_at": "timestamp_updated",
                "playtime_minutes": "author.playtime_forever",
            },
            "",
        ),
        (
            "userId,movieId,rating,timestamp",
            "reviews",
            {"user_id": "userId", "app_id": "movieId", "created_at": "timestamp"},
            "rating >= 4",
        ),
        (
            "user_id:token\titem_id:token\trating:float\ttimestamp:float",
            "reviews",
            {"app_id": "item_id", "created_at": "timestamp"},
            "rating >= 4",
        ),
        (
            "appid,name,release_date,developer,publisher,genres,steamspy_tags,positive_ratings,negative_ratings",
            "games",
            {
                "app_id": "appid",
                "developers": "developer",
                "publishers": "publisher",
                "tags": "steamspy_tags",
                "reviews_positive": "positive_ratings",
                "reviews_negative": "negative_ratings",
            },
            "",
        ),
        (
            "AppID,Name,Release date,Genres,Tags,Positive,Negative",
            "games",
            {
                "app_id": "AppID",
                "name": "Name",
                "release_date": "Release date",
                "genres": "Genres",
                "tags": "Tags",
                "reviews_positive": "Positive",
                "reviews_negative": "Negative",
            },
            "",
        ),
        (
            "app_id,title,date_release,win,mac,linux,rating,positive_ratio,user_reviews",
            "games",
            {"name": "title", "release_date": "date_release"},
            "",
        ),
        ("user_id,app_id,hours", "libraries", {}, ""),
        ("user_id,app_id,order", "sequences", {"place": "order"}, ""),
    ],
)
def test_tables_are_known_by_their_columns(
    header: str, table: str, columns: dict[str, str], positive: str, tmp_path: Path
) -> None:
    (tmp_path / "set.csv").write_text(f"{header}\n")
    seen = recognise(tmp_path / "set.csv")
    assert (seen.source, seen.table, seen.columns, seen.positive) == ("table", table, columns, positive)


REVIEW: Any = api_review("a", DAY)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("review_620.json", json.dumps({"query_summary": {}, "reviews": {"1": REVIEW}})),
        ("620.json", json.dumps(page(REVIEW))),
        ("r.jsonl", json.dumps(REVIEW | {"appid": 620})),
        ("r.jl", "\n".join([json.dumps(REVIEW | {"appid": 620})] * 2)),
        ("620.json", json.dumps([REVIEW])),
        ("620.json", json.dumps([REVIEW], indent=1)),
        ("r.json", json.dumps([REVIEW | {"appid": 620}])),
        ("app_620.json", json.dumps(REVIEW, indent=2)),
        ("r.json", "\n".join(json.dumps(page(REVIEW) | {"appid": 620}) for _ in range(2))),
        ("r.json", json.dumps({"query_summary": {}, "reviews": [REVIEW | {"appid": 620}]})),
    ],
)
def test_pages_and_reviews_of_steam_are_read_from_disk(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    read = ingest(tmp_path / "s.duckdb", choose_source(tmp_path / name))
    assert (read.taken_for, read.stored["reviews"], read.reasons) == ("steam-api", 1, {})


@pytest.mark.parametrize(
    ("name", "taken_for", "counts"),
    [
        ("01-steamreviews-library", "steam-api", {"reviews": 2}),
        ("01-steamreviews-library/review_573170.json", "steam-api", {"reviews": 2}),
        ("02-nested-author/reviews.jsonl", "steam-api", {"reviews": 2}),
        ("08-kaggle-recommendations/recommendations.csv", "a table of reviews", {"reviews": 2}),
        ("10-ucsd-v2/steam_reviews.json", "ucsd", {"sequences": 2}),
        ("10-ucsd-v2/australian_users_items.json", "ucsd", {"libraries": 1}),
        ("17-parquet-folder/reviews.parquet", "a table of reviews", {}),
        ("33-ratings-no-flag/ratings.csv", "a table of reviews", {"reviews": 2}),
        ("33-ratings-no-flag/steam.inter", "a table of reviews", {"reviews": 2}),
    ],
)
def test_the_cases(name: str, taken_for: str, counts: dict[str, int], tmp_path: Path) -> None:
    if not CASES.exists():
        pytest.skip("the cases are not in this checkout")
    store = str(tmp_path / "s.duckdb")
    if name.startswith("33-ratings-no-flag/ratings"):
        read = ingest(store, choose_source(CASES / name, columns={"created_at": "at"}))
    else:
        told = CliRunner().invoke(app, ["ingest", store, str(CASES / name)])
        assert told.exit_code == 0, told.output
        assert f"taken for: {taken_for}" in told.output
        read = ingest(store, choose_source(CASES / name))
    assert read.taken_for.startswith(taken_for)
    assert {table: read.stored[table] for table in counts} == counts
    assert read.stored["reviews"] + read.stored["sequences"] + read.stored["libraries"] > 0


def test_steam_200k_is_told_to_have_no_header(tmp_path: Path) -> None:
    (tmp_path / "steam-200k.csv").write_text('"100000001","The Elder Scrolls V Skyrim","purchase",1.0,0\n')
    with pytest.raises(SourceError, match="looks like a file without a header") as caught:
        ingest(tmp_path / "s.duckdb", choose_source(tmp_path / "steam-200k.csv"))
    assert "100000001" not in str(caught.value)
    assert not (tmp_path / "s.duckdb").exists()


@pytest.mark.parametrize(
    "text", ["somebody,liked,portal", "1::2::5::9", "somebody,user,game,1", "76561190000000017"]
)
def test_nobody_is_named_by_looking(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"{text}\n")
    told = CliRunner().invoke(app, ["ingest", str(tmp_path / "s.duckdb"), str(tmp_path / "r.csv")])
    assert told.exit_code == 1
    said = str(told.exception).replace(str(tmp_path), "")
    assert "looks like a file without a header" in said
    assert not any(word in said for word in ("somebody", "76561190000000017", "::"))


def test_objects_by_users_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps({"76561190000000017": {"a": 1}, "when": 2}))
    with pytest.raises(
        SourceError, match="its columns are when; without such a column, use --positive"
    ) as caught:
        ingest(tmp_path / "s.duckdb", choose_source(tmp_path / "r.json"))
    assert "76561190000000017" not in str(caught.value)
