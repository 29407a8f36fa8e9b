"""A table in memory with Arrow's PyCapsule interface, such as those of pandas, polars, DuckDB and PyArrow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import pyarrow as pa

from srec.errors import SourceError, first_line
from srec.store.sources.base import Part
from srec.store.sources.tabular import Rule, part_of, renamed

UNNAMED = "a table in memory"


@runtime_checkable
class ArrowTable(Protocol):
    """A table in memory; see Arrow's documentation of the PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule with the table's rows."""
        ...


@dataclass(frozen=True)
class MemorySource:
    """One table in memory that holds rows of one canonical table.

    Args:
        rows: the table.
        table: "reviews", "games", "sequences" or "libraries".
        columns: the table's names by canonical name; other columns have their canonical names.
        label: its name in messages and rejects; a store keeps the rejects of a label's last ingestion.
        simulated: whether its rows come from a simulation.
        positive: as for ``TableSource``.
    """

    rows: ArrowTable
    table: str = "reviews"
    columns: Mapping[str, str] = field(default_factory=dict)
    label: str = UNNAMED
    simulated: bool = False
    positive: str = ""
    name: ClassVar[str] = "table"

    @property
    def path(self) -> Path:
        """The label."""
        return Path(self.label)

    def parts(self) -> Iterator[Part]:
        """The table's rows."""
        rule = Rule.of(self.table, self.columns, self.positive)
        yield part_of(rule.table, rule.judged(self._batches(rule)))

    def _batches(self, rule: Rule) -> Iterator[pa.RecordBatch]:
        try:
            reader = pa.RecordBatchReader.from_stream(self.rows)
            yield from renamed(self.path, rule.table, rule.columns, names=reader.schema.names, batches=reader)
        except pa.ArrowException as error:
            raise SourceError(f"{self.label} cannot be read: {first_line(error)}") from error
