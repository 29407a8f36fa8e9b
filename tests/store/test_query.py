"""A site's own tables in PostgreSQL as a source."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer
from typer.testing import CliRunner
from worlds import ANNA, BERT, facts, look, rejects, rows

from srec.cli import app
from srec.errors import SourceError
from srec.store.connections.postgresql import PostgresConnection
from srec.store.sources.query import QuerySource, without_end
from srec.store.stores import open_store
from srec.store.stores.base import Store

NAMES = {"user_id": "author", "app_id": "game", "positive": "liked", "created_at": "written"}
QUERY = "SELECT author, game, liked, written, hours * 60 AS playtime_minutes FROM opinions ORDER BY written;"


@pytest.fixture
def site(postgres: PostgresServer, key_file: Path) -> Iterator[str]:
    """A database with a site's tables."""
    url = postgres.fresh()
    server = PostgresConnection(url, schema=None)
    for statement in (
        "CREATE TABLE opinions"
        " (author varchar(40), game bigint, liked boolean, written timestamptz, hours numeric)",
        f"INSERT INTO opinions VALUES ('{ANNA}', 620, true, '2015-11-05 01:00+01', 1.5),"
        f" ('{ANNA}', 400, false, '2015-12-01', NULL), ('{BERT}', -6, true, '2015-12-02', 2),"
        f" ('{BERT}', 620, true, '2016-01-02', 2)",
        "CREATE TABLE games (app_id integer, name text, tags text[], genres jsonb, price_usd_cents smallint)",
        "INSERT INTO games VALUES (620, 'Portal 2', ARRAY['Co-op', 'Puzzle'], '[\"Puzzle\"]', 999)",
    ):
        server.ask(statement)
    server.close()
    return url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "store.duckdb"), create=True) as made:
        yield made


def test_reviews_come_by_a_query(site: str, store: Store) -> None:
    source = QuerySource(site, QUERY, "reviews", NAMES)
    summary = store.ingest(source)
    assert facts(store) == [(400, False, "2015-12-01"), (620, True, "2015-11-05"), (620, True, "2016-01-02")]
    assert summary.reasons == {"app_id is not above 0": 1}
    assert [row for row, _ in rejects(store)] == [3]
    minutes = look(store).execute("SELECT playtime_minutes FROM reviews ORDER BY created_at").fetchall()
    assert minutes == [(90,), (None,), (120,)]
    assert not store.ingest(source).changed


def test_games_come_by_a_query(site: str, store: Store) -> None:
    store.ingest(QuerySource(site, "SELECT * FROM games", "games"))
    ((app, name, *_),) = rows(store, "games")
    assert (app, name) == (620, "Portal 2")
    tags = look(store).execute("SELECT list_transform(tags, lambda t: t.tag), genres FROM games").fetchall()
    assert tags == [(["Co-op", "Puzzle"], ["Puzzle"])]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM nothing", 'relation "nothing" does not exist'),
        ("SELECT 1 AS author", "it lacks game"),
        ("DELETE FROM opinions RETURNING *", "cannot execute DELETE in a read-only transaction"),
        ("SELECT author, game / 0 AS game, liked, written FROM opinions", "division by zero"),
        ("nonsense", "syntax error"),
    ],
)
def test_what_gives_no_rows_is_an_error_and_changes_nothing(
    query: str, said: str, site: str, store: Store
) -> None:
    before = store.revision
    with pytest.raises(SourceError, match=said) as caught:
        store.ingest(QuerySource(site, query, "reviews", NAMES))
    assert "\n" not in str(caught.value)
    assert store.revision == before
    server = PostgresConnection(site, schema=None)
    assert server.ask("SELECT count(*) FROM opinions") == [(4,)]
    server.close()


def test_a_site_keeps_its_reviews_and_the_store_in_one_database(site: str, tmp_path: Path) -> None:
    secret = site.replace("srec@", "srec:unmistakable@")
    columns = [word for name, theirs in NAMES.items() for word in ("--column", f"{name}={theirs}")]
    command = ["ingest", secret, secret, "--source", "table", "--query", QUERY, *columns]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "unmistakable" not in told.output
    with open_store(site) as store:
        assert len(facts(store)) == 3
        assert "unmistakable" not in str(rows(store, "ingestions"))
        text = str([rows(store, table) for table in ("reviews", "rejects", "ingestions", "meta")])
    assert ANNA not in text
    assert BERT not in text
    missing = CliRunner().invoke(app, [*command[:5]])
    assert "the query is missing (--query): the SELECT" in str(missing.exception)


@pytest.mark.parametrize(
    "end",
    [
        " -- last two days",
        "\n-- kept in a file\n",
        " ; -- x",
        "; ;\n",
        " /* a /* nested */ one */;",
        "--",
        ";/* open",
    ],
)
def test_a_query_ends_where_its_sql_does(end: str, site: str, store: Store) -> None:
    assert without_end(QUERY.rstrip(";") + end) == QUERY.rstrip(";")
    if "nested" in end or "last" in end:
        store.ingest(QuerySource(site, QUERY.rstrip(";") + end, "reviews", NAMES))
        assert len(facts(store)) == 3


@pytest.mark.parametrize(
    "query",
    [
        "SELECT '-- no comment;'",
        'SELECT 1 AS "a;--"',
        "SELECT $$ ; -- $$",
        "SELECT E'\\'--'",
        "SELECT $t$;$$;$t$",
    ],
)
def test_what_is_quoted_is_no_end(query: str) -> None:
    assert without_end(query + ";") == query
    assert without_end("SELECT 1 -- one\n, 2; -- two") == "SELECT 1 -- one\n, 2"
