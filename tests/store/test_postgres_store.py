"""The rules that apply only to a store in PostgreSQL: its schema, its rights, and a password nobody sees."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from postgres_server import PostgresServer
from worlds import ANNA, BERT, Records, facts, look, review, rows

from srec.errors import SRecError
from srec.simulate.world import SimulateSettings, simulate
from srec.store.connections import shown
from srec.store.connections.postgresql import PostgresConnection
from srec.store.schema import TABLES
from srec.store.sources.simulated import SimulatedSource
from srec.store.stores import open_reader, open_store
from srec.store.stores.migrations import migrations

SECRET = "unmistakable-secret"


@pytest.fixture
def url(postgres: PostgresServer, key_file: Path) -> str:
    return postgres.fresh()


@pytest.fixture
def server(url: str) -> Iterator[PostgresConnection]:
    """A second connection to the same database."""
    made = PostgresConnection(url)
    yield made
    made.close()


# The schema


def test_the_tables_are_those_of_the_schema(url: str, server: PostgresConnection) -> None:
    open_store(url, create=True).close()
    kinds = {
        "VARCHAR": "text",
        "TIMESTAMP": "timestamp without time zone",
        "DOUBLE": "double precision",
    }

    def held(table: str) -> list[tuple[str, str]]:
        query = (
            "SELECT CAST(column_name AS text), CAST(data_type AS text) FROM information_schema.columns"
            " WHERE table_schema = 'srec' AND table_name = $1 ORDER BY ordinal_position"
        )
        return server.ask(query, table)

    def wanted(kind: str) -> str:
        return "jsonb" if kind.endswith("[]") else kinds.get(kind, kind.lower())

    for table in TABLES.values():
        assert held(table.name) == [(name, wanted(kind)) for name, kind in table.kept]
    with duckdb.connect() as small:
        from srec.store.stores.one_file import create_tables

        create_tables(small)
        tables = {name for (name,) in small.execute("SHOW TABLES").fetchall()}
    found = {str(name) for (name,) in server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'srec'")}
    assert found == tables | {"migrations"}


def test_nothing_of_the_site_is_touched(url: str, server: PostgresConnection) -> None:
    server.ask("CREATE TABLE public.reviews (mine text)")
    server.ask("INSERT INTO public.reviews VALUES ('precious')")
    with open_store(url, create=True) as store:
        store.ingest(Records([review()]))
        assert len(rows(store)) == 1
    assert server.ask("SELECT mine FROM public.reviews") == [("precious",)]
    schemas = server.ask("SELECT DISTINCT CAST(schemaname AS text) FROM pg_tables ORDER BY 1")
    assert [name for (name,) in schemas] == ["information_schema", "pg_catalog", "public", "srec"]


def test_a_schema_of_somebody_else_is_refused(url: str, server: PostgresConnection) -> None:
    server.ask("CREATE SCHEMA srec")
    server.ask("CREATE TABLE srec.reviews (mine text)")
    with pytest.raises(SRecError, match="has a schema srec that SRec did not make"):
        open_store(url, create=True)
    assert server.ask("SELECT count(*) FROM srec.reviews") == [(0,)]


def test_a_newer_version_is_refused(url: str, server: PostgresConnection) -> None:
    open_store(url, create=True).close()
    newest = max(migrations())
    server.ask("INSERT INTO srec.migrations (number) VALUES ($1)", newest + 1)
    for way in (open_store, open_reader):
        with pytest.raises(SRecError, match=f"of version {newest + 1}, this program reads version {newest}"):
            way(url)


def test_an_older_version_is_brought_up_by_a_writer_only(
    url: str, server: PostgresConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(url, create=True) as store:
        store.ingest(Records([review()]))
    newer = migrations() | {max(migrations()) + 1: ["ALTER TABLE games ADD COLUMN more text", "SELECT 1"]}
    monkeypatch.setattr("srec.store.stores.migrations.migrations", lambda: newer)
    with pytest.raises(SRecError, match="the next srec ingest upgrades it"):
        open_reader(url)
    with open_store(url) as store:
        assert len(rows(store)) == 1
    assert server.ask("SELECT max(number) FROM srec.migrations") == [(max(newer),)]
    open_reader(url).close()


def test_a_migration_that_fails_changes_nothing(
    url: str, server: PostgresConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(url, create=True).close()
    number = max(migrations()) + 1
    newer = migrations() | {number: ["ALTER TABLE games ADD COLUMN more text", "SELECT 1 / 0"]}
    monkeypatch.setattr("srec.store.stores.migrations.migrations", lambda: newer)
    with pytest.raises(SRecError, match="division by zero"):
        open_store(url)
    assert server.ask("SELECT max(number) FROM srec.migrations") == [(number - 1,)]
    query = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'more'"
    assert server.ask(query) == [(0,)]


# Rights


def test_who_may_not_create_gets_the_servers_word_for_it(postgres: PostgresServer, url: str) -> None:
    postgres.run("CREATE ROLE reader_one LOGIN")
    theirs = postgres.url("test", "reader_one")
    with pytest.raises(SRecError, match="permission denied for database test"):
        open_store(theirs, create=True)
    postgres.run("CREATE SCHEMA srec AUTHORIZATION reader_one", "test")
    with open_store(theirs, create=True) as store:
        assert store.ingest(Records([review()])).tables["reviews"].added == 1


def test_who_may_only_read_can_prepare(
    postgres: PostgresServer, url: str, server: PostgresConnection
) -> None:
    with open_store(url, create=True) as store:
        store.ingest(Records([review()]))
    postgres.run("CREATE ROLE reader_two LOGIN")
    server.ask("GRANT USAGE ON SCHEMA srec TO reader_two")
    server.ask("GRANT SELECT ON ALL TABLES IN SCHEMA srec TO reader_two")
    theirs = url.replace("srec@", "reader_two@")
    with open_reader(theirs) as reader, duckdb.connect() as connection:
        reader.attach(connection)
        assert connection.execute("SELECT count(*) FROM store.reviews").fetchall() == [(1,)]
    with open_store(theirs) as store, pytest.raises(SRecError, match="permission denied for table"):
        store.ingest(Records([review(BERT)]))


# Errors


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://srec:{}@127.0.0.1:9/x", "127.0.0.1.*port 9 failed: Connection refused"),
        ("postgresql://srec:{}@nowhere.invalid/x", 'could not translate host name "nowhere.invalid"'),
        ("postgresql://srec:{}@[bad/x", "this is not the URL of a database"),
        ("postgresql://srec:{}@host:port/x", "this is not the URL of a database"),
        ("postgresql://srec:{}@/x?nonsense=1", "this is not the URL of a database"),
        ("postgresql://srec@/x?password={}%zz", "this is not the URL of a database"),
        ("postgresql://srec:{}@more@/x", "write @ as %40"),
        ("postgresql://srec:{}/more@host/x", "/ as %2F"),
        ("postgresql://srec:{}%zz@host/x", "% as %25"),
    ],
)
def test_what_cannot_be_opened_is_one_line_without_the_password(url: str, said: str) -> None:
    for way in (open_store, open_reader):
        with pytest.raises(SRecError, match=said) as caught:
            way(url.format(SECRET))
        error: BaseException | None = caught.value
        assert "\n" not in str(error)
        while error is not None:
            assert SECRET not in str(error)
            error = error.__cause__
        # What a traceback would show besides the causes.
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_database_says_so(postgres: PostgresServer) -> None:
    with pytest.raises(SRecError, match='database "nobodys" does not exist'):
        open_store(postgres.url("nobodys"), create=True)


def test_a_wrong_password_says_so(postgres: PostgresServer, url: str) -> None:
    postgres.run("CREATE ROLE locked LOGIN PASSWORD 'right'")
    rules = postgres.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all locked scram-sha-256\n" + before)
    postgres.run("SELECT pg_reload_conf()")
    time.sleep(0.2)
    try:
        with pytest.raises(SRecError, match='password authentication failed for user "locked"') as caught:
            open_store(url.replace("srec@", f"locked:{SECRET}@"), create=True)
        assert SECRET not in str(caught.value)
        with pytest.raises(SRecError, match="permission denied"):
            open_store(url.replace("srec@", "locked:right@"), create=True)
    finally:
        rules.write_text(before)
        postgres.run("SELECT pg_reload_conf()")


def test_the_password_and_raw_ids_are_nowhere_in_the_database(url: str, server: PostgresConnection) -> None:
    given = url.replace("srec@", f"srec:{SECRET}@")
    with open_store(given, create=True) as store:
        store.ingest(Records([review(ANNA), review(BERT), review(BERT, app=-1)]))
        assert store.name == shown(given)
        assert SECRET not in store.name
        tables = [name for (name,) in look(store).execute("SHOW TABLES").fetchall()]
        text = str([rows(store, table) for table in tables])
    for raw in (SECRET, ANNA, BERT):
        assert raw not in text
    # Nor in the statements that the server still shows.
    statements = server.ask("SELECT query FROM pg_stat_activity")
    assert not any(raw in str(statements) for raw in (SECRET, ANNA, BERT))


def test_a_full_disk_leaves_the_store_as_it_was(url: str, server: PostgresConnection) -> None:
    with open_store(url, create=True) as store:
        store.ingest(Records([review()]))
        before = rows(store), store.revision
        # A trigger stands for the disk: it refuses after the rows have been sent.
        server.ask(
            "CREATE FUNCTION srec.full() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device'"
            " USING ERRCODE = 'disk_full'; END $$"
        )
        server.ask("CREATE TRIGGER full_disk BEFORE INSERT ON srec.reviews EXECUTE FUNCTION srec.full()")
        with pytest.raises(SRecError, match=r"is as it was; the database said: .*No space left") as caught:
            store.ingest(Records([review(BERT), review(app=1)], games=[{"app_id": 1}]))
        assert "\n" not in str(caught.value)
        assert (rows(store), store.revision, rows(store, "games")) == (*before, [])


def test_a_connection_that_is_lost_leaves_the_store_as_it_was(url: str, server: PostgresConnection) -> None:
    with open_store(url, create=True) as store:
        store.ingest(Records([review()]))
        with pytest.raises(SRecError) as caught:
            store.ingest(Records([review(BERT)]), lambda rows: _cut(server))
        assert "\n" not in str(caught.value)
    with open_store(url) as store:
        assert facts(store) == [(620, True, "2015-11-05")]


def _cut(server: PostgresConnection) -> None:
    """End every other connection to the database."""
    server.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )


# Reading


def test_a_reader_sees_one_moment_and_keeps_nobody_from_writing(url: str) -> None:
    with open_store(url, create=True) as store:
        store.ingest(Records([review()]))
        with open_reader(url) as reader, duckdb.connect() as connection:
            revision = store.revision
            store.ingest(Records([review(BERT)]))
            reader.attach(connection)
            assert reader.revision == revision != store.revision
            assert connection.execute("SELECT count(*) FROM store.reviews").fetchall() == [(1,)]


def test_a_server_that_goes_away_while_it_is_read_is_one_line(url: str, server: PostgresConnection) -> None:
    with open_store(url, create=True) as store:
        store.ingest(Records([review(f"user {n}") for n in range(1000)]))
    # A slow row stands for a large table: the connection is cut in the middle of it.
    server.ask("ALTER TABLE srec.reviews RENAME TO kept")
    server.ask("CREATE VIEW srec.reviews AS SELECT kept.* FROM srec.kept, pg_sleep(0.002 + app_id * 0)")
    with open_reader(url) as reader, duckdb.connect() as connection:
        cut = threading.Timer(0.3, _cut, [server])
        cut.start()
        with pytest.raises(SRecError) as caught:
            reader.attach(connection)
        cut.join()
    assert "\n" not in str(caught.value)


def test_a_second_writer_waits_for_one_that_is_leaving(url: str) -> None:
    first = open_store(url, create=True)
    begun = time.monotonic()
    leaving = threading.Timer(0.3, first.close)
    leaving.start()
    with open_store(url) as second:
        assert time.monotonic() - begun >= 0.3
        assert second.ingest(Records([review()])).tables["reviews"].added == 1
    leaving.join()


def test_a_large_load_and_a_small_one_give_the_rows_of_a_duckdb_file(url: str, tmp_path: Path) -> None:
    simulate(tmp_path / "world", SimulateSettings(reviews=3000, games=40))
    source = SimulatedSource(tmp_path / "world")
    with (
        open_store(url, create=True) as ours,
        open_store(str(tmp_path / "store.duckdb"), create=True) as other,
    ):
        for store in (ours, other):
            store.ingest(source)
        assert [row[1:] for row in _sorted(rows(ours))] == [row[1:] for row in _sorted(rows(other))]
        assert rows(ours, "games") == rows(other, "games")
        keys = look(ours).execute("SELECT count(*) FROM reviews GROUP BY user_key, app_id").fetchall()
        assert {count for (count,) in keys} == {1}
        assert not ours.ingest(source).changed


def _sorted(given: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(given, key=lambda row: str(row[1:]))
