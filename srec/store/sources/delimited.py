"""Reading CSV as a stream of rows: a stray quote costs its own line, not those after it."""

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from srec.errors import SourceError
from srec.store.sources.dialect import Dialect, dialect_of
from srec.store.sources.text import Reject, read_lines

#: Characters after which a row goes on to no further line: as many as ``csv`` takes in one value. Lines are
#: held until their row ends, and a quote that never ends must not gather the rest of the file.
LONGEST_ROW = 1 << 17
SEEN = 100  # lines that tell how the others are written

_TYPED = re.compile(r":(token|float)(_seq)?$")


class CsvFile:
    """A delimited text whose first row names the columns; read once, from its beginning to its end.

    Args:
        path: the file, however it is packed. Its first lines tell the separator and how quotes are escaped.

    Raises:
        SourceError: as for ``read_lines``, or the names cannot be read.
    """

    def __init__(self, path: Path) -> None:
        dialect = dialect_of(_first_lines(path))
        self._lines = _Lines(path, dialect)
        self._reader: Iterator[list[str]] = csv.reader(self._lines, **dialect.options())
        if dialect.says:
            self._next()
        self.header = names_of(self._header(path))
        self._lines.width = len(self.header)

    def rows(self, unbroken: Collection[int]) -> Iterator[tuple[int, list[str] | Reject]]:
        """The rows after the header, each with the number of its last line, counted from 1.

        Where a row of several lines cannot be right, its first line has the stray quote and is a reject; the
        next row begins on the line after it.

        Args:
            unbroken: the columns, counted from 0, whose values never hold a line break. A value that does
                lies between two stray quotes and has swallowed the rows between them.
        """
        while (fields := self._next()) is not None:
            wrong = fields if isinstance(fields, Reject) else self._wrong(fields, unbroken)
            if wrong is None:
                yield from self._lines.rejects()
                yield self._lines.row, fields
            elif self._lines.several:
                yield self._lines.give_back(), Reject("not CSV: a quote is opened and not closed")
            else:
                yield self._lines.row, wrong

    def _header(self, path: Path) -> list[str]:
        names = self._next()
        if isinstance(names, list):
            return names
        problem = f"line {self._lines.give_back()}: {names.reason}" if names else "it has only blank lines"
        raise SourceError(
            f"{path} has no readable header ({problem}): save it as UTF-8 text that begins with a line of the"
            " columns' names"
        )

    def _next(self) -> list[str] | Reject | None:
        try:
            return self._lines.begin() or next(self._reader, None)
        except csv.Error as error:
            return Reject(f"not CSV: {error}")

    def _wrong(self, fields: list[str], unbroken: Collection[int]) -> Reject | None:
        if len(fields) != len(self.header):
            return Reject(f"has {len(fields)} fields where the header has {len(self.header)}")
        if self._lines.several and any("\n" in fields[place].strip() for place in unbroken):
            return Reject("has a line break where none can be")
        return None


def _first_lines(path: Path) -> list[str]:
    """What the dialect is told by; a line that is cut or not text tells nothing."""
    lines = (line for _, line in islice(read_lines(path), SEEN) if isinstance(line, str))
    return [line for line in lines if len(line) < LONGEST_ROW]


def names_of(header: list[str]) -> list[str]:
    """The names of columns without blanks around them, and without RecBole's types ("user_id:token")."""
    names = [name.strip() for name in header]
    if all(_TYPED.search(name) for name in names):
        return [_TYPED.sub("", name) for name in names]
    return names


class _Lines:
    """A file's lines for ``csv.reader``: those of the current row are held; all but the first can go back."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._dialect = dialect
        self.width = LONGEST_ROW  # as good as none, until the header is read
        self._source = read_lines(path)
        self._again: deque[tuple[int, str | Reject]] = deque()
        self._held: list[tuple[int, str | Reject]] = []
        self._length = 0

    def begin(self) -> Reject | None:
        """Begin a row at the next line; a line that is a reject is the whole row."""
        self._held.clear()
        self._length = 0
        if not self._again:
            self._again.extend(islice(self._source, 1))
        if self._again and isinstance(reject := self._again[0][1], Reject):
            self._held.append(self._again.popleft())
            return reject
        return None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self._length <= LONGEST_ROW and not self._too_wide():
            row, line = self._again.popleft() if self._again else next(self._source)
            self._held.append((row, line))
            if isinstance(line, str):
                self._length += len(line)
                return line
            self._length += len(line.reason)
        raise csv.Error("the row does not end")

    @property
    def row(self) -> int:
        """The number of the last line of the current row."""
        return self._held[-1][0]

    @property
    def several(self) -> bool:
        """Whether the current row has more than one line."""
        return len(self._held) > 1

    def rejects(self) -> Iterator[tuple[int, Reject]]:
        """The lines within the current row that were skipped because they are not text."""
        return ((row, line) for row, line in self._held if isinstance(line, Reject))

    def give_back(self) -> int:
        """Put back all lines of the current row but the first; returns the number of the first."""
        (first, _), *others = self._held
        self._again.extendleft(reversed(others))
        return first

    def _too_wide(self) -> bool:
        """Whether the held lines have too many fields; looked at whenever their number has doubled.

        Otherwise a file in which every line closes a quote and opens another would be read on to the longest
        row, again and again.
        """
        count = len(self._held)
        if count < 16 or count & (count - 1):
            return False
        return len(next(self._rows())) > self.width

    def _rows(self) -> Iterator[list[str]]:
        lines = (line for _, line in self._held if isinstance(line, str))
        return csv.reader(lines, **self._dialect.options() | {"strict": False})
