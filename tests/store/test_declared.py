"""A DuckDB file from elsewhere is data: what would run in it is refused before it runs."""

from pathlib import Path

import duckdb
import pytest

from srec.errors import SRecError
from srec.store.stores import open_reader, open_store
from srec.store.stores.duckdb import DuckDBStore


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (
            "DROP TABLE games; CREATE VIEW games AS SELECT content FROM read_text('{secret}')",
            "it has a view games",
        ),
        ("CREATE VIEW more AS SELECT * FROM read_csv('{secret}')", "it has a view more"),
        ("CREATE MACRO count() AS 7", "it has a macro count"),
        ("CREATE MACRO coalesce_all(a) AS (SELECT content FROM read_text('{secret}'))", "it has a macro"),
        (
            "CREATE MACRO duckdb_views() AS TABLE SELECT 1 AS view_name WHERE false",
            "it has a macro duckdb_views",
        ),
        ("CREATE TYPE language AS ENUM ('english')", "it has a type language"),
        ("CREATE SCHEMA other", "it has a schema other"),
        ("CREATE SEQUENCE numbers", "it has a sequence numbers"),
        ("CREATE UNIQUE INDEX one ON games (app_id)", "it has a index one"),
        ("CREATE TABLE mine (x INTEGER)", "it has a table mine"),
        ("DROP TABLE rejects", "it lacks the table rejects"),
        ("ALTER TABLE games ADD COLUMN more VARCHAR", "its table games has other columns"),
        ("ALTER TABLE games ALTER name SET DEFAULT 'x'", "its table games has other columns"),
        ("ALTER TABLE games ALTER app_id TYPE VARCHAR", "its table games has other columns"),
        (
            "DROP TABLE seen; CREATE TABLE seen (app_id INTEGER NOT NULL,"
            " user_key BIGINT GENERATED ALWAYS AS (app_id + 1))",
            "its table seen has other columns",
        ),
        (
            "DROP TABLE seen; CREATE TABLE seen (app_id INTEGER NOT NULL CHECK (app_id > 0),"
            " user_key BIGINT NOT NULL)",
            "its table seen has other columns",
        ),
        ("DROP TABLE meta; CREATE TABLE meta (key VARCHAR, value INTEGER)", "not a store of SRec"),
        ("DROP TABLE meta; CREATE VIEW meta AS SELECT 'version' AS key, '5' AS value", "it has a view meta"),
        ("UPDATE meta SET value = 'many' WHERE key = 'batch'", "its batch is no number"),
        ("DELETE FROM meta WHERE key = 'revision'", "it lacks the entry revision"),
    ],
)
def test_a_store_with_more_than_its_tables_is_refused(tmp_path: Path, statements: str, said: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody may read this")
    path = tmp_path / "store.duckdb"
    DuckDBStore.open(path, create=True).close()
    with duckdb.connect(path) as connection:
        connection.execute(statements.format(secret=secret))
    for opened in (open_reader, open_store):
        with pytest.raises(SRecError, match=said) as caught:
            opened(str(path))
        assert "nobody" not in str(caught.value)
