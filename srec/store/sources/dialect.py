"""How a delimited text is written: its separator, its escapes, and whether its first line says so."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class Dialect:
    """How the values of a line are told apart.

    Attributes:
        delimiter: between two values.
        escape: before a quote that is part of a value; None where such a quote is doubled.
        says: whether the first line only names the separator, as spreadsheets write it ("sep=;").
    """

    delimiter: str = ","
    escape: str | None = None
    says: bool = False

    def options(self) -> dict[str, Any]:
        """What ``csv.reader`` takes."""
        return {
            "delimiter": self.delimiter,
            "escapechar": self.escape,
            "skipinitialspace": True,
            "strict": True,
        }


def dialect_of(lines: Sequence[str]) -> Dialect:
    """How the first lines of a text are written; a table of one column has commas.

    Args:
        lines: the first lines, the blank ones left out.
    """
    first = lines[0].strip() if lines else ""
    if first.lower().startswith("sep=") and len(first) <= 5:
        # A separator that is a tab is stripped with the line's end.
        return Dialect(first[4:] or "\t", _escape(lines[1:], first[4:] or "\t"), says=True)
    delimiter = max(SEPARATORS, key=lambda one: _fit(lines, Dialect(one)))
    return Dialect(delimiter, _escape(lines, delimiter))


def _escape(lines: Sequence[str], delimiter: str) -> str | None:
    if not any('\\"' in line for line in lines):
        return None
    doubled, escaped = Dialect(delimiter), Dialect(delimiter, "\\")
    return "\\" if _fit(lines, escaped) > _fit(lines, doubled) else None


def _fit(lines: Sequence[str], dialect: Dialect) -> tuple[float, int]:
    """The share of rows as wide as the header, and that width; nothing where it is one value."""
    width, good, all_ = 0, 0, 0
    rows = csv.reader(lines, **dialect.options())
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            all_ += 1
            continue
        if row is None:
            break
        width = width or len(row)
        all_, good = all_ + 1, good + (len(row) == width)
    return (good / all_, width) if width > 1 else (0.0, 0)
