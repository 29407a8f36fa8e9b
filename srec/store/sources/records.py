"""Batches from records that Python read: every value as text, lists as lists; the store casts and checks."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from srec.store.schema import FILE, LEFT_OUT, REJECT, ROW, Column, Table
from srec.store.sources.text import Reject
from srec.store.spellings import MISSING

Record = dict[str, Any]
SourceRow = tuple[Path, int, Record | Reject]

_BATCH = 50_000
#: The kinds of values that can be written as a text.
_PLAIN = (str, bool, int, float, Decimal, date, time)
#: What stands between the values of a list that is a text, the surest first.
_BETWEEN = (";", "|", ",", "/")
#: A comma before these is part of a company's name.
_COMPANY = re.compile(
    r",\s*(?=(?:inc|llc|ltd|co|corp|gmbh|s\.?a|s\.?r\.?l|limited|a\.?s|k\.?k)\b\.?)", re.IGNORECASE
)
_MONEY = re.compile(r"(?:us)?\s*\$?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*(?:usd|\$)?", re.IGNORECASE)
_FREE = ("free", "free to play", "free to try", "free demo")
#: The keys under which Steam and others keep an element's name.
_NAMED = ("description", "name", "tag", "title")
_TAGS = pa.list_(pa.struct([("tag", pa.string()), ("votes", pa.string())]))


def to_batches(table: Table, rows: Iterable[SourceRow]) -> Iterator[pa.RecordBatch]:
    """Make batches of records with canonical names.

    Lists may come as lists, as JSON or Python text, as Steam's objects or as text with one of ``; | , /``
    between the values; tags as names, as ``{"tag": ..., "votes": ...}``, as pairs or as one object from name
    to votes. What stands between values, and whether prices are dollars, follows from all values of a column.
    An optional value that cannot be read is left out, and its reason is in the column ``left_out``.

    Args:
        table: the canonical table.
        rows: (file, number counted from 1, record or reject), in the order of the source.

    Yields:
        Batches of at most 50,000 rows, whose columns are texts and lists of texts.
    """
    schema = pa.schema(
        [(FILE, pa.string()), (ROW, pa.int64()), (REJECT, pa.string()), (LEFT_OUT, pa.list_(pa.string()))]
        + [(column.name, _arrow(column)) for column in table.columns]
    )
    rows = iter(rows)
    while chunk := list(islice(rows, _BATCH)):
        spelled = _Spelled.of(table, [record for _, _, record in chunk if not isinstance(record, Reject)])
        flat = [_flat(table, row, spelled) for row in chunk]
        try:
            yield pa.RecordBatch.from_pylist(flat, schema)
        except UnicodeEncodeError:
            yield pa.RecordBatch.from_pylist([_encodable(row) for row in flat], schema)


def _arrow(column: Column) -> pa.DataType:
    if column.name == "tags":
        return _TAGS
    return pa.list_(pa.string()) if column.type.endswith("[]") else pa.string()


@dataclass(frozen=True)
class _Spelled:
    """How the columns of many records are spelled.

    Attributes:
        between: by list column, what stands between the values of a text.
        dollars: whether prices are dollars, and not cents.
    """

    between: dict[str, str]
    dollars: bool

    @classmethod
    def of(cls, table: Table, records: Sequence[Record]) -> "_Spelled":
        lists = [column.name for column in table.columns if column.type.endswith("[]")]
        return cls(
            {name: _between([record.get(name) for record in records]) for name in lists},
            "price_usd_cents" in table.names
            and any(_in_dollars(record.get("price_usd_cents")) for record in records),
        )


def _between(values: Iterable[Any]) -> str:
    """What stands between the values of a column's texts: one text in ten has it, or any has ";"."""
    texts = [value for value in values if isinstance(value, str) and value.strip()[:1] not in ("[", "{", "")]
    for mark in _BETWEEN:
        having = sum(mark in _COMPANY.sub(" ", text) for text in texts)
        if having and (mark == ";" or having * 10 >= len(texts)):
            return mark
    return ";"


