"""What a file is, seen from its content: the source that reads it, its table, and which column is which."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from srec.errors import SourceError
from srec.store.schema import TABLES
from srec.store.sources.delimited import CsvFile
from srec.store.sources.folders import files_of
from srec.store.sources.ipc import arrow_schema
from srec.store.sources.mapping import SYNONYMS, nested_names, refuse_values
from srec.store.sources.opening import holds
from srec.store.sources.parquet import parquet_columns
from srec.store.sources.text import read_json_lines, read_lines

#: Names of ratings, whose usual threshold is taken where there is no flag: 4 of 5 is a liking.
_RATINGS = ("rating", "stars", "overall")
_UCSD = ("reviews_ucsd.parquet", "australian_", "steam_reviews.json", "steam_games.json")


@dataclass(frozen=True)
class Seen:
    """What a file was taken for.

    Attributes:
        source: a key of SOURCES.
        table: for a table, which one it is.
        columns: for a table, canonical name to the file's, of those with other names.
        positive: for reviews without a flag, the rule.
    """

    source: str
    table: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    positive: str = ""


def recognise(
    path: Path, table: str | None = None, columns: Mapping[str, str] | None = None, *, positive: str = ""
) -> Seen:
    """Look at a file or folder.

    Args:
        path: what to look at.
        table: the table, if it is known.
        columns: those of its columns that are known.
        positive: the rule, if it is known.

    Raises:
        SourceError: it cannot be read, or a required column is not found, or could be several.
    """
    if not (table or columns or positive) and (source := _source(path)) != "table":
        return Seen(source)
    named = dict(columns or {})
    names = columns_of(path, named.values())
    table = table or _table(names, named)
    judged = ""
    if (
        table == "reviews"
        and not positive
        and not _fitting(names, "positive", table)
        and "positive" not in named
    ):
        judged = next((f"{name} >= 4" for name in names if name.lower() in _RATINGS), "")
    found = _guessed(path, names, table, named, without=["positive"] if positive or judged else [])
    return Seen("table", table, found, positive or judged)


def guess(file: Path, table: str, named: Mapping[str, str], *, positive: str = "") -> dict[str, str]:
    """The columns of a file by canonical name; only those with other names.

    Args:
        file: a table, or a folder of its files.
        table: "reviews", "games", "sequences" or "libraries".
        named: those that need no guess.
        positive: the rule that stands in place of the column of that name; empty if there is none.

    Raises:
        SourceError: the file cannot be read, or a required column is not found, or could be several.
    """
    there = columns_of(file, named.values())
    without = ["positive"] if positive else []
    found = _guessed(file, there, table, named, without)
    for name in TABLES[table].required:
        if name not in found and name not in there and name not in without:
            raise SourceError(
                f"{file}: no column looks like {name}: name it (--{'game-' * (table == 'games')}column"
                f" {name}=THEIRS); its columns are {', '.join(there)}"
            )
    return found


def columns_of(path: Path, named: Iterable[str]) -> Sequence[str]:
    """The names of a table's columns; those of objects also by dotted names.

    Args:
        path: a file, or a folder of such files.
        named: names that are known to be there.

    Raises:
        SourceError: it cannot be read.
    """
    known = {*named, *(name for table in TABLES.values() for name in table.names)}
    file, given = files_of(path)[0]
    kind = holds(file)
    if kind == "parquet":
        return [*parquet_columns(file), *given]
    if kind == "csv":
        header = CsvFile(file).header
        refuse_values(file, header, known)
        return [*header, *given]
    if kind == "json":
        rows = islice(read_json_lines(file), 100)
        keys = [key for _, row in rows if isinstance(row, dict) for key in nested_names(row)]
        return list(dict.fromkeys([*keys, *given]))
    return [*arrow_schema(file).names, *given]


def _guessed(
    file: Path, there: Sequence[str], table: str, named: Mapping[str, str], without: Sequence[str] = ()
) -> dict[str, str]:
    found = dict(named)
    for name in TABLES[table].names:
        if name in there or name in named or name in without:
            continue
        fitting = _fitting(there, name, table)
        if len(fitting) == 1 and (fitting[0] not in found.values()):
            found[name] = fitting[0]
        elif len(fitting) > 1 and name in TABLES[table].required:
            raise SourceError(
                f"{file}: {', '.join(fitting)} could all be {name}: name it"
                f" (--{'game-' * (table == 'games')}column {name}=THEIRS); its columns are {', '.join(there)}"
            )
    return found


def _fitting(there: Sequence[str], name: str, table: str) -> list[str]:
    if name in there:
        return [name]
    plain = {one: re.sub("[^a-z0-9]+", "_", one.lower()).strip("_") for one in there}
    others = SYNONYMS.get(name, "").split() + ["id"] * (table == "games" and name == "app_id")
    return [one for one in there if plain[one] == name] or [one for one in there if plain[one] in others]


def _table(names: Sequence[str], named: Mapping[str, str]) -> str:
    """The first table all of whose required columns are there; a rating is as good as a flag."""

    def has(table: str, *needed: str) -> bool:
        return all(name in named or _fitting(names, name, table) for name in needed)

    if not has("reviews", "user_id") and has("games", "app_id"):
        return "games"
    rated = any(name.lower() in _RATINGS for name in names)
    if has("reviews", "created_at") and (rated or has("reviews", "positive")):
        return "reviews"
    for table in ("libraries", "sequences"):
        if has(table, *TABLES[table].required):
            return table
    return "reviews"


def _source(path: Path) -> str:
    if path.is_dir():
        if (path / "manifest.json").exists() and (path / "reviews.parquet").exists():
            return "simulated"
        names = [one.name for one in path.iterdir()]
        if any(name.startswith(_UCSD) for name in names):
            return "ucsd"
        if "reviews_steamapi.parquet" in names:
            return "steam-api"
    file, _ = files_of(path)[0]
    if file.name == "reviews_steamapi.parquet":
        return "steam-api"
    if holds(file) != "json":
        return "table"
    _, line = next(read_lines(file))
    if isinstance(line, str) and re.match(r"\s*\{u?'", line):
        return "ucsd"
    _, record = next(read_json_lines(file), (0, None))
    return "steam-api" if isinstance(record, dict) and _is_steam(record) else "table"


def _is_steam(record: Mapping[str, Any]) -> bool:
    author = record.get("author")
    review = isinstance(author, dict) and "steamid" in author and "voted_up" in record
    return review or ("reviews" in record and bool({"query_summary", "success", "cursor"} & {*record}))
