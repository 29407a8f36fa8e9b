"""Batches from records that Python read: every value as text, lists as lists; the store casts and checks."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from srec.store.schema import FILE, REJECT, ROW, Column, Table
from srec.store.sources.text import Reject

Record = dict[str, Any]
SourceRow = tuple[Path, int, Record | Reject]

_BATCH = 50_000
#: The kinds of values that can be written as a text.
_PLAIN = (str, bool, int, float, Decimal, date, time)
_TAGS = pa.list_(pa.struct([("tag", pa.string()), ("votes", pa.string())]))


def to_batches(table: Table, rows: Iterable[SourceRow]) -> Iterator[pa.RecordBatch]:
    """Make batches of records with canonical names.

    Lists may come as lists, as JSON text or as text with ";" between the values; tags as names, as
    ``{"tag": ..., "votes": ...}``, as pairs or as one object from name to votes.

    Args:
        table: the canonical table.
        rows: (file, number counted from 1, record or reject), in the order of the source.

    Yields:
        Batches of at most 50,000 rows, whose columns are texts and lists of texts.
    """
    schema = pa.schema(
        [(FILE, pa.string()), (ROW, pa.int64()), (REJECT, pa.string())]
        + [(column.name, _arrow(column)) for column in table.columns]
    )
    rows = iter(rows)
    while chunk := list(islice(rows, _BATCH)):
        flat = [_flat(table, row) for row in chunk]
        try:
            yield pa.RecordBatch.from_pylist(flat, schema)
        except UnicodeEncodeError:
            yield pa.RecordBatch.from_pylist([_encodable(row) for row in flat], schema)


def _arrow(column: Column) -> pa.DataType:
    if column.name == "tags":
        return _TAGS
    return pa.list_(pa.string()) if column.type.endswith("[]") else pa.string()


def _flat(table: Table, row: SourceRow) -> Record:
    file, number, content = row
    flat: Record = {FILE: str(file), ROW: number}
    if isinstance(content, Reject):
        return flat | {REJECT: content.reason}
    for column in table.columns:
        value = content.get(column.name)
        if value is None:
            continue
        try:
            flat[column.name] = _value(column, value)
        except _UnfitError as error:
            flat[REJECT] = f"{column.name} {error}"
    return flat


class _UnfitError(Exception):
    """A value that the store's casts would mistake for one of another kind; it says what the value is not."""


def _value(column: Column, value: Any) -> Any:
    if column.name == "tags":
        return _tags(value)
    if column.type.endswith("[]"):
        return [_text(each) for each in _list(value)]
    return _text(value) if column.type == "VARCHAR" else _spelled(value)


def _text(value: Any) -> str | None:
    """A value where a text is wanted: here anything else, spelled out, would pass for one."""
    if value is not None and not isinstance(value, _PLAIN):
        raise _UnfitError("holds a value that is not text")
    return _spelled(value)


def _spelled(value: Any) -> str | None:
    """A value as the store's casts read it; one that is not plain stays recognisable in the reject."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def _list(value: Any) -> list[Any]:
    value = _parsed(value)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";") if part.strip()]
    if not isinstance(value, list | tuple):
        raise _UnfitError("is not a list")
    return [each for each in value if each is not None]


def _tags(value: Any) -> list[dict[str, str | None]]:
    value = _parsed(value)
    if isinstance(value, dict):
        value = list(value.items())
    return [_tag(each) for each in _list(value)]


def _tag(each: Any) -> dict[str, str | None]:
    # Pairs come from an object and from Arrow's maps.
    if isinstance(each, tuple) and len(each) == 2:
        each = {"tag": each[0], "votes": each[1]}
    if not isinstance(each, dict):
        each = {"tag": each}
    return {"tag": _text(each.get("tag")), "votes": _spelled(each.get("votes"))}


def _parsed(value: Any) -> Any:
    """The value; where it is JSON text, what it spells."""
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise _UnfitError("is not a list") from None


def _encodable(row: Record) -> Record:
    """JSON can spell text that no encoding can hold (a lone half of a surrogate pair): a reject."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return {FILE: row[FILE], ROW: row[ROW], REJECT: "holds text that is not Unicode"}
    return row
