"""``srec store`` on any store: counts, integrity, and the export to Parquet."""

import os
import shutil
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from worlds import BERT, Records, look, review, rows

from srec.artifacts import read_manifest
from srec.cli import app
from srec.errors import SRecError
from srec.prepare.context import ContextSettings
from srec.prepare.engines.duckdb import prepare
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.simulate.world import SimulateSettings, simulate
from srec.store.schema import GAMES, REVIEWS
from srec.store.sources.simulated import SimulatedSource
from srec.store.stores import inspection, open_reader, open_store
from srec.store.stores.base import Store
from srec.store.stores.duckdb import DuckDBStore
from srec.store.stores.inspection import describe, export, size
from srec.store.stores.integrity import check

GAMES_GIVEN = [{"app_id": 620, "name": "Portal 2", "genres": ["Puzzle"], "tags": {"Co-op": 7, "FPS": 2}}]


def fill(where: str) -> str:
    with open_store(where, create=True) as store:
        store.ingest(Records([review(), review(BERT, at="2016-01-02", positive=False)], GAMES_GIVEN))
        store.ingest(
            Records([review(app=400), review(app=-1), review(positive="perhaps")], path=Path("b")), seen=True
        )
        store.ingest(Records([review("x", app=7)]))
        store.forget_unseen(7, {"7": "read"})
    return where


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return fill(str(tmp_path_factory.mktemp("filled") / "store.duckdb"))


@pytest.fixture
def filled(where: str, filled_file: str) -> str:
    """A store of each kind with a few rows; a file is copied, which is faster than to fill it."""
    if "://" in where:
        return fill(where)
    shutil.copyfile(f"{filled_file}.key", f"{where}.key")
    return shutil.copyfile(filled_file, where)


# Counts


def test_statistics_count_what_is_there(filled: str) -> None:
    with open_reader(filled, whole=True) as reader:
        found = asdict(describe(reader))
        assert size(reader, filled) > 10_000
    assert found.pop("revision")
    last = found.pop("ingestions")
    assert found == {
        "simulated": False,
        "reviews": 3,
        "users": 2,
        "games": 1,
        "sequences": 0,
        "libraries": 0,
        "positive_share": pytest.approx(2 / 3),
        "first_review": "2015-11-05T00:00:00",
        "last_review": "2016-01-02T00:00:00",
        "removed": 1,
        "rejects": {"app_id is not above 0": 1, "positive is no BOOLEAN": 1},
    }
    names = ("kind", "read", "added", "rejected")
    assert [tuple(one[name] for name in names) for one in last] == [
        ("reviews", 1, 1, 0),
        ("reviews", 3, 1, 2),
        ("reviews", 2, 2, 0),
        ("games", 1, 1, 0),
    ]


def test_an_empty_store_has_statistics(where: str) -> None:
    open_store(where, create=True).close()
    with open_reader(where, whole=True) as reader:
        found = describe(reader)
    assert (found.reviews, found.positive_share, found.last_review) == (0, None, None)


# Integrity


def _broken(where: str) -> list[str]:
    with open_reader(where, whole=True) as reader:
        return [one.rule for one in check(reader, "1GB", 1) if one.broken]


def test_a_sound_store_keeps_every_rule(filled: str, where: str) -> None:
    assert _broken(filled) == []


