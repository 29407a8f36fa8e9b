"""Reading Parquet as a stream of batches under canonical names."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from srec.errors import SourceError, first_line
from srec.store.schema import FILE, REJECT, ROW, Table

#: Rows of a batch: enough to keep all cores busy, about 50 MB.
BATCH = 1 << 18


def parquet_columns(path: Path) -> list[str]:
    """The names of a Parquet file's columns.

    Raises:
        SourceError: it is not a Parquet file.
    """
    with _open(path) as file:
        return list(file.schema_arrow.names)


def read_parquet(
    path: Path, table: Table, columns: Mapping[str, str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows as raw columns of a canonical table.

    Args:
        path: the file.
        table: the canonical table.
        columns: canonical name to the file's; a column not named here goes by its canonical name.

    Raises:
        SourceError: it is not a Parquet file, lacks a column that is required or named, has one
            twice, or is damaged.
    """
    with _open(path) as file:
        chosen = choose_columns(path, table, columns=columns or {}, available=file.schema_arrow.names)
        row = 1
        try:
            for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(chosen.values()))):
                yield canonical(path, batch, chosen=chosen, row=row)
                row += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{path} is damaged after row {row - 1:,}: {first_line(error)}") from error


def choose_columns(
    path: Path, table: Table, *, columns: Mapping[str, str], available: Sequence[str]
) -> dict[str, str]:
    """Which of a file's columns holds which canonical one.

    Args:
        path: the file, for messages.
        table: the canonical table.
        columns: canonical name to the file's; a column not named here goes by its canonical name.
        available: the file's columns.

    Returns:
        Canonical name to the file's, of the columns that are there.

    Raises:
        SourceError: a required or named column is missing, or a column to read is there twice.
    """
    chosen = {name: columns.get(name, name) for name in table.names}
    missing = [
        theirs if name == theirs else f"{theirs} (for {name})"
        for name, theirs in chosen.items()
        if theirs not in available and (name in table.required or name in columns)
    ]
    if missing:
        raise SourceError(
            f"{path} is not a table of {table.name}: it lacks {', '.join(missing)}; its columns are"
            f" {', '.join(available)}"
        )
    chosen = {name: theirs for name, theirs in chosen.items() if theirs in available}
    doubled = [theirs for theirs in dict.fromkeys(chosen.values()) if available.count(theirs) > 1]
    if doubled:
        raise SourceError(
            f"{path} has more than one column {', '.join(doubled)}: rename all but the one that is meant"
        )
    return chosen


def _open(path: Path) -> pq.ParquetFile:
    try:
        # With read-ahead, all that was read would stay in memory until the end of the file.
        return pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is not a readable Parquet file: {first_line(error)}") from error


def canonical(path: Path, batch: pa.RecordBatch, *, chosen: Mapping[str, str], row: int) -> pa.RecordBatch:
    """A batch of a file's rows as a source gives them.

    Args:
        path: the file.
        batch: its rows.
        chosen: canonical name to the file's.
        row: the number of the first row, counted from 1.
    """
    reject = pa.nulls(len(batch), pa.string())
    columns = {}
    for name, theirs in chosen.items():
        column = batch.column(theirs)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            column = column.cast(pa.timestamp(column.type.unit))
        if _is_bytes(column.type):
            # Not all writers mark texts as such. Bytes that are not UTF-8 are found below.
            column = column.cast(pa.large_string(), safe=False)
        columns[name], reject = _readable(name, column, reject)
    return pa.RecordBatch.from_pydict(
        {
            FILE: pa.DictionaryArray.from_arrays(np.zeros(len(batch), np.int8), [str(path)]),
            ROW: np.arange(row, row + len(batch)),
            REJECT: reject,
            **columns,
        }
    )


def _is_bytes(arrow: pa.DataType) -> bool:
    """Whether it is text under another name: bytes, or Arrow's view types, which DuckDB does not read."""
    types = pa.types
    tests = (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_string_view)
    return any(test(arrow) for test in tests)


def _readable(name: str, column: pa.Array, reject: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Text that is not UTF-8, which Parquet forbids and writers let through, becomes NULL and a reject."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            raise
        values = [_decoded(value) for value in column.cast(pa.binary()).to_pylist()]
        broken = f"{name} is not UTF-8 text"
        reasons = [
            broken if value is False else reason
            for value, reason in zip(values, reject.to_pylist(), strict=True)
        ]
        column = pa.array([value or None for value in values], pa.string())
        reject = pa.array(reasons, pa.string())
    return column, reject


def _decoded(value: bytes | None) -> str | bool | None:
    """The text; None where there is none; False where the bytes are not UTF-8."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return False
