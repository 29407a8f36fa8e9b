"""Which column of a table is which, guessed from its name."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq

from srec.errors import SourceError
from srec.store.schema import TABLES
from srec.store.sources.delimited import CsvFile
from srec.store.sources.mapping import SYNONYMS
from srec.store.sources.text import read_json_lines


def guess(file: Path, table: str, named: Mapping[str, str]) -> dict[str, str]:
    """The columns of a file by canonical name; only those with other names.

    Args:
        file: .csv, .jsonl, .ndjson or .parquet.
        table: "reviews" or "games".
        named: those that need no guess.

    Raises:
        SourceError: the file cannot be read, or a required column is not found, or could be several.
    """
    there = _columns(file)
    plain = {name: re.sub("[^a-z0-9]+", "_", name.lower()).strip("_") for name in there}
    found = dict(named)
    for name in TABLES[table].names:
        if name in there or name in named:
            continue
        others = SYNONYMS.get(name, "").split() + ["id"] * (table == "games" and name == "app_id")
        fitting = [one for one in there if plain[one] == name]
        fitting = fitting or [one for one in there if plain[one] in others]
        if len(fitting) == 1:
            found[name] = fitting[0]
        elif name in TABLES[table].required:
            said = f"{', '.join(fitting)} could all be" if fitting else "no column looks like"
            raise SourceError(
                f"{file}: {said} {name}: name it (--{'game-' * (table == 'games')}column {name}=THEIRS); its"
                f" columns are {', '.join(there)}"
            )
    return found


def _columns(file: Path) -> Sequence[str]:
    name = file.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        try:
            return list(pq.read_schema(file).names)
        except (OSError, ValueError) as error:
            raise SourceError(f"{file} cannot be read: {error}") from error
    if name.endswith(".csv"):
        return CsvFile(file).header
    rows = islice(read_json_lines(file), 100)
    return list(dict.fromkeys(key for _, row in rows if isinstance(row, dict) for key in row))
