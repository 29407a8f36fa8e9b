"""The one cleaning step of all sources: raw columns to typed rows, or to the reason why not, in SQL."""

from collections.abc import Callable, Collection

import pyarrow as pa

from srec.arrow import is_list
from srec.errors import SourceError
from srec.store.schema import FILE, LEFT_OUT, REJECT, ROW, Column, Table
from srec.store.spellings import date, epoch, flag, missing, time, user_id, whole

_BESIDE = (FILE, ROW, REJECT, LEFT_OUT)


def clean_sql(table: Table, schema: pa.Schema, relation: str) -> str:
    """A query over a relation of raw columns: file, row, typed columns, why a row is bad, what is left out.

    A required value that cannot be read makes the row bad. An optional one is left out, and ``left_out`` says
    why. The query uses the macro ``quoted`` of ``ingest_stage.sql``.

    Args:
        table: the canonical table.
        schema: the relation's Arrow schema; columns it lacks come out as NULL.
        relation: the relation's name in SQL.

    Raises:
        SourceError: a column's type can never hold what the table wants.
    """
    given = {name: schema.field(name).type for name in schema.names if name not in _BESIDE}
    writer = "given_user_id" if "user_id" in given else "NULL"
    typed: list[str] = []
    kept: list[str] = []
    notes: list[str] = []
    reasons = [REJECT]
    for column in table.columns:
        name = column.name
        if name not in given:
            kept.append(f"CAST(NULL AS {column.type}) AS {name}")
            reasons += [f"'{name} is missing'"] if column.required else []
            continue
        typed.append(f"{_typed(column, given[name])} AS {name}")
        if column.required:
            kept.append(name)
            reasons.append(_reason(column, writer))
        else:
            holds = _holds(table, column, given)
            kept.append(f"CASE WHEN {holds} THEN {name} END AS {name}")
            notes.append(_note(table, column, given))
    raw = [f"{name} AS given_{name}" for name in given]
    raw.append(LEFT_OUT if LEFT_OUT in schema.names else f"CAST(NULL AS VARCHAR[]) AS {LEFT_OUT}")
    # Nearly all rows have nothing to say, and making a list for each would take much of the time.
    said = f"list_filter(list_concat({LEFT_OUT}, [{', '.join(notes)}]), lambda note: note IS NOT NULL)"
    why = f"CASE WHEN coalesce({', '.join([f'{LEFT_OUT}[1]', *notes])}) IS NOT NULL THEN {said} END"
    return (
        f"SELECT {FILE}, {ROW}, {', '.join(kept)}, coalesce({', '.join(reasons)}) AS reason,"
        f" {why} AS {LEFT_OUT}"
        f" FROM (SELECT {FILE}, {ROW}, {REJECT}, {', '.join(raw + typed)} FROM {relation})"
    )


def _reason(column: Column, writer: str) -> str:
    name, given = column.name, f"given_{column.name}"
    quoted = "''" if name == "user_id" else f"': ' || quoted({given}, {writer})"
    return (
        f"CASE WHEN {name} IS NOT NULL"
        f" THEN CASE WHEN NOT ({column.valid}) THEN '{name} {column.wrong}' || {quoted} END"
        f" WHEN {missing(given, user=name == 'user_id')} THEN '{name} is missing'"
        f" ELSE '{name} is no {column.type}' || {quoted} END"
    )


def _holds(table: Table, column: Column, given: Collection[str]) -> str:
    """SQL of whether an optional value meets its conditions, those over other columns that are given too."""
    rule = table.rules.get(column.name)
    known = rule and all(name in given for name in table.names if name in rule[0])
    return f"({column.valid}) AND ({rule[0]})" if rule and known else f"({column.valid})"


def _note(table: Table, column: Column, given: Collection[str]) -> str:
    """Why an optional value is left out; NULL if it is kept, or was never there."""
    name, rule = column.name, table.rules.get(column.name)
    broken = f" WHEN NOT ({_holds(table, column, given)}) THEN '{name} {rule[1]}'" if rule else ""
    return (
        f"CASE WHEN {name} IS NOT NULL"
        f" THEN CASE WHEN NOT ({column.valid}) THEN '{name} {column.wrong}'{broken} END"
        f" WHEN NOT {missing(f'given_{name}')} THEN '{name} is no {column.type}' END"
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
    return expression(column)


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
        "tags": lambda given: is_list(given) and types.is_struct(given.value_type),
        "list": is_list,
    }
    return next((kind for kind, test in tests.items() if test(arrow)), "other")


def _same(column: Column) -> str:
    return f"CASE WHEN NOT {missing(column.name)} THEN trim(CAST({column.name} AS VARCHAR)) END"


def _text(column: Column) -> str:
    return user_id(column.name) if column.name == "user_id" else _same(column)


def _number(column: Column) -> str:
    return whole(column.name, column.type, rounded=column.rounded)


def _cast(column: Column) -> str:
    return f"TRY_CAST({column.name} AS {column.type})"


def _real(column: Column) -> str:
    number = f"TRY_CAST(trim(CAST({column.name} AS VARCHAR)) AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _day(column: Column) -> str:
    return f"CAST({epoch(column.name)} AS DATE)"


def _list(column: Column) -> str:
    # An empty list says nothing is known, as a missing one does.
    return f"CASE WHEN len({column.name}) > 0 THEN TRY_CAST({column.name} AS {column.type}) END"


def _tags(column: Column) -> str:
    # TRY_CAST alone would make bad votes unknown ones.
    name = column.name
    return (
        f"CASE WHEN len({name}) > 0 AND len(list_filter({name},"
        " lambda t: t.votes IS NOT NULL AND TRY_CAST(t.votes AS INTEGER) IS NULL)) = 0"
        f" THEN TRY_CAST({name} AS {column.type}) END"
    )


_EXPRESSIONS: dict[tuple[str, str], Callable[[Column], str]] = {
    **{("VARCHAR", kind): _text for kind in ("text", "whole", "number")},
    ("BOOLEAN", "flag"): lambda column: column.name,
    **{("BOOLEAN", kind): lambda column: flag(column.name) for kind in ("text", "whole", "number")},
    **{(kind, "whole"): _cast for kind in ("INTEGER", "BIGINT")},
    **{(kind, given): _number for kind in ("INTEGER", "BIGINT") for given in ("number", "text")},
    **{("DOUBLE", given): _real for given in ("whole", "number", "text")},
    **{("TIMESTAMP", given): _cast for given in ("time", "date")},
    **{("TIMESTAMP", given): lambda column: epoch(column.name) for given in ("whole", "number")},
    ("TIMESTAMP", "text"): lambda column: time(column.name),
    **{("DATE", given): _cast for given in ("time", "date")},
    **{("DATE", given): _day for given in ("whole", "number")},
    ("DATE", "text"): lambda column: date(column.name),
    ("VARCHAR[]", "list"): _list,
    ("STRUCT(tag VARCHAR, votes INTEGER)[]", "tags"): _tags,
}
