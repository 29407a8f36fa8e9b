"""Every DuckDB of SRec is opened in one place, so that none of them downloads anything."""

import ast
from pathlib import Path

import duckdb
import pytest

import srec
from srec.store.connections.duckdb import connect

PACKAGE = Path(srec.__file__).parent
OPENER = PACKAGE / "store" / "connections" / "duckdb.py"


def used_of_duckdb(file: Path) -> set[str]:
    """The functions of the module duckdb that a file uses; its types, such as errors, open nothing."""
    found = set[str]()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "duckdb":
            found |= {name.name for name in node.names}
        if isinstance(node, ast.Import):
            found |= {
                f"duckdb as {name.asname}" for name in node.names if name.name == "duckdb" and name.asname
            }
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "duckdb":
            found.add(node.attr)
    return {name for name in found if not name[0].isupper()}


def test_nothing_but_connect_opens_a_database() -> None:
    """A connection from duckdb itself, which duckdb.sql uses too, downloads what a query needs."""
    used = {file: used_of_duckdb(file) for file in PACKAGE.rglob("*.py")}
    assert {file: names for file, names in used.items() if names} == {OPENER: {"connect"}}


def test_a_connection_does_not_download_what_a_query_lacks(tmp_path: Path) -> None:
    with connect() as connection:
        connection.execute("SET extension_directory = $folder", {"folder": str(tmp_path)})
        with pytest.raises(duckdb.Error, match="requires the extension httpfs"):
            connection.execute("SELECT * FROM read_parquet('https://example.invalid/reviews.parquet')")
    assert list(tmp_path.iterdir()) == []


def test_settings_are_those_that_were_asked_for(tmp_path: Path) -> None:
    with connect(
        tmp_path / "file.duckdb", threads=1, memory_limit="64MB", max_expression_depth="77"
    ) as connection:
        settings = "SELECT current_setting('threads'), current_setting('max_expression_depth')"
        assert connection.execute(settings).fetchall() == [(1, 77)]
        limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
        assert limit == "61.0 MiB"