def _run(store: Store, statement: str) -> None:
    store.ledger.ask(statement)


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("UPDATE reviews SET app_id = -1 WHERE app_id = 400", ["reviews: no app_id is not above 0"]),
        (
            "UPDATE reviews SET created_at = TIMESTAMP '1999-01-01' WHERE app_id = 400",
            ["reviews: no created_at is before Steam opened (2003-09-12) or in the future"],
        ),
        (
            "UPDATE reviews SET updated_at = TIMESTAMP '2015-01-01' WHERE app_id = 400",
            ["reviews: no row where updated_at is before created_at"],
        ),
        (
            "UPDATE reviews SET batch = 9 WHERE app_id = 400",
            ["reviews: each is of an ingestion that was"],
        ),
        (
            "DELETE FROM reviews WHERE app_id = 400",
            ["reviews: as many as ingestions added, less the removed"],
        ),
        ("DELETE FROM games", ["games: as many as ingestions added"]),
        (
            "UPDATE games SET tags_kind = 'sorted'",
            ["games: no tags_kind is none of votes, ranked, unordered"],
        ),
        ("DELETE FROM meta WHERE key = 'simulated'", None),
        ("DELETE FROM meta WHERE key = 'revision'", None),
        (
            "UPDATE ingestions SET read = read + 1",
            ["ingestions: read = added + replaced + repeated + rejected"],
        ),
        ("UPDATE removed SET batch = 9", ["removed: each by an ingestion that was"]),
        (
            "INSERT INTO removed SELECT user_key, app_id, batch FROM reviews WHERE app_id = 400",
            [
                "reviews: as many as ingestions added, less the removed",
                "removed: none is stored, unless written later",
            ],
        ),
    ],
)
def test_each_broken_rule_is_found(statement: str, rules: list[str] | None, filled: str) -> None:
    with open_store(filled) as store:
        _run(store, statement)
    if rules is None:
        with pytest.raises((SRecError, LookupError)):
            _broken(filled)
    else:
        assert _broken(filled) == rules


def test_a_review_twice_is_found(tmp_path: Path) -> None:
    path = str(tmp_path / "store.duckdb")
    with open_store(path, create=True) as store:
        store.ingest(Records([review()]))
        _run(store, "INSERT INTO reviews FROM reviews")
    assert "reviews: one row a (user_key, app_id)" in _broken(path)


