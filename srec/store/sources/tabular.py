"""A plain table of one's own: Parquet, Arrow, CSV or JSON, its columns mapped to the canonical names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from srec.errors import SourceError
from srec.store.schema import FILE, REJECT, ROW, TABLES, Table
from srec.store.sources.base import Part
from srec.store.sources.delimited import CsvFile
from srec.store.sources.folders import files_of
from srec.store.sources.ipc import read_arrow
from srec.store.sources.mapping import choose_columns, nested_names, reach
from srec.store.sources.opening import holds
from srec.store.sources.parquet import BATCH, canonical, read_parquet
from srec.store.sources.records import SourceRow, to_batches
from srec.store.sources.text import Reject, read_json_lines
from srec.store.sources.verdict import Verdict


@dataclass(frozen=True)
class TableSource:
    """Files that hold rows of one canonical table.

    Args:
        path: a file, a folder of such files, or a pattern with ``*``: Parquet, Arrow, delimited text or JSON,
            however it is packed. What it holds is seen, not taken from its name.
        table: "reviews", "games", "sequences" or "libraries".
        columns: canonical name to the file's; empty: the column is left out. One that is not named
            here goes by its canonical name. A dotted name reaches into an object.
        positive: for reviews without such a flag, "all" or a rule such as "rating >= 4".
    """

    path: Path
    table: str = "reviews"
    columns: Mapping[str, str] = field(default_factory=dict)
    positive: str = ""
    name: ClassVar[str] = "table"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        """The rows of all its files.

        Raises:
            SourceError: a file cannot be read, or lacks a column that is required or mapped.
        """
        rule = Rule.of(self.table, self.columns, self.positive)
        yield Part(self.table, rule.judged(self._batches(rule)))

    def _batches(self, rule: "Rule") -> Iterator[pa.RecordBatch]:
        for file, given in files_of(self.path):
            yield from _READERS[holds(file)](file, rule.table, rule.columns, given)


@dataclass(frozen=True)
class Rule:
    """What is read of a table, and what is made of it.

    Attributes:
        table: the canonical table, without the flag where every row is positive.
        columns: canonical name to the table's.
        verdict: what makes a row positive; None where a flag does.
    """

    table: Table
    columns: Mapping[str, str]
    verdict: Verdict | None

    @classmethod
    def of(cls, name: str, columns: Mapping[str, str], positive: str) -> "Rule":
        """The rule of a table.

        Raises:
            SourceError: there is no such table, or it lacks a mapped column; or only reviews are positive,
                by a flag or a rule, not both.
            SettingsError: the rule is none.
        """
        table = _mapped_table(name, columns)
        if not positive:
            return cls(table, columns, None)
        if name != "reviews" or columns.get("positive"):
            raise SourceError("positive is for reviews, in place of a column: leave one of them out")
        verdict = Verdict.read(positive)
        if verdict.column is not None:
            return cls(table, {**columns, "positive": verdict.column}, verdict)
        others = tuple(column for column in table.columns if column.name != "positive")
        return cls(replace(table, columns=others), columns, verdict)

    def judged(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batches with the flag."""
        return batches if self.verdict is None else self.verdict.judged(batches)


def _mapped_table(name: str, columns: Mapping[str, str]) -> Table:
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
    """The part of a typed table."""
    return Part(table.name, _lists_read(table, batches))


def _lists_read(table: Table, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Games become records, because their lists come in many forms."""
    return to_batches(table, _as_records(batches)) if table.name == "games" else batches


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


Given = Mapping[str, str | None]


def _parquet(path: Path, table: Table, columns: Mapping[str, str], given: Given) -> Iterator[pa.RecordBatch]:
    return _lists_read(table, read_parquet(path, table, columns, given=given))


def _arrow(path: Path, table: Table, columns: Mapping[str, str], given: Given) -> Iterator[pa.RecordBatch]:
    return _lists_read(table, read_arrow(path, table, columns, given=given))


def _csv(path: Path, table: Table, columns: Mapping[str, str], given: Given) -> Iterator[pa.RecordBatch]:
    return to_batches(table, _csv_rows(path, table, columns, given))


def _json(path: Path, table: Table, columns: Mapping[str, str], given: Given) -> Iterator[pa.RecordBatch]:
    return to_batches(table, _json_rows(path, table, columns, given))


_READERS = {"parquet": _parquet, "arrow": _arrow, "stream": _arrow, "csv": _csv, "json": _json}


def _csv_rows(path: Path, table: Table, columns: Mapping[str, str], given: Given) -> Iterator[SourceRow]:
    file = CsvFile(path)
    available = [*file.header, *(name for name in given if name not in file.header)]
    chosen = choose_columns(path, table, columns=columns, available=available, first_line=True)
    places = {name: file.header.index(theirs) for name, theirs in chosen.items() if theirs in file.header}
    constant = {name: given[theirs] for name, theirs in chosen.items() if name not in places}
    # A required value is on one line; a list may be JSON over several.
    for row, fields in file.rows(unbroken=[places[name] for name in table.required if name in places]):
        if isinstance(fields, Reject):
            yield path, row, fields
        else:
            yield path, row, {name: fields[place] for name, place in places.items()} | constant


def _json_rows(path: Path, table: Table, columns: Mapping[str, str], given: Given) -> Iterator[SourceRow]:
    rows = read_json_lines(path)
    head = list(islice(rows, 100))
    objects = [record for _, record in head if not isinstance(record, Reject)]
    if not objects:
        raise SourceError(f"{path} {_no_object(head)}: write one object a line, or an array of objects")
    keys = dict.fromkeys(key for each in [*objects, given] for key in nested_names(each))
    chosen = choose_columns(path, table, columns=columns, available=list(keys))
    # A key that the first lines lack may come later.
    chosen |= {name: name for name in table.names if name not in columns}
    for row, record in chain(head, rows):
        if isinstance(record, Reject):
            yield path, row, record
        else:
            whole = {**given, **record}
            yield path, row, {name: reach(whole, theirs) for name, theirs in chosen.items()}


def _no_object(head: list[tuple[int, dict[str, Any] | Reject]]) -> str:
    """What is wrong with a file whose first lines hold no JSON object."""
    for row, found in head:
        if isinstance(found, Reject):
            return f"holds no JSON object in its first lines (line {row}: {found.reason})"
    return "has only blank lines"
