"""Whole sessions and given test examples, as the files of the session-based papers have them.

A folder with ``train_sessions.parquet`` (column ``session``, a list of item ids from 1 on, whole sessions in
the order of time) and ``test_examples.parquet`` (``session`` and ``target``). The training examples are all
prefixes of the sessions. There are no times, no names and no metadata.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from srec.arrow import is_list, plain_lists
from srec.artifacts import is_current
from srec.dataset.dataset import Dataset, Ints
from srec.dataset.writing import KIND, VERSION, write_whole_sessions
from srec.errors import SourceError, first_line

TRAIN, TEST = "train_sessions.parquet", "test_examples.parquet"
_LARGEST_ITEM = 10_000_000


def digests(source: Path) -> dict[str, str]:
    """What names the content of a folder of sessions: SHA-256 by file.

    Raises:
        SourceError: a file is missing.
    """
    found = {}
    for name in (TRAIN, TEST):
        if not (source / name).is_file():
            raise SourceError(f"{source / name} is missing: a folder of sessions has {TRAIN} and {TEST}")
        with (source / name).open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def prepare_sessions(source: Path, target: Path, valid_share: float) -> Dataset:
    """Make the dataset directory of a folder of sessions, or find that it is up to date.

    Args:
        source: the folder of the two files.
        target: where the dataset directory shall appear.
        valid_share: the share of the training sessions, the latest whole ones, that is held out to
            validate on; 0 holds out none.

    Raises:
        SourceError: a file is missing or does not have what it should.
    """
    inputs = digests(source)
    parameters = {"valid_share": valid_share}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        return Dataset(target)
    train_items, train_lengths = _sessions(source / TRAIN)
    inputs_items, inputs_lengths = _sessions(source / TEST)
    targets = _integers(_column(source / TEST, "target"), source / TEST)
    items = np.concatenate((train_items, np.insert(inputs_items, np.cumsum(inputs_lengths), targets)))
    item_count = int(items.max())
    occurring = len(np.unique(items))
    if items.min() < 1 or item_count > _LARGEST_ITEM or occurring < item_count:
        raise SourceError(
            f"{source}: number the items 1, 2, ... without gaps, {_LARGEST_ITEM:,} at most: these go from"
            f" {items.min():,} to {item_count:,}, and {occurring:,} of them occur"
        )
    trained = len(train_lengths) - round(valid_share * len(train_lengths))
    write_whole_sessions(
        target,
        items,
        np.concatenate((train_lengths, inputs_lengths + 1)),
        trained=trained,
        known=len(train_lengths),
        test_from=inputs_lengths,
        app_ids=np.arange(item_count + 1),
        repeats=_repeats(train_items, train_lengths),
        inputs=inputs,
        parameters=parameters,
    )
    return Dataset(target)


def _repeats(items: Ints, lengths: Ints) -> bool:
    """Whether any session has an item twice."""
    pairs = np.repeat(np.arange(len(lengths)), lengths) * (_LARGEST_ITEM + 1) + items
    return len(np.unique(pairs)) < len(pairs)


def _sessions(file: Path) -> tuple[Ints, Ints]:
    """The items of all sessions in one array, and how many each has; every session has one at least."""
    column = _column(file, "session").combine_chunks()
    if not is_list(column.type) or column.null_count:
        raise SourceError(f"{file}: 'session' must be a list of item ids in every row")
    column = plain_lists(column)
    lengths = np.diff(column.offsets.to_numpy())
    if not len(lengths) or lengths.min() < 1:
        raise SourceError(f"{file} has an empty session, or none at all")
    return _integers(column.flatten(), file), lengths.astype(np.int64)


def _column(file: Path, name: str) -> Any:
    try:
        return pq.read_table(file).column(name)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise SourceError(f"{file} has no readable column {name!r}: {first_line(error)}") from error


def _integers(column: Any, file: Path) -> Ints:
    if not pa.types.is_integer(column.type) or column.null_count:
        raise SourceError(f"{file}: item ids must be whole numbers, none missing")
    values: Ints = column.to_numpy().astype(np.int64)
    return values
