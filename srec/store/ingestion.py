"""From a source's batches to changed rows, in a DuckDB connection: stage, merge, clear.

``stage`` cleans what a source gives; ``merge`` finds the rows that change the tables of the same connection,
changes them, and leaves those of each table in a ``changed_`` one, such as ``changed_reviews``.
A store that is not a DuckDB file puts the stored versions of the staged rows into those tables in between.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from srec.errors import SourceError
from srec.store.clean import clean_sql
from srec.store.connections.duckdb import run_sql
from srec.store.schema import LEFT_OUT, REVIEWS, TABLES, Table
from srec.store.sources.base import Source

#: Called with the number of rows read so far.
RowsRead = Callable[[int], None]


@dataclass
class TableSummary:
    """What became of the rows that were read: ``read = added + replaced + repeated + rejected``."""

    read: int = 0
    added: int = 0
    replaced: int = 0
    rejected: int = 0

    @property
    def repeated(self) -> int:
        """Rows that are the same as another version of theirs, or older."""
        return self.read - self.added - self.replaced - self.rejected


@dataclass
class Summary:
    """What an ingestion did."""

    source: str
    #: What the source was read as, in words.
    taken_for: str = ""
    tables: dict[str, TableSummary] = field(default_factory=dict)
    #: How many rows were rejected for which reason (without the values), most first.
    reasons: dict[str, int] = field(default_factory=dict)
    #: How many optional values were left out for which reason, most first; their rows are kept.
    left_out: dict[str, int] = field(default_factory=dict)
    #: How many rows of each table the store holds afterwards, where somebody counted them.
    stored: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether any row of the store changed."""
        return any(table.added or table.replaced for table in self.tables.values())


def stage(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    *,
    key: str,
    batch: int,
    progress: RowsRead | None = None,
) -> Summary:
    """Read a source to its end into a ``staged_`` table for each one it gives, and ``staged_rejects``.

    Args:
        connection: it has the tables of a store.
        source: what to read.
        key: the store's, hashed together with each user id, so that nobody without it can look users up.
        batch: the number of this ingestion.
        progress: called after each batch of rows.

    Returns:
        What was read and rejected; ``merge`` fills in what changed.

    Raises:
        SourceError: the source is not what it claims; the caller rolls back.
    """
    summary = Summary(source.name)
    run_sql(connection, "srec.store", "ingest_stage")
    read, partial = 0, set()
    for number, part in enumerate(source.parts()):
        counts = summary.tables.setdefault(part.table, TableSummary())
        if part.partial:
            partial.add(part.table)
        table = TABLES[part.table]
        values = {"key": key, "batch": batch} if table.personal else {}
        values |= {} if table is REVIEWS else {"part": number}
        for rows in part.batches:
            _stage(connection, source.name, part.table, rows, values)
            counts.read += len(rows)
            read += len(rows)
            if progress is not None:
                progress(read)
    for name, counts in summary.tables.items():
        _count_rejects(connection, source, name, counts, may_all_be_bad=name in partial)
    summary.reasons = _reasons(connection)
    summary.left_out = _left_out(connection, summary.tables)
    return summary


def merge(connection: duckdb.DuckDBPyConnection, summary: Summary) -> None:
    """Change the store's tables by what is staged, and count it in the summary.

    Args:
        connection: the one that ``stage`` read into.
        summary: what ``stage`` returned.
    """
    for name, counts in summary.tables.items():
        _merge(connection, name, counts)
    run_sql(connection, "srec.store", "ingest_rejects")


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what ``stage`` and ``merge`` left."""
    run_sql(connection, "srec.store", "ingest_end")


def _stage(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    kind: str,
    incoming: pa.RecordBatch,
    values: dict[str, Any],
) -> None:
    """Clean one batch of rows; good and bad rows go into tables of their own. Most batches have no bad ones.

    DuckDB finds the rows by the name of the variable. If they were registered, every batch would stay in
    memory until the end of the transaction.
    """
    table = TABLES[kind]
    clean = clean_sql(table, incoming.schema, "incoming")
    labelled = f"'{source} {kind}: ' || file"
    connection.execute(f"INSERT INTO staged_files SELECT DISTINCT {labelled} FROM incoming")
    stored = f"INSERT INTO staged_{kind} SELECT {_stored(table)} FROM ({clean}) WHERE reason IS NULL"
    good = connection.execute(stored, values).fetchall()[0][0]
    if good < len(incoming):  # of a small batch, planning this query again would take most of the time
        connection.execute(
            f"INSERT INTO staged_rejects SELECT {labelled}, row, reason, '{kind}' FROM ({clean})"
            " WHERE reason IS NOT NULL"
        )


def _stored(table: Table) -> str:
    """The columns of a staged row, from the cleaned ones."""
    columns = [column.stored or column.name for column in table.columns]
    if table.personal:
        # 64 bits of the hash, moved down by 2^63: neither PostgreSQL nor Spark has unsigned numbers.
        digits = "CAST('0x' || left(sha256($key || ':' || user_id), 16) AS UBIGINT)"
        columns[0] = f"CAST(CAST({digits} AS HUGEINT) - 9223372036854775808 AS BIGINT)"
        columns.append("$batch")
    if table is not REVIEWS:
        # The rows tell nothing of their age: the later of two is the one further on in the source.
        columns.append("(CAST($part AS BIGINT) << 40) + row")
    columns.append(LEFT_OUT)
    return ", ".join(columns)


def _count_rejects(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    kind: str,
    counts: TableSummary,
    *,
    may_all_be_bad: bool,
) -> None:
    bad = connection.execute(
        "SELECT row, reason, count(*) OVER () AS total FROM staged_rejects WHERE kind = ?"
        " ORDER BY source, row, reason LIMIT 1",
        [kind],
    ).fetchall()
    if not bad:
        return
    row, reason, counts.rejected = bad[0]
    if counts.read == counts.rejected and not may_all_be_bad:
        raise SourceError(
            f"{source.path} gives no {kind} that the source {source.name!r} can read:"
            f" all {counts.read:,} rows are bad; row {row}: {reason}"
        )


def _merge(connection: duckdb.DuckDBPyConnection, name: str, counts: TableSummary) -> None:
    """Find the rows that change the table, and change them."""
    key = f"({', '.join(TABLES[name].key)})"
    run_sql(connection, "srec.store", f"ingest_{name}")
    removed = connection.execute(
        f"DELETE FROM {name} WHERE {key} IN (SELECT {key} FROM changed_{name})"
    ).fetchall()[0][0]
    inserted = connection.execute(f"INSERT INTO {name} SELECT * FROM changed_{name}").fetchall()[0][0]
    counts.replaced, counts.added = removed, inserted - removed


def _reasons(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    query = (
        "SELECT split_part(reason, ':', 1) AS what, count(*) AS total FROM staged_rejects"
        " GROUP BY what ORDER BY total DESC, what"
    )
    return dict(connection.execute(query).fetchall())


def _left_out(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, int]:
    every = " UNION ALL ".join(f"SELECT unnest({LEFT_OUT}) AS what FROM staged_{name}" for name in tables)
    if not every:
        return {}
    query = f"SELECT what, count(*) AS total FROM ({every}) GROUP BY what ORDER BY total DESC, what"
    return dict(connection.execute(query).fetchall())
