"""Tables as they come: separators, quotes, encodings, endings, compressions, folders."""

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from worlds import facts, rejects, rows, write_parquet

from srec.errors import SettingsError, SourceError
from srec.store.sources.tabular import TableSource
from srec.store.stores.duckdb import DuckDBStore

CASES = Path(__file__).parents[3] / "shared" / "cases"
HEAD = "user_id,app_id,positive,created_at"
PLAIN = f"{HEAD}\na,620,1,2021-03-01\nb,400,0,2021-03-02\n"
READ = [(400, False, "2021-03-02"), (620, True, "2021-03-01")]
OBJECTS: list[Any] = [
    {"user_id": "a", "app_id": 620, "positive": True, "created_at": "2021-03-01"},
    {"user_id": "b", "app_id": 400, "positive": False, "created_at": "2021-03-02"},
]
LINES = "\n".join(map(json.dumps, OBJECTS))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory):
    with DuckDBStore.open(tmp_path_factory.mktemp("store") / "store.duckdb", create=True) as store:
        yield store


@pytest.fixture
def store(opened: DuckDBStore):
    for table in ("reviews", "games", "libraries", "sequences", "rejects"):
        opened.connection.execute(f"DELETE FROM {table}")
    return opened


def zipped(path: Path, *names: str) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, PLAIN)
    return path.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        "sep=,\r\n" + PLAIN.replace("\n", "\r\n"),
        "sep=\t\n" + PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ", "),
        PLAIN.replace(",", " ; "),
        "\ufeff" + PLAIN,
        '"user_id";"app_id";"positive";"created_at";"review"\n"a";"620";"1";"2021-03-01";"x, ""y""; z"\n'
        '"b";"400";"0";"2021-03-02";"two\nlines"\n',
        f'{HEAD},review\na,620,1,2021-03-01,"good \\"fun\\", really"\nb,400,0,2021-03-02,"\\"no\\""\n',
        f'{HEAD},review\na,620,1,2021-03-01,"a ""quote"""\nb,400,0,2021-03-02,"C:\\\\"\n',
        f"{HEAD},genres\na,620,1,2021-03-01,x;y;z\nb,400,0,2021-03-02,a|b|c|d|e\n",
        ",".join(f"{name}:token" for name in HEAD.split(",")) + PLAIN.removeprefix(HEAD),
        "," + HEAD + "\n0,a,620,1,2021-03-01\n1,b,400,0,2021-03-02\n",
        LINES,
        LINES.replace("\n", "\r\n") + "\r\n",
        json.dumps(OBJECTS),
        json.dumps(OBJECTS, indent=2),
        "\n".join(json.dumps(each, indent=1) for each in OBJECTS),
        "\ufeff[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
    ],
)
def test_text_is_read_as_it_comes(text: str, store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "REVIEWS.txt").write_bytes(text.encode())
    store.ingest(TableSource(tmp_path / "REVIEWS.txt"))
    assert facts(store) == READ
    assert rejects(store) == []


@pytest.mark.parametrize("text", [PLAIN, PLAIN.replace(",", ";"), LINES])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(text: str, encoding: str, store: DuckDBStore, tmp_path: Path) -> None:
    named = text.replace("620", "620").replace('"a"', '"Jos\u00e9"').replace("\na", "\nJos\u00e9")
    (tmp_path / "r.csv").write_bytes(named.encode(encoding))
    store.ingest(TableSource(tmp_path / "r.csv"))
    assert facts(store) == READ
    assert rejects(store) == []
    person = store.connection.execute("SELECT user_key FROM reviews WHERE app_id = 620").fetchall()
    (tmp_path / "r.csv").write_bytes(named.encode())
    assert not store.ingest(TableSource(tmp_path / "r.csv")).changed
    assert store.connection.execute("SELECT user_key FROM reviews WHERE app_id = 620").fetchall() == person


def test_one_broken_line_does_not_change_the_encoding(store: DuckDBStore, tmp_path: Path) -> None:
    text = f"{HEAD}\njos\u00e9,620,1,2021-03-01\n".encode() + b"jos\xe9x,400,0,2021-03-02\n"
    (tmp_path / "r.csv").write_bytes(text)
    store.ingest(TableSource(tmp_path / "r.csv"))
    assert [row for row, _ in rejects(store)] == [3]


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, pa.Codec("zstd").compress, None]
)
@pytest.mark.parametrize("name", ["r.csv", "r.CSV.GZ", "r"])
def test_compressions_are_seen(pack: Any, name: str, store: DuckDBStore, tmp_path: Path) -> None:
    text = PLAIN.encode()
    packed = zipped(tmp_path / "made.zip", "reviews.csv") if pack is None else bytes(memoryview(pack(text)))
    (tmp_path / name).write_bytes(packed)
    store.ingest(TableSource(tmp_path / name))
    assert facts(store) == READ


