"""A plain table of one's own: Parquet, CSV or JSON lines, its columns mapped to the canonical names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from srec.errors import SourceError
from srec.store.schema import FILE, REJECT, ROW, TABLES, Table
from srec.store.sources.base import Part
from srec.store.sources.delimited import CsvFile
from srec.store.sources.parquet import BATCH, canonical, choose_columns, read_parquet
from srec.store.sources.records import SourceRow, to_batches
from srec.store.sources.text import Reject, read_json_lines

_CSV = (".csv", ".csv.gz")
_JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


@dataclass(frozen=True)
class TableSource:
    """One file that holds rows of one canonical table.

    Args:
        path: .parquet, .csv, .jsonl or .ndjson; the text forms also gzipped (.gz).
        table: "reviews", "games", "sequences" or "libraries".
        columns: canonical name to the file's; a column not named here goes by its canonical name.
    """

    path: Path
    table: str = "reviews"
    columns: Mapping[str, str] = field(default_factory=dict)
    name: ClassVar[str] = "table"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        """The file's rows.

        Raises:
            SourceError: the file cannot be read, or lacks a column that is required or mapped.
        """
        table, name = mapped_table(self.table, self.columns), self.path.name
        if name.endswith(".parquet"):
            yield part_of(table, read_parquet(self.path, table, self.columns))
        elif name.endswith(_CSV):
            yield Part(table.name, to_batches(table, _csv_rows(self.path, table, self.columns)))
        elif name.endswith(_JSON):
            yield Part(table.name, to_batches(table, _json_rows(self.path, table, self.columns)))
        else:
            raise SourceError(
                f"{self.path} has no ending that is known here: .parquet, {', '.join(_CSV + _JSON)}"
            )


def mapped_table(name: str, columns: Mapping[str, str]) -> Table:
    """The canonical table of a name, once it is sure to have the columns that are mapped.

    Args:
        name: "reviews", "games", "sequences" or "libraries".
        columns: canonical name to the file's.

    Raises:
        SourceError: there is no such table, or it lacks a mapped column.
    """
    table = TABLES.get(name)
    if table is None:
        raise SourceError(f"there is no table {name!r}: name one of {', '.join(TABLES)}")
    if unknown := sorted(set(columns) - set(table.names)):
        raise SourceError(
            f"the table {table.name} has no column {', '.join(unknown)}: name some of"
            f" {', '.join(table.names)}"
        )
    return table


def renamed(
    path: Path,
    table: Table,
    columns: Mapping[str, str],
    *,
    names: Sequence[str],
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """A table's batches as a source gives them, however large they come.

    Args:
        path: what messages and rejects call it.
        table: the canonical table.
        columns: canonical name to the table's; a column not named here goes by its canonical name.
        names: those of the columns that are there.
        batches: all rows, in order.

    Yields:
        At most ``BATCH`` rows at a time, numbered from 1.

    Raises:
        SourceError: a column is missing, or is there twice.
    """
    chosen = choose_columns(path, table, columns=columns, available=names)
    wanted = list(dict.fromkeys(chosen.values()))
    row = 1
    for batch in batches:
        for at in range(0, len(batch), BATCH):
            piece = batch.select(wanted).slice(at, BATCH)
            yield canonical(path, piece, chosen=chosen, row=row)
            row += len(piece)


def part_of(table: Table, batches: Iterator[pa.RecordBatch]) -> Part:
    """The part of a typed table: games become records, because their lists come in many forms."""
    return Part(table.name, to_batches(table, _as_records(batches)) if table.name == "games" else batches)


def _as_records(batches: Iterator[pa.RecordBatch]) -> Iterator[SourceRow]:
    for batch in batches:
        for record in _times_as_text(batch).to_pylist():
            file, row, reject = Path(record.pop(FILE)), record.pop(ROW), record.pop(REJECT)
            yield file, row, Reject(reject) if reject else record


def _times_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Times as text: Python's own have neither nanoseconds nor years after 9999."""
    columns = [column.cast(pa.string()) if _is_time(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _is_time(arrow: pa.DataType) -> bool:
    # Arrow cannot write an interval as text, and Python can read it as it is.
    return bool(pa.types.is_temporal(arrow) and not pa.types.is_interval(arrow))


def _csv_rows(path: Path, table: Table, columns: Mapping[str, str]) -> Iterator[SourceRow]:
    file = CsvFile(path)
    chosen = choose_columns(path, table, columns=columns, available=file.header)
    places = {name: file.header.index(theirs) for name, theirs in chosen.items()}
    # A required value is on one line; a list may be JSON over several.
    for row, fields in file.rows(unbroken=[places[name] for name in table.required]):
        if isinstance(fields, Reject):
            yield path, row, fields
        else:
            yield path, row, {name: fields[place] for name, place in places.items()}


def _json_rows(path: Path, table: Table, columns: Mapping[str, str]) -> Iterator[SourceRow]:
    rows = read_json_lines(path)
    head = list(islice(rows, 100))
    objects = [record for _, record in head if not isinstance(record, Reject)]
    if not objects:
        raise SourceError(f"{path} {_no_object(head)}: write one object a line, with no array around them")
    keys = dict.fromkeys(key for each in objects for key in each)
    chosen = choose_columns(path, table, columns=columns, available=list(keys))
    # A key that the first lines lack may come later.
    chosen |= {name: name for name in table.names if name not in columns}
    for row, record in chain(head, rows):
        if isinstance(record, Reject):
            yield path, row, record
        else:
            yield path, row, {name: record.get(theirs) for name, theirs in chosen.items()}


def _no_object(head: list[tuple[int, dict[str, Any] | Reject]]) -> str:
    """What is wrong with a file whose first lines hold no JSON object."""
    for row, found in head:
        if isinstance(found, Reject):
            return f"holds no JSON object in its first lines (line {row}: {found.reason})"
    return "has only blank lines"
