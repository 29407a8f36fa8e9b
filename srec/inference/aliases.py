"""Other names of games: short ones, former ones, those of series, and games that people look for in vain.

A table has a line for each name: the name as the catalogue has it, a tab, and its other names with commas
between them. A name that ends with ``*`` is how the names of a series begin. The name ``-`` stands before
games that are not sold here, so that a search does not take another one for them. Lines that begin with ``#``
are comments. ``aliases.tsv`` beside this file is the table that is always read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from srec.errors import SRecError

TABLE = Path(__file__).with_name("aliases.tsv")


@dataclass(frozen=True)
class Aliases:
    """Other names, as they are written in tables.

    Attributes:
        names: (the name in the catalogue, another one).
        series: (how the names of a series begin, its short name).
        absent: games that are not sold here.
    """

    names: list[tuple[str, str]] = field(default_factory=list)
    series: list[tuple[str, str]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def read_aliases(tables: Iterable[Path] = ()) -> Aliases:
    """The other names of the table that comes with SRec, and of an owner's tables.

    Args:
        tables: the owner's.

    Raises:
        SRecError: a table cannot be read; one line names the file and the line.
    """
    read = Aliases()
    for path in (TABLE, *tables):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise SRecError(f"{path} cannot be read as a table of other names: {error}") from error
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, tab, others = (text.strip() for text in line.partition("\t"))
            given = [other.strip() for other in others.split(",") if other.strip()]
            if not (name and tab.strip("\t") == "" and given):
                raise SRecError(f"{path}, line {number}: write a name, a tab, and other names with commas")
            if name == "-":
                read.absent.extend(given)
            elif name.endswith("*"):
                read.series.extend((name[:-1].strip(), other) for other in given)
            else:
                read.names.extend((name, other) for other in given)
    return read
