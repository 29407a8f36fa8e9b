"""A table in memory, of pandas, polars, DuckDB, PyArrow: what speaks Arrow's PyCapsule interface."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import pyarrow as pa

from srec.errors import SourceError
from srec.store.schema import Table
from srec.store.sources.base import Part
from srec.store.sources.parquet import BATCH, canonical, choose_columns
from srec.store.sources.records import to_batches
from srec.store.sources.tabular import as_records, mapped_table


@runtime_checkable
class ArrowTable(Protocol):
    """What a table in memory has; see Arrow's documentation of the PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule with the table's rows."""
        ...


@dataclass(frozen=True)
class MemorySource:
    """One table in memory that holds reviews or games.

    Args:
        rows: the table.
        table: "reviews" or "games".
        columns: canonical name to the table's; a column not named here goes by its canonical name.
        label: what messages and rejects call it; the rejects of a label are those of its last ingestion.
    """

    rows: ArrowTable
    table: str = "reviews"
    columns: Mapping[str, str] = field(default_factory=dict)
    label: str = "a table in memory"
    name: ClassVar[str] = "table"
    simulated: ClassVar[bool] = False

    @property
    def path(self) -> Path:
        """The label."""
        return Path(self.label)

    def parts(self) -> Iterator[Part]:
        """The table's rows."""
        table = mapped_table(self.table, self.columns)
        batches = self._batches(table)
        yield Part(table.name, to_batches(table, as_records(batches)) if table.name == "games" else batches)

    def _batches(self, table: Table) -> Iterator[pa.RecordBatch]:
        try:
            reader = pa.RecordBatchReader.from_stream(self.rows)
            chosen = choose_columns(self.path, table, columns=self.columns, available=reader.schema.names)
            wanted = list(dict.fromkeys(chosen.values()))
            row = 1
            for batch in reader:
                for at in range(0, len(batch), BATCH):
                    piece = batch.select(wanted).slice(at, BATCH)
                    yield canonical(self.path, piece, chosen=chosen, row=row)
                    row += len(piece)
        except pa.ArrowException as error:
            raise SourceError(f"{self.label} cannot be read: {error}") from error