def test_a_damaged_block_is_found(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with open_store(str(path), create=True) as store:
        many = [review(f"user {n}", app=n % 500 + 1, review_id=n * 7919) for n in range(30_000)]
        store.ingest(Records(many))
    whole = path.read_bytes()
    found = 0
    for place in range(20_000, len(whole), 200_000):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            found += bool(_broken(str(path)))
        except SRecError:  # already at the opening
            found += 1
    # Some places are in blocks without any row.
    assert found >= 3


# Parquet


def test_an_export_holds_every_column(filled: str, tmp_path: Path) -> None:
    target = tmp_path / "exported"
    with open_reader(filled, whole=True) as reader:
        assert export(reader, target)
        assert not export(reader, target)
    manifest = read_manifest(target, "reviews", 1)
    assert (manifest["rows"], manifest["simulated"], manifest["latest"]) == (3, False, True)
    assert sorted(manifest["files"]) == ["games.parquet", "reviews.parquet"]
    assert pq.read_schema(target / "reviews.parquet").names == [name for name, _ in REVIEWS.kept]
    assert pq.read_schema(target / "games.parquet").names == [column.name for column in GAMES.columns]
    files = duckdb.sql(f"SELECT app_id, created_at::VARCHAR FROM '{target}/reviews.parquet'").fetchall()
    assert files == sorted(files)
    with open_store(filled) as store:
        seen = look(store)
        for name in ("reviews", "games"):
            stored = seen.execute(f"FROM {name} ORDER BY ALL").fetchall()
            assert duckdb.sql(f"FROM '{target}/{name}.parquet' ORDER BY ALL").fetchall() == stored
        kinds = dict(seen.execute("SELECT column_name, column_type FROM (DESCRIBE games)").fetchall())
    written = duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{target}/games.parquet')")
    assert dict(written.fetchall()) == kinds
    with open_store(filled) as store:
        store.ingest(Records([review(BERT, app=1)]))
    with open_reader(filled, whole=True) as reader:
        assert export(reader, target)
    assert read_manifest(target, "reviews", 1)["rows"] == 4


def test_one_dataset_from_every_store(where: str, tmp_path: Path) -> None:
    """From a DuckDB file, a database, and the export of each: the same bytes."""
    simulate(tmp_path / "world", SimulateSettings(reviews=3000, games=40))
    settings = PrepareSettings(min_user_reviews=2, min_game_reviews=2, popular_games=0)
    tags, context = TagSettings(dimension=4), ContextSettings()
    plain = tmp_path / "plain.duckdb"
    for store in (where, str(plain)):
        with open_store(store, create=True) as opened:
            opened.ingest(SimulatedSource(tmp_path / "world"))
    with open_reader(where, whole=True) as reader:
        export(reader, tmp_path / "exported")
    sources = {"plain": str(plain), "store": where, "export": str(tmp_path / "exported")}
    made = {
        name: prepare(source, tmp_path / name, settings, tags=tags, context=context)
        for name, source in sources.items()
    }
    manifests = [dict(dataset.manifest) for dataset in made.values()]
    for manifest in manifests:
        del manifest["created_at"], manifest["inputs"]
    assert manifests[0] == manifests[1] == manifests[2]


def test_an_export_that_fails_leaves_nothing(filled: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("precious")
    with open_reader(filled, whole=True) as reader, pytest.raises(SRecError, match="move it away"):
        export(reader, tmp_path / "mine")
    assert os.listdir(tmp_path / "mine") == ["file"]
    with open_reader(filled, whole=True) as reader, pytest.raises(SRecError, match="is not written"):
        export(reader, tmp_path / "other", memory_limit="nonsense")
    assert not (tmp_path / "other").exists()


# The commands


def test_the_commands_tell_of_any_store(filled: str, tmp_path: Path) -> None:
    run = CliRunner()
    shown = run.invoke(app, ["store", "stats", filled])
    assert shown.exit_code == 0, shown.output
    assert "rejects: 1 rows, app_id is not above 0" in shown.output
    assert "rules hold" in run.invoke(app, ["store", "verify", filled]).output
    target = str(tmp_path / "exported")
    for _ in range(2):
        assert run.invoke(app, ["store", "export", filled, target]).exit_code == 0
    assert "rules hold" in run.invoke(app, ["store", "verify", target]).output
    assert run.invoke(app, ["store", "stats", target]).exit_code == 0
    with open_store(filled) as store:
        _run(store, "UPDATE reviews SET batch = 9")
        assert len(rows(store)) == 3
    broken = run.invoke(app, ["store", "verify", filled])
    assert "broken: reviews: each is of an ingestion that was: 3" in broken.output
    assert isinstance(broken.exception, SRecError)
    assert "rejected: 1 rows" not in broken.output


def test_a_folder_with_a_star_in_its_name_is_that_folder_alone(filled: str, tmp_path: Path) -> None:
    with open_reader(filled, whole=True) as reader:
        export(reader, tmp_path / "a*b")
    shutil.copytree(tmp_path / "a*b", tmp_path / "a and b")
    with open_reader(str(tmp_path / "a*b")) as reader, duckdb.connect() as connection:
        reader.attach(connection)
        assert connection.execute("SELECT count(*) FROM store.reviews").fetchall() == [(3,)]


def test_a_damaged_export_is_refused(filled: str, tmp_path: Path) -> None:
    target = tmp_path / "exported"
    with open_reader(filled, whole=True) as reader:
        export(reader, target)
    file = target / "games.parquet"
    file.write_bytes(file.read_bytes()[:-9] + b"x" + file.read_bytes()[-8:])
    told = CliRunner().invoke(app, ["store", "verify", str(target)])
    assert "checksum differs" in str(told.exception)


def test_counting_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.duckdb"
    with DuckDBStore.open(path, create=True) as store:
        store.connection.execute(
            "INSERT INTO rejects SELECT 'file', 1, i::VARCHAR FROM range(3_000_000) AS t(i)"
        )
    monkeypatch.setattr(inspection, "_SECONDS", 0.05)
    with (
        open_reader(str(path), whole=True) as reader,
        pytest.raises(SRecError, match=r"cannot be counted in 0\.05"),
    ):
        describe(reader)
