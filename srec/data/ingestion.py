"""From a source's batches to changed rows: clean, stage, merge. Runs inside the store's transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from srec.data.clean import clean_sql
from srec.data.schema import TABLES, Table
from srec.data.sources.base import Source
from srec.data.sql import run_sql
from srec.errors import SourceError

Progress = Callable[[int], None]


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
    tables: dict[str, TableSummary] = field(default_factory=dict)
    #: How many rows were rejected for which reason (without the values), most first.
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether any row of the store changed."""
        return any(table.added or table.replaced for table in self.tables.values())


def run_ingestion(
    connection: duckdb.DuckDBPyConnection, source: Source, secret: str, progress: Progress | None = None
) -> Summary:
    """Read a source to its end and merge it into the tables ``reviews``, ``games`` and ``rejects``.

    Args:
        connection: a store's connection, inside a transaction.
        source: what to read.
        secret: hashed together with each user id, so that the store's keys cannot be looked up elsewhere.
        progress: called with the number of rows read so far.

    Raises:
        SourceError: the source is not what it claims; the caller rolls back.
    """
    summary = Summary(source.name)
    run_sql(connection, "ingest_stage")
    read = 0
    for number, part in enumerate(source.parts()):
        counts = summary.tables.setdefault(part.table, TableSummary())
        for batch in part.batches:
            _stage(connection, source.name, part.table, batch, number, secret)
            counts.read += len(batch)
            read += len(batch)
            if progress is not None:
                progress(read)
    for name, counts in summary.tables.items():
        _count_rejects(connection, source, name, counts)
        _merge(connection, name, counts)
    run_sql(connection, "ingest_rejects")
    summary.reasons = _reasons(connection)
    run_sql(connection, "ingest_end")
    return summary


def _stage(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    kind: str,
    incoming: pa.RecordBatch,
    part: int,
    secret: str,
) -> None:
    """Clean one batch: good rows and bad rows wait apart.

    DuckDB finds the batch by the name of the variable. Registered, it would stay in memory until the end
    of the transaction, and so would all the others.
    """
    table = TABLES[kind]
    clean = clean_sql(table, incoming.schema, "incoming")
    labelled = f"'{source} {kind}: ' || file"
    connection.execute(f"INSERT INTO staged_files SELECT DISTINCT {labelled} FROM incoming")
    connection.execute(
        f"INSERT INTO staged_rejects SELECT {labelled}, row, reason, '{kind}' FROM ({clean})"
        " WHERE reason IS NOT NULL"
    )
    connection.execute(
        f"INSERT INTO staged_{kind} SELECT {_stored(table)} FROM ({clean}) WHERE reason IS NULL",
        {"secret": secret} if kind == "reviews" else {"part": part},
    )


def _stored(table: Table) -> str:
    """The columns of a staged row, from the cleaned ones."""
    columns = [column.stored or column.name for column in table.columns]
    if table.name == "reviews":
        columns[0] = "CAST('0x' || left(sha256($secret || ':' || user_id), 16) AS UBIGINT)"
    else:
        # The later of two rows about a game is the one further on in the source.
        columns.append("(CAST($part AS BIGINT) << 40) + row")
    return ", ".join(columns)


def _count_rejects(
    connection: duckdb.DuckDBPyConnection, source: Source, kind: str, counts: TableSummary
) -> None:
    bad = connection.execute(
        "SELECT row, reason, count(*) OVER () AS total FROM staged_rejects WHERE kind = ?"
        " ORDER BY source, row, reason LIMIT 1",
        [kind],
    ).fetchall()
    if not bad:
        return
    row, reason, counts.rejected = bad[0]
    if counts.read == counts.rejected:
        raise SourceError(
            f"{source.path} gives no {kind} that the source {source.name!r} can read:"
            f" all {counts.read:,} rows are bad; row {row}: {reason}"
        )


def _merge(connection: duckdb.DuckDBPyConnection, name: str, counts: TableSummary) -> None:
    """Find the rows that change the table, and change them."""
    key = {"reviews": "(user_key, app_id)", "games": "(app_id)"}[name]
    run_sql(connection, f"ingest_{name}")
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
