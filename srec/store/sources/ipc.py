"""Reading Arrow's own files and streams, Feather among them, as batches under canonical names."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from srec.errors import SourceError, first_line
from srec.store.schema import Table
from srec.store.sources.mapping import choose_columns
from srec.store.sources.parquet import BATCH, canonical, nested_columns


def arrow_schema(path: Path) -> pa.Schema:
    """The columns of an Arrow file or stream.

    Raises:
        SourceError: it is neither.
    """
    try:
        with pa.OSFile(str(path)) as file:
            return _reader(file).schema
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is not a readable Arrow file: {first_line(error)}") from error


def read_arrow(
    path: Path, table: Table, columns: Mapping[str, str], *, given: Mapping[str, str | None]
) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows, as ``read_parquet`` does.

    Raises:
        SourceError: as for ``read_parquet``.
    """
    schema = arrow_schema(path)
    chosen = choose_columns(path, table, columns=columns, available=[*nested_columns(schema), *given])
    row = 1
    try:
        with pa.OSFile(str(path)) as file:
            reader = _reader(file)
            count = getattr(reader, "num_record_batches", None)
            batches = reader if count is None else map(reader.get_batch, range(count))
            for batch in batches:
                batch.validate()
                for at in range(0, len(batch), BATCH):
                    piece = batch.slice(at, BATCH)
                    yield canonical(path, piece, chosen=chosen, row=row, given=given)
                    row += len(piece)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is damaged after row {row - 1:,}: {first_line(error)}") from error


def _reader(file: pa.NativeFile) -> pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader:
    start = file.read(6)
    file.seek(0)
    return pa.ipc.open_file(file) if start == b"ARROW1" else pa.ipc.open_stream(file)
