"""A user's own tables: Parquet, CSV, JSON lines."""

import gzip
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from worlds import facts, rejects, rows, write_parquet

from srec.errors import SourceError
from srec.store.ingest import choose_source, ingest
from srec.store.sources.delimited import LONGEST_ROW, CsvFile
from srec.store.sources.parquet import BATCH
from srec.store.sources.tabular import TableSource
from srec.store.stores.duckdb import DuckDBStore

NAMES = {"user_id": "who", "app_id": "game", "positive": "liked", "created_at": "when"}


@pytest.fixture
def store(tmp_path: Path):
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        yield store


def write(path: Path, text: str | bytes) -> Path:
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["own.csv", "own.csv.gz"])
def test_csv(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    lines = [
        "\ufeffwho,game,text,liked,when",
        'a,620,"two\nlines, and a comma",true,2015-11-05 10:00:00',
        "",
        "a,400,,no,1446681600",
        "too,few",
        "a,440,one,two,many,2015-11-05",
        'a,440,"un"quoted,true,2015-11-05',
        "a,500,,true,2015-11-05T23:30:00-02:00",
    ]
    store.ingest(TableSource(write(tmp_path / name, "\n".join(lines)), "reviews", NAMES))
    assert facts(store) == [(400, False, "2015-11-05"), (500, True, "2015-11-06"), (620, True, "2015-11-05")]
    # Rows are numbered by the line they end in.
    assert rejects(store) == [
        (6, "has 2 fields where the header has 5"),
        (7, "has 6 fields where the header has 5"),
        (8, "not CSV: ',' expected after '\"'"),
    ]


def test_csv_with_broken_text(store: DuckDBStore, tmp_path: Path) -> None:
    text = b"who,game,liked,when\na,620,1,2015-11-05\n\xff,621,1,2015-11-05\na,622,1,2015-11-05\n"
    store.ingest(TableSource(write(tmp_path / "own.csv", text), "reviews", NAMES))
    assert [app for app, _, _ in facts(store)] == [620, 622]
    assert rejects(store) == [(3, "not UTF-8 text: byte 0xff at position 1")]


NOT_CLOSED = "not CSV: a quote is opened and not closed"


def numbered(count: int, otherwise: dict[int, str]) -> str:
    """CSV rows of games 1 to count, each in the line after its number; some are written differently."""
    lines = (otherwise.get(app, f"a,{app},1,2015-11-05,") for app in range(1, count + 1))
    return "\n".join(["who,game,liked,when,text", *lines])


@pytest.mark.parametrize("name", ["own.csv", "own.csv.gz"])
@pytest.mark.parametrize("count", [14, 20, 10_000])
def test_a_stray_quote_costs_its_row_alone(name: str, count: int, store: DuckDBStore, tmp_path: Path) -> None:
    """The quote would stay open to the end of the file, to another quote, or for longer than any row."""
    otherwise = {11: '"bob,11,1,2015-11-05,'} | (
        {15: 'a,15,1,2015-11-05,"two\nlines"'} if count == 20 else {}
    )
    file = write(tmp_path / name, numbered(count, otherwise))
    summary = store.ingest(TableSource(file, "reviews", NAMES)).tables["reviews"]
    assert [app for app, _, _ in facts(store)] == [app for app in range(1, count + 1) if app != 11]
    assert rejects(store) == [(12, NOT_CLOSED)]
    assert (summary.read, summary.added) == (count, count - 1)


@pytest.mark.parametrize(
    ("first", "last"),
    [('"bob,5,1,2015-11-05,', 'carl",9,1,2015-11-05,'), ('bob,5,"1,2015-11-05,', 'carl",9,1,2015-11-05,')],
)
def test_rows_between_two_stray_quotes_are_read(
    first: str, last: str, store: DuckDBStore, tmp_path: Path
) -> None:
    """The text between them looks like a user, or like a value in a row with too many."""
    file = write(tmp_path / "own.csv", numbered(12, {5: first, 9: last}))
    store.ingest(TableSource(file, "reviews", NAMES))
    assert [app for app, _, _ in facts(store)] == [app for app in range(1, 13) if app != 5]
    assert rejects(store) == [(6, NOT_CLOSED)]


def test_broken_text_within_a_row_of_several_lines(store: DuckDBStore, tmp_path: Path) -> None:
    lines = [
        b"who,game,liked,when,text",
        b'a,1,1,2015-11-05,"x',
        b"\xff",
        b'y"',
        b'a,2,1,2015-11-05,"x',
        b"\xff",
    ]
    store.ingest(TableSource(write(tmp_path / "own.csv", b"\n".join(lines)), "reviews", NAMES))
    assert [app for app, _, _ in facts(store)] == [1]
    broken = "not UTF-8 text: byte 0xff at position 1"
    assert rejects(store) == [(3, broken), (5, NOT_CLOSED), (6, broken)]


@pytest.mark.parametrize("start", ["a,1,1,2015-11-05,", 'c",1,"e', "\udcff"])
def test_a_stray_quote_does_not_fill_the_memory(start: str, tmp_path: Path) -> None:
    rows = '"' + (start + "x" * 1000 + "\n") * (40 * LONGEST_ROW // 1000)
    file = write(tmp_path / "own.csv", ("who,game,liked,when,text\n" + rows).encode(errors="surrogateescape"))
    tracemalloc.start()
    count = sum(1 for _ in CsvFile(file).rows(unbroken=[0, 1, 2, 3]))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == rows.count("\n")
    # The lines of the longest row, and csv's four bytes for each character; the file has 40 of them.
    assert most < 16 * LONGEST_ROW


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"who,game,liked,when,\xe9", "line 1: not UTF-8 text: byte 0xe9 at position 21"),
        (b'who,"game,liked,when', "line 1: not CSV: unexpected end of data"),
        (b"\n ", "it has only blank lines"),
    ],
)
def test_a_header_that_cannot_be_read(header: bytes, said: str, store: DuckDBStore, tmp_path: Path) -> None:
    file = write(tmp_path / "own.csv", header + b"\n76561190000000017,1,1,2015-11-05,\n" * (b"who" in header))
    with pytest.raises(SourceError, match="has no readable header") as caught:
        store.ingest(TableSource(file, "reviews", NAMES))
    assert f"({said}): save it as UTF-8 text" in str(caught.value)
    assert "76561190000000017" not in str(caught.value)


