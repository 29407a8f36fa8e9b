"""The one cleaning step of all sources: raw columns to typed rows, or to the reason why not, in SQL."""

import pyarrow as pa

from srec.errors import SourceError
from srec.store.schema import FILE, REJECT, ROW, Column, Table

_NUMBER = r"'-?[0-9]+(\.[0-9]+)?'"


def clean_sql(table: Table, schema: pa.Schema, relation: str) -> str:
    """A query over a relation of raw columns: file, row, typed columns, and the reason why a row is bad.

    The query uses the macro ``quoted`` of ``ingest_stage.sql``.

    Args:
        table: the canonical table.
        schema: the relation's Arrow schema; columns it lacks come out as NULL.
        relation: the relation's name in SQL.

    Raises:
        SourceError: a column's type can never hold what the table wants.
    """
    given = {name: schema.field(name).type for name in schema.names if name not in (FILE, ROW, REJECT)}
    writer = "given_user_id" if "user_id" in given else "NULL"
    typed, reasons = [], [REJECT]
    for column in table.columns:
        if column.name in given:
            typed.append(f"{_typed(column, given[column.name])} AS {column.name}")
            reasons.append(_reason(column, writer))
        else:
            typed.append(f"CAST(NULL AS {column.type}) AS {column.name}")
            reasons += [f"'{column.name} is missing'"] if column.required else []
    rules = [f"CASE WHEN NOT ({rule}) THEN '{wrong}' END" for rule, wrong in table.rules]
    raw = ", ".join(f"{name} AS given_{name}" for name in given)
    return (
        f"SELECT *, coalesce({', '.join(reasons + rules)}) AS reason"
        f" FROM (SELECT {FILE}, {ROW}, {REJECT}, {raw}, {', '.join(typed)} FROM {relation})"
    )


def _reason(column: Column, writer: str) -> str:
    name, given = column.name, f"given_{column.name}"
    missing = f"'{name} is missing'" if column.required else "NULL"
    quoted = "''" if name == "user_id" else f"': ' || quoted({given}, {writer})"
    return (
        f"CASE WHEN {name} IS NOT NULL"
        f" THEN CASE WHEN NOT ({column.valid}) THEN '{name} {column.wrong}' || {quoted} END"
        f" WHEN {given} IS NULL OR trim(CAST({given} AS VARCHAR)) IN ('', '[]') THEN {missing}"
        f" ELSE '{name} is no {column.type}' || {quoted} END"
    )


def _typed(column: Column, arrow: pa.DataType) -> str:
    kind, name, types = _kind(arrow), column.name, pa.types
    if kind == "null":
        return f"CAST(NULL AS {column.type})"
    expression = _EXPRESSIONS.get((column.type, kind))
    fractions = name == "user_id" and types.is_floating(arrow)
    if expression is None or fractions:
        hint = "; ids given as fractions have lost digits" if fractions else ""
        raise SourceError(f"the column for {name} holds {arrow}, which cannot become {column.type}{hint}")
    return expression.format(name=name, type=column.type)


def _kind(arrow: pa.DataType) -> str:
    types = pa.types
    tests = {
        "null": types.is_null,
        "flag": types.is_boolean,
        "whole": types.is_integer,
        "number": lambda given: types.is_floating(given) or types.is_decimal(given),
        "text": lambda given: types.is_string(given) or types.is_large_string(given),
        "time": types.is_timestamp,
        "date": types.is_date,
        "tags": lambda given: _is_list(given) and types.is_struct(given.value_type),
        "list": _is_list,
    }
    return next((kind for kind, test in tests.items() if test(arrow)), "other")


def _is_list(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_list(arrow) or pa.types.is_large_list(arrow))


_TEXT_TIME = (
    f"CASE WHEN regexp_full_match(trim({{name}}), {_NUMBER})"
    " THEN CASE WHEN TRY_CAST({name} AS DOUBLE) BETWEEN -1e10 AND 1e10"
    " THEN make_timestamp(CAST(TRY_CAST({name} AS DOUBLE) * 1000000 AS BIGINT)) END"
    # Through TIMESTAMPTZ, because the plain cast drops "+02:00" without a word. The session is in UTC.
    " ELSE CAST(TRY_CAST({name} AS TIMESTAMPTZ) AS TIMESTAMP) END"
)
_EPOCH = "CASE WHEN {name} BETWEEN -1e10 AND 1e10 THEN make_timestamp(CAST({wide} * 1000000 AS BIGINT)) END"
_WHOLE_EPOCH = _EPOCH.replace("{wide}", "CAST({name} AS BIGINT)")  # microseconds are wider than seconds
_FRACTION_EPOCH = _EPOCH.replace("{wide}", "{name}")
# A fraction is no integer: TRY_CAST alone would round it.
_WHOLE = (
    "CASE WHEN TRY_CAST({name} AS DOUBLE) = TRY_CAST({name} AS BIGINT) THEN TRY_CAST({name} AS {type}) END"
)

_EXPRESSIONS = {
    ("VARCHAR", "text"): "nullif(trim({name}), '')",
    ("VARCHAR", "whole"): "CAST({name} AS VARCHAR)",
    ("VARCHAR", "number"): "CAST({name} AS VARCHAR)",
    ("BOOLEAN", "flag"): "{name}",
    ("BOOLEAN", "text"): "TRY_CAST(trim({name}) AS BOOLEAN)",
    ("BOOLEAN", "whole"): "CASE {name} WHEN 0 THEN false WHEN 1 THEN true END",
    ("BOOLEAN", "number"): "CASE {name} WHEN 0 THEN false WHEN 1 THEN true END",
    ("INTEGER", "whole"): "TRY_CAST({name} AS {type})",
    ("INTEGER", "number"): _WHOLE,
    ("INTEGER", "text"): _WHOLE,
    ("BIGINT", "whole"): "TRY_CAST({name} AS {type})",
    ("BIGINT", "number"): _WHOLE,
    ("BIGINT", "text"): _WHOLE,
    ("DOUBLE", "whole"): "CAST({name} AS {type})",
    ("DOUBLE", "number"): "CAST({name} AS {type})",
    ("DOUBLE", "text"): "TRY_CAST(trim({name}) AS {type})",
    ("TIMESTAMP", "time"): "TRY_CAST({name} AS TIMESTAMP)",
    ("TIMESTAMP", "date"): "TRY_CAST({name} AS TIMESTAMP)",
    ("TIMESTAMP", "whole"): _WHOLE_EPOCH,
    ("TIMESTAMP", "number"): _FRACTION_EPOCH,
    ("TIMESTAMP", "text"): _TEXT_TIME,
    ("DATE", "date"): "TRY_CAST({name} AS DATE)",
    ("DATE", "time"): "TRY_CAST({name} AS DATE)",
    ("DATE", "text"): "TRY_CAST(trim({name}) AS DATE)",
    # An empty list says nothing is known, as a missing one does.
    ("VARCHAR[]", "list"): "CASE WHEN len({name}) > 0 THEN TRY_CAST({name} AS {type}) END",
    # TRY_CAST alone would make bad votes unknown ones.
    ("STRUCT(tag VARCHAR, votes INTEGER)[]", "tags"): (
        "CASE WHEN len({name}) > 0 AND len(list_filter({name},"
        " lambda t: t.votes IS NOT NULL AND TRY_CAST(t.votes AS INTEGER) IS NULL)) = 0"
        " THEN TRY_CAST({name} AS {type}) END"
    ),
}
