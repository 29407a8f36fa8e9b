"""A plain table of one's own: Parquet, CSV or JSON lines, its columns mapped to the canonical names."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from srec.data.schema import FILE, REJECT, ROW, TABLES, Table
from srec.data.sources.base import Part
from srec.data.sources.parquet import choose_columns, read_parquet
from srec.data.sources.records import Row, to_batches
from srec.data.sources.text import Reject, read_json_lines, read_lines
from srec.errors import SourceError

_CSV = (".csv", ".csv.gz")
_JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


@dataclass(frozen=True)
class TableSource:
    """One file that holds reviews or games.

    Args:
        path: .parquet, .csv, .jsonl or .ndjson; the text forms also gzipped (.gz).
        table: "reviews" or "games".
        columns: canonical name to the file's; a column not named here goes by its canonical name.
    """

    path: Path
    table: str = "reviews"
    columns: Mapping[str, str] = field(default_factory=dict)
    name: ClassVar[str] = "table"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        """The file's rows."""
        table = mapped_table(self.table, self.columns)
        yield Part(table.name, self._batches(table))

    def _batches(self, table: Table) -> Iterator[pa.RecordBatch]:
        name = self.path.name
        if name.endswith(".parquet"):
            batches = read_parquet(self.path, table, self.columns)
            return to_batches(table, as_records(batches)) if table.name == "games" else batches
        if name.endswith(_CSV):
            return to_batches(table, _csv_rows(self.path, table, self.columns))
        if name.endswith(_JSON):
            return to_batches(table, _json_rows(self.path, table, self.columns))
        raise SourceError(f"{self.path} is none of .parquet, {', '.join(_CSV + _JSON)}")


def mapped_table(name: str, columns: Mapping[str, str]) -> Table:
    """The canonical table of that name, which has the columns that are mapped.

    Raises:
        SourceError: there is none, or it has not.
    """
    table = TABLES.get(name)
    if table is None:
        raise SourceError(f"there is no table {name!r}: name one of {', '.join(TABLES)}")
    if unknown := sorted(set(columns) - set(table.names)):
        raise SourceError(
            f"{table.name} have no column {', '.join(unknown)}: name some of {', '.join(table.names)}"
        )
    return table


def as_records(batches: Iterator[pa.RecordBatch]) -> Iterator[Row]:
    """Rows as records, because games' lists come in many forms."""
    for batch in batches:
        for record in batch.to_pylist():
            file, row, reject = Path(record.pop(FILE)), record.pop(ROW), record.pop(REJECT)
            yield file, row, Reject(reject) if reject else record


def _csv_rows(path: Path, table: Table, columns: Mapping[str, str]) -> Iterator[Row]:
    """Rows of a CSV file with a header, each under the number of its last line."""
    row = 0
    unreadable: list[Row] = []

    def readable() -> Iterator[str]:
        nonlocal row
        for row, line in read_lines(path):
            if isinstance(line, Reject):
                unreadable.append((path, row, line))
            else:
                yield line

    reader = csv.reader(readable(), strict=True)
    header = next(_parsed(reader), None)
    if not isinstance(header, list):
        raise SourceError(f"{path} has no readable header line")
    chosen = choose_columns(path, table, columns, header)
    places = {name: header.index(theirs) for name, theirs in chosen.items()}
    for fields in _parsed(reader):
        yield from unreadable
        unreadable.clear()
        if isinstance(fields, Reject):
            yield path, row, fields
        elif len(fields) != len(header):
            yield path, row, Reject(f"has {len(fields)} fields where the header has {len(header)}")
        else:
            yield path, row, {name: fields[place] for name, place in places.items()}
    yield from unreadable


def _parsed(reader: Iterator[list[str]]) -> Iterator[list[str] | Reject]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Reject(f"not CSV: {error}")


def _json_rows(path: Path, table: Table, columns: Mapping[str, str]) -> Iterator[Row]:
    rows = read_json_lines(path)
    head = list(islice(rows, 100))
    keys: dict[str, Any] = {}
    for _, record in head:
        keys |= {} if isinstance(record, Reject) else record
    chosen = choose_columns(path, table, columns, list(keys))
    # A key that no early line has may come later.
    chosen |= {name: name for name in table.names if name not in columns}
    for row, record in chain(head, rows):
        if isinstance(record, Reject):
            yield path, row, record
        else:
            yield path, row, {name: record.get(theirs) for name, theirs in chosen.items()}
