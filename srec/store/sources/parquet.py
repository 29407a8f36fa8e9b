"""Reading Parquet as a stream of batches under canonical names."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from srec.arrow import is_list, plain_lists
from srec.errors import SourceError, first_line
from srec.store.schema import FILE, REJECT, ROW, Table
from srec.store.sources.mapping import choose_columns

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
    path: Path,
    table: Table,
    columns: Mapping[str, str] | None = None,
    *,
    given: Mapping[str, str | None] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows as raw columns of a canonical table.

    Args:
        path: the file.
        table: the canonical table.
        columns: as for ``choose_columns``; a dotted name reaches into a struct.
        given: columns that have one value in the whole file, which is not in it.

    Raises:
        SourceError: it is not a Parquet file, lacks a column that is required or named, has one
            twice, or is damaged.
    """
    with _open(path) as file:
        names, given = nested_columns(file.schema_arrow), given or {}
        chosen = choose_columns(path, table, columns=columns or {}, available=[*names, *given])
        wanted = [name for name in dict.fromkeys(chosen.values()) if name in names]
        row = 1
        try:
            for batch in file.iter_batches(BATCH, columns=wanted):
                yield canonical(path, batch, chosen=chosen, row=row, given=given)
                row += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{path} is damaged after row {row - 1:,}: {first_line(error)}") from error


def _open(path: Path) -> pq.ParquetFile:
    try:
        # With read-ahead, all that was read would stay in memory until the end of the file.
        return pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is not a readable Parquet file: {first_line(error)}") from error


def nested_columns(schema: pa.Schema) -> list[str]:
    """The names of columns, and those of a struct's fields by their dotted names."""
    inner = [
        f"{field.name}.{one.name}" for field in schema if pa.types.is_struct(field.type) for one in field.type
    ]
    return [*schema.names, *inner]


def _reached(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name in batch.schema.names:
        return batch.column(name)
    outer = next(one for one in batch.schema.names if name.startswith(f"{one}."))
    return pc.struct_field(batch.column(outer), name[len(outer) + 1 :])


def canonical(
    path: Path,
    batch: pa.RecordBatch,
    *,
    chosen: Mapping[str, str],
    row: int,
    given: Mapping[str, str | None] | None = None,
) -> pa.RecordBatch:
    """A batch of a file's rows as a source gives them.

    Args:
        path: the file.
        batch: its rows.
        chosen: canonical name to the file's.
        row: the number of the first row, counted from 1.
        given: columns that have one value in the whole file.
    """
    given = given or {}
    reject = pa.nulls(len(batch), pa.string())
    columns = {}
    for name, theirs in chosen.items():
        if theirs in given and theirs not in batch.schema.names:
            columns[name] = pa.array([given[theirs]] * len(batch), pa.string())
            continue
        column = _reached(batch, theirs)
        if not _is_text(column.type):
            column.validate(full=True)  # what is damaged must not be worked on
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            column = column.cast(pa.timestamp(column.type.unit))
        if is_list(column.type) and not (
            pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
        ):
            column = plain_lists(column)
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


def _is_text(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow))


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
        if not _is_text(column.type):
            raise
        kind = pa.binary() if pa.types.is_string(column.type) else pa.large_binary()
        as_bytes = column.view(kind)
        as_bytes.validate(full=True)  # more may be wrong than a letter
        values = [_decoded(value) for value in as_bytes.to_pylist()]
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