def test_of_several_files_in_a_zip_none_is_chosen(store: DuckDBStore, tmp_path: Path) -> None:
    zipped(tmp_path / "r.zip", "a.csv", "b.csv")
    with pytest.raises(SourceError, match="has 2 files in it: unpack it"):
        store.ingest(TableSource(tmp_path / "r.zip"))


@pytest.mark.parametrize("cut", [30, 60])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, pa.Codec("zstd").compress])
def test_a_packed_file_that_breaks_off_is_one_line(
    pack: Any, cut: int, store: DuckDBStore, tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_bytes(bytes(memoryview(pack(PLAIN.encode())))[:cut])
    with pytest.raises(SourceError) as caught:
        store.ingest(TableSource(tmp_path / "r.csv"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["feather", "uncompressed", "stream"])
def test_arrow_files(kind: str, store: DuckDBStore, tmp_path: Path) -> None:
    table, file = pa.Table.from_pylist(OBJECTS), tmp_path / "r.arrow"
    if kind == "stream":
        with pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    else:
        feather.write_feather(table, file, compression="uncompressed" if kind == "uncompressed" else "lz4")
    store.ingest(TableSource(file))
    assert facts(store) == READ


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("layout", ["part-{}", "app_id={}/part-0", "year=2021/app_id={}/part-0"])
def test_folders(ending: str, layout: str, store: DuckDBStore, tmp_path: Path) -> None:
    folder = tmp_path / "reviews"
    for each in OBJECTS:
        file = folder / f"{layout.format(each['app_id'])}.{ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        row = {key: value for key, value in each.items() if f"{key}=" not in layout}
        if ending == "parquet":
            pq.write_table(pa.Table.from_pylist([row]), file)
        elif ending == "csv":
            file.write_text(",".join(row) + "\n" + ",".join(map(str, row.values())))
        else:
            file.write_text(json.dumps(row))
    for aside in ("_SUCCESS", ".part.crc", "_metadata"):
        (folder / aside).write_bytes(b"")
    store.ingest(TableSource(folder))
    assert facts(store) == READ
    assert not store.ingest(TableSource(folder)).changed
    if layout == "part-{}":
        store.connection.execute("DELETE FROM reviews")
        store.ingest(TableSource(folder / f"part-*.{ending}"))
        assert facts(store) == READ


@pytest.mark.parametrize("where", ["folder", "none-*.csv"])
def test_where_there_are_no_files_it_is_said(where: str, store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match="no file"):
        store.ingest(TableSource(tmp_path / where))


@pytest.mark.parametrize(
    "text",
    [
        "100000001,The Elder Scrolls V Skyrim,purchase,1.0,0",
        "somebody,portal,true,2021",
        "1,2014-04-07T10:51:09.277Z,214536502,0",
        "196\t242\t3\t881250949",
        "1::1193::5::978300760",
        "somebody;portal;liked",
        "user76561190000000017,game",
        "somebody",
    ],
)
def test_a_file_without_a_header_is_told_so_and_not_quoted(
    text: str, store: DuckDBStore, tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text(f"{text}\n" * 2)
    with pytest.raises(SourceError, match="looks like a file without a header") as caught:
        store.ingest(TableSource(tmp_path / "r.csv"))
    said = str(caught.value).replace(str(tmp_path), "")
    assert not any(
        word in said for word in ("somebody", "1193", "100000001", "2014", "196", "7656", "portal")
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("rating >= 4", [True, False, True]),
        ("rating>3.5", [True, False, True]),
        ("rating < 2", [False, True, False]),
        ("rating = 5", [True, False, False]),
        ("rating != 5", [False, True, True]),
        ("verdict = Recommended", [True, False, True]),
        ("'verdict' == 'recommended'", [True, False, True]),
        ("all", [True, True, True]),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_positive_follows_from_a_rule(
    rule: str, expected: list[bool], form: str, store: DuckDBStore, tmp_path: Path
) -> None:
    ratings = [(5.0, "Recommended"), (1.0, "Not Recommended"), (4, "recommended ")]
    given = [
        {"user_id": "a", "app_id": n, "rating": rating, "verdict": verdict, "created_at": "2021-03-01"}
        for n, (rating, verdict) in enumerate(ratings, 1)
    ]
    file = tmp_path / f"r.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(given), file)
    elif form == "csv":
        file.write_text("\n".join([",".join(given[0]), *(",".join(map(str, row.values())) for row in given)]))
    else:
        file.write_text("\n".join(map(json.dumps, given)))
    store.ingest(TableSource(file, positive=rule))
    assert [positive for _, positive, _ in facts(store)] == expected


@pytest.mark.parametrize(
    "rule", ["", "rating", "rating >=", ">= 4", "rating >= 4; DROP TABLE x", "a > b > 4", "rating >= good"]
)
def test_what_is_no_rule_is_refused(rule: str, store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("user_id,app_id,rating,created_at\na,1,5,2021-03-01\n")
    with pytest.raises((SettingsError, SourceError), match="positive"):
        store.ingest(TableSource(tmp_path / "r.csv", positive=rule))


def test_a_rating_that_is_no_number_is_no_verdict(store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "user_id,app_id,rating,created_at\na,1,5,2021-03-01\na,2,,2021-03-01\na,3,good,2021-03-01\na,4,nan,2021-03-01\n"
    )
    store.ingest(TableSource(tmp_path / "r.csv", positive="rating >= 4"))
    assert [app for app, _, _ in facts(store)] == [1]
    assert rejects(store) == [(row, "positive is missing") for row in (3, 4, 5)]


def test_a_column_can_be_left_out(store: DuckDBStore, tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text(
        '{"app_id": 1, "name": "One", "platforms": {"windows": true}, "price_usd_cents": "x"}'
    )
    left = {"platforms": "", "price_usd_cents": ""}
    store.ingest(TableSource(tmp_path / "g.jsonl", "games", left))
    assert [row[:2] for row in rows(store, "games")] == [(1, "One")]
    with pytest.raises(SourceError, match="app_id cannot be left out"):
        store.ingest(TableSource(tmp_path / "g.jsonl", "games", {"app_id": ""}))


NESTED = {"user_id": "author.steamid", "app_id": "game", "positive": "up", "created_at": "at"}


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_dotted_name_reaches_into_an_object(form: str, store: DuckDBStore, tmp_path: Path) -> None:
    given = [
        {
            "author": {"steamid": each["user_id"], "x": 1},
            "game": each["app_id"],
            "up": each["positive"],
            "at": each["created_at"],
        }
        for each in OBJECTS
    ]
    file = tmp_path / f"r.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(given), file)
    else:
        file.write_text("\n".join(map(json.dumps, given)))
    store.ingest(TableSource(file, "reviews", NESTED))
    assert facts(store) == READ
    with pytest.raises(SourceError, match=r"lacks author\.name \(for user_id\).*author\.steamid"):
        store.ingest(TableSource(file, "reviews", NESTED | {"user_id": "author.name"}))


@pytest.mark.parametrize(
    "when",
    [
        {"$date": "2021-03-01T00:00:00Z"},
        {"$date": 1614556800000},
        {"$date": {"$numberLong": "1614556800000"}},
    ],
)
def test_what_mongoexport_wraps_is_unwrapped(when: Any, store: DuckDBStore, tmp_path: Path) -> None:
    given = {"_id": {"$oid": "ab"}, "app_id": {"$numberInt": "620"}, "positive": True, "created_at": when}
    (tmp_path / "r.json").write_text(json.dumps(given | {"user_id": {"$numberLong": "7"}}))
    store.ingest(TableSource(tmp_path / "r.json"))
    assert facts(store) == [(620, True, "2021-03-01")]


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.string(), 2), pa.list_view(pa.string()), pa.large_list_view(pa.string())]
)
def test_lists_of_any_layout_are_genres(kind: pa.DataType, store: DuckDBStore, tmp_path: Path) -> None:
    genres = pa.array([["Action", "Indie"], None], kind)
    store.ingest(TableSource(write_parquet(tmp_path / "g.parquet", app_id=[1, 2], genres=genres), "games"))
    found = store.connection.execute("SELECT genres FROM games ORDER BY app_id").fetchall()
    assert found == [(["Action", "Indie"],), (None,)]


@pytest.mark.parametrize(
    ("name", "count", "columns", "positive"),
    [
        *(
            (f"07-csv-dialects/{name}", count, {}, "")
            for name, count in {
                "semicolon.csv": 2,
                "reviews.tsv": 1,
                "sepline.csv": 1,
                "utf16.csv": 1,
                "spaces.csv": 2,
                "backslash.csv": 4,
                "REVIEWS.CSV": 1,
                "reviews.csv.bz2": 1,
            }.items()
        ),
        (
            "11-scrapy-jl/reviews.jl",
            1,
            {"app_id": "product_id", "positive": "recommended", "created_at": "date"},
            "",
        ),
        ("17-parquet-folder/reviews.parquet", None, {}, ""),
        (
            "02-nested-author/reviews.jsonl",
            2,
            {
                "user_id": "author.steamid",
                "app_id": "appid",
                "positive": "voted_up",
                "created_at": "timestamp_created",
            },
            "",
        ),
        (
            "33-ratings-no-flag/ratings.csv",
            2,
            {"user_id": "user", "app_id": "app", "created_at": "at"},
            "rating >= 4",
        ),
        (
            "33-ratings-no-flag/steam.inter",
            2,
            {"app_id": "item_id", "created_at": "timestamp"},
            "rating >= 4",
        ),
    ],
)
def test_the_cases(
    name: str, count: int | None, columns: dict[str, str], positive: str, store: DuckDBStore
) -> None:
    if not CASES.exists():
        pytest.skip("the cases are not in this checkout")
    store.ingest(TableSource(CASES / name, "reviews", columns, positive))
    assert len(facts(store)) == (count or store.counts()["reviews"]) > 0
    assert len(rejects(store)) == ("jl" in name and "nested" not in name)