def _in_dollars(price: Any) -> bool:
    """Whether a price can only be in dollars: it has a sign of them, or cents behind a point."""
    text = _spelled(price) or ""
    found = _MONEY.fullmatch(text.strip())
    return bool(found and ("$" in text or "usd" in text.lower() or float(found[1].replace(",", "")) % 1))


def _flat(table: Table, row: SourceRow, spelled: _Spelled) -> Record:
    file, number, content = row
    flat: Record = {FILE: str(file), ROW: number}
    if isinstance(content, Reject):
        return flat | {REJECT: content.reason}
    left_out = []
    for column in table.columns:
        value = content.get(column.name)
        if value is None:
            continue
        try:
            flat[column.name] = _value(column, value, spelled)
        except _UnfitError as error:
            if column.required:
                flat[REJECT] = f"{column.name} {error}"
            else:
                left_out.append(f"{column.name} {error}")
    return flat | ({LEFT_OUT: left_out} if left_out else {})


class _UnfitError(Exception):
    """A value that the store's casts would mistake for one of another kind; it says what the value is not."""


def _value(column: Column, value: Any, spelled: _Spelled) -> Any:
    between = spelled.between.get(column.name, ";")
    if column.name == "tags":
        return _tags(value, between)
    if column.type.endswith("[]"):
        return [_text(_named(each)) for each in _list(value, between)]
    if column.name == "price_usd_cents":
        return _cents(value, spelled.dollars)
    if column.type == "DATE" and isinstance(value, dict):
        value = value.get("date")  # Steam's own: {"coming_soon": false, "date": "9 Jul, 2013"}
    return _text(value) if column.type == "VARCHAR" else _spelled(value)


def _cents(value: Any, dollars: bool) -> str | None:
    """A price as cents; what is no price stays as it is, and the store says so."""
    if isinstance(value, dict):
        value = value.get("initial", value.get("final"))  # Steam's own, in cents
        return _spelled(value)
    text = (_spelled(value) or "").strip()
    if text.lower() in _FREE:
        return "0"
    found = _MONEY.fullmatch(text)
    return str(round(float(found[1].replace(",", "")) * 100)) if found and dollars else _spelled(value)


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


def _list(value: Any, between: str) -> list[Any]:
    value = _parsed(value)
    if isinstance(value, str):
        if value.strip().lower() in MISSING:
            return []
        joined = _COMPANY.sub("\0", value) if between == "," else value
        value = [part.replace("\0", ", ").strip() for part in joined.split(between) if part.strip()]
    if isinstance(value, dict):
        # Steam's platforms: those that are true.
        value = [name for name, has in value.items() if has is not False and has is not None]
    if not isinstance(value, list | tuple | set | frozenset):
        raise _UnfitError("is not a list")
    return [each for each in value if each is not None]


def _named(each: Any) -> Any:
    """An element of a list; of an object like Steam's, its name."""
    if isinstance(each, dict):
        return next((each[key] for key in _NAMED if isinstance(each.get(key), str)), each)
    return each


def _tags(value: Any, between: str) -> list[dict[str, str | None]]:
    value = _parsed(value)
    if isinstance(value, dict):
        value = list(value.items())
    return [_tag(each) for each in _list(value, between)]


def _tag(each: Any) -> dict[str, str | None]:
    # Pairs come from an object and from Arrow's maps.
    if isinstance(each, tuple) and len(each) == 2:
        each = {"tag": each[0], "votes": each[1]}
    if not isinstance(each, dict):
        each = {"tag": each}
    votes = each.get("votes", each.get("count"))
    return {"tag": _text(each.get("tag", _named(each))), "votes": _spelled(votes)}


def _parsed(value: Any) -> Any:
    """The value; where it is text of JSON or of a Python literal, what it spells."""
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{", "("):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        if value.strip().startswith("("):
            return value
        raise _UnfitError("is not a list") from None


def _encodable(row: Record) -> Record:
    """JSON can spell text that no encoding can hold (a lone half of a surrogate pair): a reject."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return {FILE: row[FILE], ROW: row[ROW], REJECT: "holds text that is not Unicode"}
    return row
