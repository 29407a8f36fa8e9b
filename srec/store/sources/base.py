"""What every source does: it says what it is, and yields its files as batches of raw columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Part:
    """Rows for one canonical table.

    The batches' columns are named as in the table (``user_id`` raw), of any castable type; those that the
    source does not know are absent. Three more are always there: ``file`` (string), ``row`` (int64,
    counted from 1 in the file) and ``reject`` (string; for a row that could not even be read, why).

    ``partial`` says that these are a few rows of something that comes piece by piece, as a crawl's pages
    do: all of them may be bad. Where all rows of a file are bad, it is not what it claims: that is an error.
    """

    table: str
    batches: Iterator[pa.RecordBatch]
    partial: bool = False


class Source(Protocol):
    """A way to get reviews and games in. Reading streams: memory does not grow with the source."""

    name: ClassVar[str]

    @property
    def simulated(self) -> bool:
        """Whether its rows come from a simulation: a store holds only such rows, or none."""
        ...

    @property
    def path(self) -> Path:
        """Where it reads."""
        ...

    def parts(self) -> Iterator[Part]:
        """Its rows, table by table.

        Raises:
            SourceError: it is not what it claims.
        """
        ...