@pytest.mark.parametrize("name", ["own.csv", "own.parquet"])
def test_a_column_that_is_there_twice(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    def twice(name: str) -> Path:
        names = [*NAMES.values(), name]
        if file.suffix == ".csv":
            return write(file, ",".join(names) + "\na,620,1,2015-11-05,1\n")
        values = [["a"], [620], [True], ["2015-11-05"], [1]]
        pq.write_table(pa.Table.from_arrays([pa.array(each) for each in values], names), file)
        return file

    file = tmp_path / name
    with pytest.raises(SourceError, match=r"own\.\w+ has more than one column game: rename all but"):
        store.ingest(TableSource(twice("game"), "reviews", NAMES))
    store.ingest(TableSource(twice("other"), "reviews", NAMES))
    assert facts(store) == [(620, True, "2015-11-05")]


def test_a_quote_that_never_closes_is_a_reject(store: DuckDBStore, tmp_path: Path) -> None:
    text = 'who,game,liked,when\na,620,1,2015-11-05\na,621,"1,2015-11-05\na,622,1,2015-11-05\n'
    store.ingest(TableSource(write(tmp_path / "own.csv", text), "reviews", NAMES))
    assert [app for app, _, _ in facts(store)] == [620, 622]
    assert rejects(store) == [(3, NOT_CLOSED)]


def test_json_lines(store: DuckDBStore, tmp_path: Path) -> None:
    lines = [
        '{"who": 7, "game": 620, "liked": true, "when": 1446681600, "playtime_minutes": 5}',
        '{"who": 7, "game": 621, "liked": true',
        "[1, 2]",
        '{"who": "\\ud800", "game": 622, "liked": true, "when": 1446681600}',
        '{"who": null, "game": 623, "liked": true, "when": 1446681600}',
    ]
    store.ingest(TableSource(write(tmp_path / "own.jsonl.gz", "\n".join(lines)), "reviews", NAMES))
    assert facts(store) == [(620, True, "2015-11-05")]
    assert [(row, reason[:28]) for row, reason in rejects(store)] == [
        (2, "not JSON: Expecting ',' deli"),
        (3, "a JSON array, not an object"),
        (4, "holds text that is not Unico"),
        (5, "user_id is missing"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", r"\(line 1: not a JSON object\): write one object a line"),
        ('[\n  {\n    "who": a\n  }\n]', r"\(line 1: not JSON: .*\): write one object a line"),
        (" \n", "has only blank lines: write one object a line"),
    ],
)
def test_json_that_is_no_lines_of_objects(text: str, said: str, store: DuckDBStore, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=said):
        store.ingest(TableSource(write(tmp_path / "own.jsonl", text), "reviews", NAMES))


@pytest.mark.parametrize("given", ['["en"]', '{"name": "en"}'])
def test_a_list_is_no_text(given: str, store: DuckDBStore, tmp_path: Path) -> None:
    line = '{{"user_id": {}, "app_id": 620, "positive": true, "created_at": 1446681600, "language": {}}}'
    lines = [line.format('"a"', '"en"'), line.format('"b"', given), line.format(given, '"en"')]
    store.ingest(TableSource(write(tmp_path / "own.jsonl", "\n".join(lines))))
    assert len(facts(store)) == 2
    assert rejects(store) == [(3, "user_id holds a value that is not text")]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"user_id": pa.array([7, 8])}, None),
        ({"app_id": pa.array([620.0, 400.0])}, None),
        ({"app_id": pa.array(["620", "400"]).dictionary_encode()}, None),
        ({"user_id": pa.array(["a", "b"], pa.string_view())}, None),
        ({"user_id": pa.array([b"a", b"b"], pa.binary_view())}, None),
        ({"user_id": pa.array([b"a", b"b"])}, None),
        ({"app_id": pa.array([b"620", b"400"], pa.large_binary()).dictionary_encode()}, None),
        ({"positive": pa.array([1, 0])}, None),
        ({"created_at": pa.array([datetime(2015, 11, 5), datetime(2015, 12, 1)])}, None),
        ({"created_at": pa.array([date(2015, 11, 5), date(2015, 12, 1)])}, None),
        ({"created_at": pa.array([1446681600.0, 1448928000.0])}, None),
        ({"created_at": pa.array([1446681600, 1448928000], pa.int32())}, None),
        ({"created_at": pa.array([1446681600, 1448928000], pa.uint32())}, None),
        (
            {
                "created_at": pa.array(
                    [datetime(2015, 11, 5, 22, tzinfo=UTC), datetime(2015, 12, 1, 22, tzinfo=UTC)],
                    pa.timestamp("ns", "Asia/Tokyo"),
                )
            },
            None,
        ),
        (
            {"user_id": pa.array(["7.65612E+16", "7.65612e16"])},
            "all 2 rows are bad; row 1: user_id is a number that has lost its last digits",
        ),
        ({"user_id": pa.array([7.6e16, 8.0])}, "the column for user_id holds double, .* lost digits"),
        ({"app_id": pa.array([[1], [2]])}, "the column for app_id holds list"),
        ({"created_at": pa.array([True, False])}, "the column for created_at holds bool"),
        ({"positive": pa.nulls(2)}, "all 2 rows are bad; row 1: positive is missing"),
    ],
)
def test_parquet_types(
    changed: dict[str, Any], reason: str | None, store: DuckDBStore, tmp_path: Path
) -> None:
    columns = {
        "user_id": ["a", "b"],
        "app_id": [620, 400],
        "positive": [True, False],
        "created_at": [1446681600, 1448928000],
    } | changed
    source = TableSource(write_parquet(tmp_path / "own.parquet", **columns))
    if reason is None:
        store.ingest(source)
        assert facts(store) == [(400, False, "2015-12-01"), (620, True, "2015-11-05")]
    else:
        with pytest.raises(SourceError, match=reason):
            store.ingest(source)


