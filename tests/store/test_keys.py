"""The key that ids are hashed with: outside the store, the same for ever, and moved out of older stores."""

import os
import re
import stat
import threading
from pathlib import Path

import duckdb
import pytest
from postgres_server import PostgresServer
from worlds import ANNA, BERT, Records, key_file_of, key_of, make_older, review, rows

from srec.errors import SRecError
from srec.store.stores import open_reader, open_store
from srec.store.stores.inspection import describe
from srec.store.stores.keys import beside, fingerprint, new_key

KEY = "0123456789abcdef" * 4


def fill(where: str) -> None:
    with open_store(where, create=True) as store:
        store.ingest(Records([review(ANNA)]))


def read(where: str) -> int:
    """How many reviews a reader sees."""
    with open_reader(where, whole=True) as reader, duckdb.connect() as connection:
        reader.attach(connection)
        assert connection.execute("SELECT count(*) FROM store.meta WHERE key = 'secret'").fetchall() == [(0,)]
        return int(connection.execute("SELECT count(*) FROM store.reviews").fetchall()[0][0])


# Where it is


def test_a_new_store_gets_a_key_that_only_its_owner_can_read(where: str) -> None:
    fill(where)
    file = key_file_of(where)
    assert re.fullmatch(r"[0-9a-f]{64}\n", file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [left for left in file.parent.iterdir() if left.name.endswith((".draft", ".new"))]
    with open_store(where) as store:
        assert store.ledger.identity == fingerprint(file.read_text().strip())  # type: ignore[attr-defined]
        assert file.read_text().strip() not in str(store.ledger.ask("SELECT * FROM meta"))  # type: ignore[attr-defined]


def test_the_environment_can_hold_it_and_then_no_file_does(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = key_file_of(where)
    monkeypatch.setenv("SREC_STORE_KEY", KEY)
    fill(where)
    assert not file.exists()
    with open_store(where) as store:
        assert store.ledger.identity == fingerprint(KEY)  # type: ignore[attr-defined]
    monkeypatch.delenv("SREC_STORE_KEY")
    file.parent.mkdir(exist_ok=True)
    file.write_text(KEY)
    with open_store(where) as store:
        assert rows(store)[0][0] == key_of(store, ANNA)


def test_a_store_in_postgresql_needs_a_place_for_it(
    where: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if "://" not in where:
        assert key_file_of(where) == Path(f"{where}.key")
        return
    monkeypatch.delenv("SREC_STORE_KEY_FILE")
    with pytest.raises(
        SRecError, match="needs a key for the ids of its users: set SREC_STORE_KEY_FILE to a file"
    ):
        open_store(where, create=True)
    with pytest.raises(SRecError, match="no store at"):
        open_reader(where)


def test_a_link_to_a_store_leads_to_its_key(tmp_path: Path) -> None:
    fill(str(tmp_path / "store.duckdb"))
    (tmp_path / "link").symlink_to(tmp_path / "store.duckdb")
    with open_store(str(tmp_path / "link")) as store:
        assert not store.ingest(Records([review(ANNA)])).changed


def test_many_at_once_agree_on_one(tmp_path: Path) -> None:
    found, together = list[str](), threading.Barrier(8)

    def make() -> None:
        together.wait()
        found.append(new_key("store", tmp_path / "store.key"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert set(found) == {(tmp_path / "store.key").read_text().strip()}
    assert os.listdir(tmp_path) == ["store.key"]


# A key that is missing or wrong


def test_without_its_key_a_store_can_be_read_but_not_written(where: str) -> None:
    fill(where)
    file = key_file_of(where)
    away = file.rename(file.with_suffix(".away"))
    with pytest.raises(SRecError, match=f"the key of .* is missing: put {file} back") as caught:
        open_store(where)
    assert "\n" not in str(caught.value)
    assert not file.exists()
    assert read(where) == 1
    with open_reader(where, whole=True) as reader:
        assert describe(reader).users == 1
    away.rename(file)
    with open_store(where) as store:
        assert not store.ingest(Records([review(ANNA)])).changed


def test_the_key_of_another_store_is_refused_before_anything_is_written(where: str) -> None:
    fill(where)
    with open_reader(where) as reader:
        before = reader.revision
    key_file_of(where).write_text(KEY)
    with pytest.raises(SRecError, match=f"{key_file_of(where)} is not the key of "):
        open_store(where, create=True)
    with open_reader(where) as reader:
        assert reader.revision == before


@pytest.mark.parametrize("text", ["", "short", KEY.upper(), f"{KEY}0", "é" * 64, f"{KEY}\n{KEY}", "0" * 5000])
def test_what_is_no_key_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store.duckdb"
    beside(store).write_text(text)
    with pytest.raises(
        SRecError, match=r"store\.duckdb\.key (holds no key: a key is 64|cannot be read)"
    ) as caught:
        open_store(str(store), create=True)
    assert "\n" not in str(caught.value)
    assert not store.exists()


# Stores that held their own


def test_an_older_store_gives_its_key_away_when_it_is_written(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store(where, create=True) as store:
        store.ingest(Records([review(ANNA)], games=[{"app_id": 620, "name": "Portal 2"}]))
        key = make_older(store)
        before = rows(store), rows(store, "games"), store.revision
    if "://" not in where:
        Path(where).chmod(0o640)
        assert key.encode() in Path(where).read_bytes()
        assert read_in_file(where) == 1  # nothing moves for a reader
        assert not key_file_of(where).exists()
    with open_store(where) as store:
        assert (rows(store), rows(store, "games"), store.revision) == before
        assert store.ledger.identity == fingerprint(key)  # type: ignore[attr-defined]
        assert store.ingest(Records([review(ANNA), review(BERT)])).tables["reviews"].repeated == 1
        assert {row[0] for row in rows(store)} == {key_of(store, ANNA), key_of(store, BERT)}
    file = key_file_of(where)
    assert file.read_text() == f"{key}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (said,) = [record.getMessage() for record in caplog.records]
    assert str(file) in said
    assert key not in said
    if "://" not in where:
        assert key.encode() not in Path(where).read_bytes()
        assert stat.S_IMODE(Path(where).stat().st_mode) == 0o640
        assert sorted(os.listdir(file.parent)) == ["store.duckdb", "store.duckdb.key"]


def read_in_file(where: str) -> int:
    with open_reader(where) as reader, duckdb.connect() as connection:
        reader.attach(connection)
        return int(connection.execute("SELECT count(*) FROM store.reviews").fetchall()[0][0])


def test_the_key_is_gone_from_the_files_of_a_server_too(postgres: PostgresServer, key_file: Path) -> None:
    url = postgres.fresh()
    with open_store(url, create=True) as store:
        store.ingest(Records([review(ANNA)]))
        key = make_older(store)

    def held() -> bool:
        postgres.run("CHECKPOINT", "test")
        tables = (postgres.folder / "data" / "base").rglob("*")
        return any(key.encode() in file.read_bytes() for file in tables if file.is_file())

    assert held()
    open_store(url).close()
    assert not held()
    assert key_file.read_text() == f"{key}\n"


def test_another_key_in_its_place_is_kept_and_so_is_the_store(where: str) -> None:
    with open_store(where, create=True) as store:
        store.ingest(Records([review(ANNA)]))
        key = make_older(store)
    key_file_of(where).write_text(KEY)
    with pytest.raises(SRecError, match=r"holds another key than .* does: move it away"):
        open_store(where)
    assert key_file_of(where).read_text() == KEY
    key_file_of(where).unlink()
    open_store(where).close()
    assert key_file_of(where).read_text() == f"{key}\n"


@pytest.mark.parametrize("step", ["move_out", "replace"])
def test_a_move_that_is_killed_goes_on_at_the_next_touch(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "store.duckdb"
    with open_store(str(path), create=True) as store:
        store.ingest(Records([review(ANNA)]))
        key = make_older(store)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    room = {"move_out": "one_file.move_out", "replace": "rewriting.os.replace"}
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(f"srec.store.stores.{room[step]}", killed)
        open_store(str(path))
    assert read_in_file(str(path)) == 1
    assert not caplog.records
    with open_store(str(path)) as store:
        assert not store.ingest(Records([review(ANNA)])).changed
    assert str(beside(path)) in caplog.text
    assert key.encode() not in path.read_bytes()
    assert beside(path).read_text() == f"{key}\n"
