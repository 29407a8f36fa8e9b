"""Sequences and libraries in every store: which rows it keeps, and that they go out and in like reviews."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner
from worlds import ANNA, BERT, Records, key_of, look, make_older, rejects, review, rows

import srec
from srec.artifacts import read_manifest
from srec.cli import app
from srec.errors import SRecError
from srec.prepare.context import ContextSettings
from srec.prepare.engines.duckdb import prepare
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.simulate.world import SimulateSettings, simulate
from srec.store.sources.simulated import SimulatedSource
from srec.store.stores import open_reader, open_store
from srec.store.stores.base import Store
from srec.store.stores.duckdb import DuckDBStore
from srec.store.stores.inspection import describe, export
from srec.store.stores.integrity import check
from srec.store.stores.migrations import migrations


def placed(user: str = ANNA, app: Any = 620, place: Any = 0) -> dict[str, Any]:
    return {"user_id": user, "app_id": app, "place": place}


def owned(user: str = ANNA, app: Any = 620, hours: Any = 1.5) -> dict[str, Any]:
    return {"user_id": user, "app_id": app, "hours": hours}


def facts(store: Store, table: str) -> list[tuple[Any, ...]]:
    """(app, place or hours) of each row."""
    return [row[1:] for row in rows(store, table)]


# What is kept


def test_users_have_the_key_that_their_reviews_have(store: Store) -> None:
    store.ingest(Records([review()], sequences=[placed()], libraries=[owned()]))
    keys = {row[0] for table in ("reviews", "sequences", "libraries") for row in rows(store, table)}
    assert keys == {key_of(store, ANNA)}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sequences": [placed(place=-1)]}, 'place is negative: "-1"'),
        ({"sequences": [placed(place="first")]}, 'place is no INTEGER: "first"'),
        ({"sequences": [placed(place=None)]}, "place is missing"),
        ({"libraries": [owned(hours="-0.5")]}, 'hours is negative, or more than a life has: "-0.5"'),
        ({"libraries": [owned(hours="nan")]}, "hours is missing"),
        ({"libraries": [owned(hours="many")]}, 'hours is no DOUBLE: "many"'),
        ({"libraries": [owned(app=0)]}, 'app_id is not above 0: "0"'),
    ],
)
def test_a_bad_row_is_rejected_and_stops_nothing(store: Store, given: Any, reason: str) -> None:
    name = next(iter(given))
    good = {"sequences": placed(BERT), "libraries": owned(BERT)}[name]
    summary = store.ingest(Records(**{name: [*given[name], good]}))
    assert (summary.tables[name].added, rejects(store)) == (1, [(1, reason)])


def test_the_last_row_given_of_a_user_and_game_stays(store: Store) -> None:
    store.ingest(Records(sequences=[placed(place=1), placed(place=2)], libraries=[owned(hours=3)]))
    assert facts(store, "sequences") == [(620, 2)]
    before = store.revision
    again = store.ingest(Records(sequences=[placed(place=9), placed(place=2)], libraries=[owned(hours=3.0)]))
    assert not again.changed
    assert store.revision == before
    changed = store.ingest(Records(sequences=[placed(place=0)], libraries=[owned(hours=2), owned(app=7)]))
    assert store.revision != before
    assert facts(store, "sequences") == [(620, 0)]
    assert facts(store, "libraries") == [(7, 1.5), (620, 2.0)]
    counts = changed.tables["libraries"]
    assert (counts.added, counts.replaced, counts.repeated) == (1, 1, 0)


def test_simulated_rows_do_not_come_to_real_ones(store: Store, tmp_path: Path) -> None:
    simulate(tmp_path / "world", SimulateSettings(reviews=100, games=20))
    store.ingest(Records(libraries=[owned()]))
    with pytest.raises(SRecError, match="keep them in two stores"):
        store.ingest(SimulatedSource(tmp_path / "world"))


def test_a_file_of_ones_own_is_read_under_its_own_names(where: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"user_id,app_id,order\n{ANNA},620,0\n{ANNA},400,1\n")
    told = CliRunner().invoke(
        app,
        ["ingest", where, str(file), "--source", "table", "--table", "sequences", "--column", "place=order"],
    )
    assert told.exit_code == 0, told.output
    assert "0 reviews, 2 rows of sequences" in " ".join(told.output.split())
    table = duckdb.sql("SELECT 'x' AS user_id, 620 AS app_id, 0 AS hours").to_arrow_table()
    summary = srec.ingest(where, table, table="libraries")
    assert summary.stored["libraries"] == 1
    with open_reader(where, whole=True) as reader:
        held = describe(reader)
    assert (held.reviews, held.sequences, held.libraries) == (0, 2, 1)


# Checked, exported, brought up from before


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE sequences SET place = -1", "sequences: no place is negative"),
        ("UPDATE libraries SET hours = -1", "libraries: no hours is negative, or more than a life has"),
        ("UPDATE libraries SET app_id = 0", "libraries: no app_id is not above 0"),
        ("UPDATE sequences SET batch = 9", "sequences: each is of an ingestion that was"),
        ("DELETE FROM libraries", "libraries: as many as ingestions added"),
    ],
)
def test_each_broken_rule_is_found(where: str, statement: str, rule: str) -> None:
    with open_store(where, create=True) as store:
        store.ingest(Records(sequences=[placed()], libraries=[owned()]))
    with open_reader(where, whole=True) as reader:
        assert not [one for one in check(reader, "1GB", 1) if one.broken]
    with open_store(where) as store:
        store.ledger.ask(statement)  # type: ignore[attr-defined]
    with open_reader(where, whole=True) as reader:
        assert [one.rule for one in check(reader, "1GB", 1) if one.broken] == [rule]


def orders() -> list[dict[str, Any]]:
    return [placed(f"user {user}", 1 + (user + at) % 7, at) for user in range(12) for at in range(4)]


def libraries() -> list[dict[str, Any]]:
    return [owned(f"player {user}", 1 + at, (user * at) % 5) for user in range(12) for at in range(6)]


def test_one_dataset_from_every_store_and_its_export(where: str, tmp_path: Path) -> None:
    given = Records([review("x", 9)], sequences=orders(), libraries=libraries())
    with open_store(where, create=True) as store:
        store.ingest(given)
    with open_reader(where, whole=True) as reader:
        export(reader, tmp_path / "exported")
        assert not export(reader, tmp_path / "exported")
    names = {Path(file).stem for file in read_manifest(tmp_path / "exported", "reviews", 1)["files"]}
    assert names == {"games", "libraries", "reviews", "sequences"}
    asked = PrepareSettings(split="last", min_user_reviews=2, min_game_reviews=2, popular_games=0)
    made = [
        prepare(source, tmp_path / name, asked, tags=TagSettings(dimension=2), context=ContextSettings())
        for name, source in (("store", where), ("export", str(tmp_path / "exported")))
    ]
    first, second = ({**dataset.manifest, "created_at": None} for dataset in made)
    assert first == second
    weights = made[0].sequences.weights
    assert weights is not None
    assert 0 < weights.min() < weights.max() == 1
    assert made[0].to_arrow().column("weight").to_pylist() == weights.tolist()
    assert made[0].split == "last"
    assert made[0].shows == first["split"]["shows"]


def test_a_file_of_the_version_before_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with DuckDBStore.open(path, create=True) as store:
        store.ingest(Records([review()]))
        store.connection.execute("DROP TABLE sequences; DROP TABLE libraries")
        make_older(store)
        store.connection.execute("UPDATE meta SET value = '3' WHERE key = 'version'")
        before = rows(store), store.revision
    open_reader(str(path)).close()
    with DuckDBStore.open(path) as store:
        assert (rows(store), store.revision) == before
        assert store.ledger.meta("version") == "5"
        store.ingest(Records(sequences=[placed()], libraries=[owned()]))
        assert (len(rows(store, "sequences")), len(rows(store, "libraries"))) == (1, 1)


def test_a_database_of_the_version_before_is_brought_up(
    request: pytest.FixtureRequest, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = request.getfixturevalue("postgres").fresh()
    with monkeypatch.context() as patch:
        older = {number: file for number, file in migrations().items() if number < 3}
        patch.setattr("srec.store.stores.migrations.migrations", lambda: older)
        open_store(where, create=True).close()
    with open_store(where) as store:
        store.ingest(Records(sequences=[placed()], libraries=[owned()]))
        assert look(store).execute("SELECT place FROM sequences").fetchall() == [(0,)]