@pytest.mark.parametrize("marked", [pa.string(), pa.binary()])
def test_parquet_with_broken_text(marked: pa.DataType, store: DuckDBStore, tmp_path: Path) -> None:
    offsets = pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00")
    users = pa.Array.from_buffers(marked, 2, [None, offsets, pa.py_buffer(b"\xff\xfeab")])
    file = write_parquet(
        tmp_path / "own.parquet",
        user_id=users,
        app_id=[1, 2],
        positive=[True, True],
        created_at=["2015-11-05"] * 2,
    )
    store.ingest(TableSource(file))
    assert [app for app, _, _ in facts(store)] == [2]
    assert rejects(store) == [(1, "user_id is not UTF-8 text")]


def test_memory_does_not_grow_with_the_file(store: DuckDBStore, tmp_path: Path) -> None:
    count, generator = 6 * BATCH, np.random.default_rng(0)
    columns = {
        "user_id": generator.integers(1 << 60, size=count),
        "app_id": generator.integers(1, 1 << 20, size=count),
        "positive": np.ones(count, bool),
        "created_at": generator.integers(1_400_000_000, 1_500_000_000, size=count),
    }
    pq.write_table(pa.table(columns), tmp_path / "own.parquet", row_group_size=BATCH // 2)
    held: list[int] = []
    store.ingest(TableSource(tmp_path / "own.parquet"), lambda _: held.append(pa.total_allocated_bytes()))
    assert len(held) == 6
    # Two batches are 19 MB; with all the file buffered it would be 48 MB, and growing with all batches kept.
    assert max(held) < 32 << 20


@pytest.mark.parametrize("name", ["own.csv", "own.jsonl", "own.parquet"])
def test_a_missing_column_is_named_with_those_that_are_there(
    name: str, store: DuckDBStore, tmp_path: Path
) -> None:
    file = tmp_path / name
    if name.endswith(".parquet"):
        write_parquet(file, who=["a"], game=[1])
    else:
        write(file, "who,game\na,1\n" if name.endswith(".csv") else '{"who": "a", "game": 1}\n')
    message = r"it lacks liked \(for positive\), when \(for created_at\); its columns are who, game"
    with pytest.raises(SourceError, match=message):
        store.ingest(TableSource(file, "reviews", NAMES))


def test_what_is_asked_for_must_exist(store: DuckDBStore, tmp_path: Path) -> None:
    file = write(tmp_path / "own.csv", "user_id,app_id,positive,created_at\n")
    with pytest.raises(SourceError, match=r"lacks minutes \(for playtime_minutes\)"):
        store.ingest(TableSource(file, "reviews", {"playtime_minutes": "minutes"}))
    with pytest.raises(
        SourceError, match="the table reviews has no column playtime: name some of user_id, app_id"
    ):
        store.ingest(TableSource(file, "reviews", {"playtime": "minutes"}))
    with pytest.raises(SourceError, match="there is no table 'films': name one of reviews, games"):
        store.ingest(TableSource(file, "films"))


def test_an_empty_table_is_no_error(store: DuckDBStore, tmp_path: Path) -> None:
    file = write(tmp_path / "own.csv", "user_id,app_id,positive,created_at\n")
    assert not store.ingest(TableSource(file)).changed


@pytest.mark.parametrize("name", ["games.csv", "games.jsonl", "games.parquet"])
def test_games(name: str, store: DuckDBStore, tmp_path: Path) -> None:
    file = tmp_path / name
    if name.endswith(".csv"):
        lines = [
            "app_id,name,release_date,developers,tags",
            '620,Portal 2,2011-04-18,"A; B","{""Puzzle"": 3}"',
        ]
        write(file, "\n".join(lines))
    elif name.endswith(".jsonl"):
        line = (
            '{"app_id": 620, "name": "Portal 2", "release_date": "2011-04-18", "developers": ["A", "B"],'
            ' "tags": [{"tag": "Puzzle", "votes": 3}]}'
        )
        write(file, line)
    else:
        write_parquet(
            file,
            app_id=[620],
            name=["Portal 2"],
            release_date=[date(2011, 4, 18)],
            developers=[["A", "B"]],
            tags=[[{"tag": "Puzzle", "votes": 3}]],
        )
    store.ingest(TableSource(file, "games"))
    ((app, title, _, released, *rest),) = rows(store, "games")
    assert (app, title, released) == (620, "Portal 2", date(2011, 4, 18))
    assert rest == [None, None, ["A", "B"], *[None] * 4, [{"tag": "Puzzle", "votes": 3}], "votes", None, None]


def test_tags_as_an_arrow_map(store: DuckDBStore, tmp_path: Path) -> None:
    tags = pa.array([[("Action", 5), ("Puzzle", 2)], None], pa.map_(pa.string(), pa.int64()))
    store.ingest(TableSource(write_parquet(tmp_path / "own.parquet", app_id=[1, 2], tags=tags), "games"))
    found = store.connection.execute("SELECT tags, tags_kind FROM games ORDER BY app_id").fetchall()
    action, puzzle = {"tag": "Action", "votes": 5}, {"tag": "Puzzle", "votes": 2}
    assert found == [([action, puzzle], "votes"), (None, None)]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("genres", [{"id": 1}]),
        ("genres", [["Action"]]),
        ("genres", [b"Action"]),
        ("tags", [["Action"]]),
        ("name", {"en": "Portal"}),
    ],
)
def test_what_is_no_text_is_no_genre_or_name(name: str, bad: Any, store: DuckDBStore, tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "own.parquet", app_id=[1, 2], **{name: [None, bad]})
    summary = store.ingest(TableSource(file, "games"))
    assert [app for app, *_ in rows(store, "games")] == [1, 2]
    assert (rejects(store), summary.left_out) == ([], {f"{name} holds a value that is not text": 1})


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("ns", "Asia/Tokyo"), pa.timestamp("us")])
def test_times_that_python_cannot_hold(kind: pa.DataType, store: DuckDBStore, tmp_path: Path) -> None:
    # 2011-04-18 and a nanosecond; in microseconds a time some 41,000 years away.
    released = pa.array([None, 1303084800000000001], kind)
    file = write_parquet(tmp_path / "own.parquet", app_id=[1, 2], release_date=released)
    store.ingest(TableSource(file, "games"))
    found = {app: day for app, _, _, day, *_ in rows(store, "games")}
    assert found == {1: None, 2: None if kind.unit == "us" else date(2011, 4, 18)}
    assert rejects(store) == []


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["Action,Indie", "Casual"], [["Action", "Indie"], ["Casual"]]),
        (["Action|Indie", "Casual"], [["Action", "Indie"], ["Casual"]]),
        (["Action;Indie", "Hack, Slash"], [["Action", "Indie"], ["Hack, Slash"]]),
        (["['Action', 'Indie']", "[]"], [["Action", "Indie"], None]),
        (["('Action', 'Indie')", "{'Casual'}"], [["Action", "Indie"], ["Casual"]]),
        (['["Action"]', '[{"id": "1", "description": "Indie"}]'], [["Action"], ["Indie"]]),
        (["Valve, Inc.,Hidden Path", "Casual"], [["Valve, Inc.", "Hidden Path"], ["Casual"]]),
    ],
)
def test_lists_in_the_spellings_of_the_world(
    given: list[str], wanted: list[Any], store: DuckDBStore, tmp_path: Path
) -> None:
    file = write_parquet(tmp_path / "own.parquet", app_id=[1, 2], developers=given)
    store.ingest(TableSource(file, "games"))
    held = store.connection.execute("SELECT developers FROM games ORDER BY app_id").fetchall()
    assert [row[0] for row in held] == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["19.99", "20.0", "0.0"], [1999, 2000, 0]),
        (["$19.99", "$1,299", "Free To Play"], [1999, 129900, 0]),
        (["1999", "999", "0"], [1999, 999, 0]),
        ([1999.0, float("nan"), 0.0], [1999, None, 0]),
        (["19.99 USD", "N/A", "19,99 \u20ac"], [1999, None, None]),
    ],
)
def test_prices_in_dollars_and_in_cents(
    given: list[Any], wanted: list[Any], store: DuckDBStore, tmp_path: Path
) -> None:
    file = write_parquet(tmp_path / "own.parquet", app_id=[1, 2, 3], price_usd_cents=given)
    store.ingest(TableSource(file, "games"))
    held = store.connection.execute("SELECT price_usd_cents FROM games ORDER BY app_id").fetchall()
    assert [row[0] for row in held] == wanted


def test_an_arrow_file_whose_offsets_are_damaged_is_one_line(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "user_id": ["anna"] * 9,
            "app_id": [620] * 9,
            "positive": [True] * 9,
            "created_at": ["2015-11-05"] * 9,
        }
    )
    path = tmp_path / "reviews.arrow"
    with pa.ipc.new_file(path, rows.schema) as writer:
        writer.write_table(rows)
    content = bytearray(path.read_bytes())
    at = content.index((4).to_bytes(4, "little") + (8).to_bytes(4, "little") + (12).to_bytes(4, "little"))
    content[at : at + 4] = (2**30).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(SourceError, match="is damaged after row 0: "):
        ingest(tmp_path / "store.duckdb", choose_source(path, "table", table="reviews"))
