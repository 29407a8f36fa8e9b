"""Whether a store is sound: every rule for its rows, and how many rows break it."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from srec.errors import first_line
from srec.store.connections.scratch import scratch
from srec.store.schema import TABLES, Table
from srec.store.stores.base import Reader


@dataclass(frozen=True)
class Check:
    """A rule, and how many rows break it.

    Attributes:
        rule: in words.
        broken: how many rows break it; 1 where a table cannot be read.
        said: what the database says of a table that cannot be read.
    """

    rule: str
    broken: int
    said: str = ""


def check(reader: Reader, memory_limit: str | None = None, threads: int | None = None) -> list[Check]:
    """Read every column of every table to its end, then check every rule.

    Args:
        reader: a store, opened as a whole.
        memory_limit: what the working DuckDB may use before it spills, such as "2GB".
        threads: how many threads it uses; by default all cores.

    Returns:
        All rules; where a table is damaged, only those up to it.

    Raises:
        SRecError: the store breaks off.
    """
    with scratch(memory_limit, threads, otherwise="the store cannot be checked") as work:
        reader.attach(work)
        work.execute("USE store")
        return check_tables(work, latest=reader.latest)


def check_tables(work: duckdb.DuckDBPyConnection, *, latest: bool) -> list[Check]:
    """As ``check``, of the tables that a connection sees.

    Args:
        work: it has all tables of a store, or only those of an export.
        latest: whether there must be at most one row for each user and game.
    """
    tables = [name for (name,) in work.execute("SHOW TABLES").fetchall()]
    checks = []
    for table in tables:
        checks.append(readable(work, table))
        if checks[-1].broken:
            return checks
    for kind in TABLES.values():
        checks += _kept(work, kind.name, _rows(kind))
    for name, conditions in _SMALL.items():
        if name in tables:
            checks += _kept(work, name, conditions)
    for name, key in _KEYS.items():
        if name in tables and (latest or name != "reviews"):
            twice = f"SELECT count(*) FROM (SELECT 1 FROM {name} GROUP BY {key} HAVING count(*) > 1)"
            checks.append(Check(f"{name}: one row a ({key})", _count(work, twice)))
    if "meta" in tables:
        checks += [Check(rule, _count(work, query)) for rule, query in _ACROSS.items()]
    return checks


_KEYS = {table.name: ", ".join(table.key) for table in TABLES.values()} | {
    "revisions": "batch",
    "meta": "key",
    "notes": "key",
}


def readable(work: duckdb.DuckDBPyConnection, table: str) -> Check:
    """Check that every column of a table can be read to its end.

    Args:
        work: it sees the table.
        table: the table's name.
    """
    rule = f"{table}: every column can be read"
    try:
        # A hash of whole rows reads every column; a damaged block fails its checksum.
        work.execute(f"SELECT bit_xor(hash(whole)) FROM {table} AS whole").fetchall()
    except duckdb.Error as error:
        return Check(rule, 1, first_line(error))
    return Check(rule, 0)


def _rows(table: Table) -> Iterator[tuple[str, str]]:
    """(what must hold, SQL of a row that breaks it) of a canonical table."""
    for column in table.columns:
        name = "user_key" if column.name == "user_id" else column.name
        if column.required or (column.stored and table.personal):
            yield f"{name} is there", f"{name} IS NULL"
        if column.valid != "true" and name == column.name:  # a raw id is not there to be looked at
            yield f"no {name} {column.wrong}", f"NOT ({column.valid})"
    for name, (rule, wrong) in table.rules.items():
        yield f"no row where {name} {wrong}", f"NOT ({rule})"


_SMALL = {
    "rejects": [("each has a row and a reason", "row < 1 OR reason = ''")],
    "ingestions": [
        (
            "read = added + replaced + repeated + rejected",
            "read <> added + replaced + repeated + rejected"
            " OR least(read, added, replaced, repeated, rejected) < 0",
        ),
        ("none ends before it starts", "finished_at < started_at"),
    ],
    "meta": [("simulated is true or false", "key = 'simulated' AND value NOT IN ('true', 'false')")],
    "seen": [("each has an app id", "app_id <= 0")],
}
_BATCH = "(SELECT CAST(value AS BIGINT) FROM meta WHERE key = 'batch')"
#: Rules over several tables, which only a store has.
_ACROSS = {
    "meta: identity, simulated, revision and batch are there": (
        "SELECT 4 - count(DISTINCT key) FROM meta WHERE key IN ('identity', 'simulated', 'revision', 'batch')"
    ),
    "reviews: each is of an ingestion that was": (
        f"SELECT count(*) FROM reviews WHERE batch NOT BETWEEN 1 AND {_BATCH}"
    ),
    **{
        f"{name}: each is of an ingestion that was": (
            f"SELECT count(*) FROM {name} WHERE batch NOT BETWEEN 1 AND {_BATCH}"
        )
        for name in ("sequences", "libraries")
    },
    "revisions: the last batch has the store's": (
        f"SELECT CAST(({_BATCH} > 0) <> EXISTS (SELECT 1 FROM revisions WHERE batch = {_BATCH}"
        " AND revision = (SELECT value FROM meta WHERE key = 'revision')) AS INTEGER)"
    ),
    "reviews: as many as ingestions added, less the removed": (
        "SELECT abs((SELECT count(*) FROM reviews) + (SELECT count(*) FROM removed)"
        " - (SELECT coalesce(sum(added), 0) FROM ingestions WHERE kind = 'reviews'))"
    ),
    **{
        f"{name}: as many as ingestions added": (
            f"SELECT abs((SELECT count(*) FROM {name})"
            f" - (SELECT coalesce(sum(added), 0) FROM ingestions WHERE kind = '{name}'))"
        )
        for name in ("games", "sequences", "libraries")
    },
    "removed: each by an ingestion that was": (
        f"SELECT count(*) FROM removed WHERE batch NOT BETWEEN 1 AND {_BATCH}"
    ),
    "removed: none is stored, unless written later": (
        "SELECT count(*) FROM removed JOIN reviews USING (user_key, app_id)"
        " WHERE reviews.batch <= removed.batch"
    ),
}


def _kept(
    work: duckdb.DuckDBPyConnection, table: str, conditions: Iterator[tuple[str, str]] | list[tuple[str, str]]
) -> list[Check]:
    """Check all conditions for each row, in one pass."""
    pairs = list(conditions)
    filters = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, condition in pairs)
    counts = work.execute(f"SELECT {filters} FROM {table}").fetchall()[0]
    return [Check(f"{table}: {what}", int(count)) for (what, _), count in zip(pairs, counts, strict=True)]


def _count(work: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(work.execute(query).fetchall()[0][0])
