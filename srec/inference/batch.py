"""``srec batch``: answers for millions of lists, in bounded memory, resumable at any kill."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from srec.arrow import is_list
from srec.errors import SourceError, SRecError, first_line
from srec.inference.recommender import Recommender
from srec.partial import begin, finish, hold

LISTS = 16_384  # answered and written at a time, or fewer long answers: so much work is lost by a kill
GAMES = 100 * LISTS  # of all answers that are made at a time
LIKED = "liked"
ANSWER = ("app_ids", "scores")
_OURS = b"srec.answers"  # a key of the file's metadata: only a file that has it is replaced


def count_rows(source: Path) -> int:
    """How many lists a file has.

    Args:
        source: Parquet.

    Raises:
        SourceError: it cannot be read.
    """
    return int(_open(source).metadata.num_rows)


def answer_file(
    recommender: Recommender,
    source: Path,
    target: Path,
    *,
    k: int,
    watch: Callable[[int], None] = lambda done: None,
) -> int:
    """Write the best games for each list of a file; after an interrupt, the same call goes on.

    Finished parts lie beside the target until all are done; then the target appears whole.

    Args:
        recommender: it answers.
        source: Parquet with a column "liked", lists of app ids; other columns are kept.
        target: the file to write: the other columns, "app_ids" (list of int64) and "scores" (list of
            float64), best first. It replaces answers that were written before, and nothing else.
        k: the most games for each list; all of the catalogue at most.
        watch: called with the number of lists that are done.

    Returns:
        The number of lists.

    Raises:
        SourceError: the source cannot be read, lacks the column, has one that the answer needs, or is the
            target itself; or the target is something else than answers.
        ArtifactError: what lies beside the target as unfinished work is something else.
        SRecError: another process writes the same target.
    """
    if source.resolve() == target.resolve():
        raise SourceError(f"the answers would replace the lists of {source}: name another target")
    _check_target(target)
    file = _open(source)
    schema = _answer_schema(file.schema_arrow, source)
    k = min(k, len(recommender.bundle.games))
    lists = max(1, min(LISTS, GAMES // k))
    parts = target.with_name(f"{target.name}.partial")
    made_of = {"source": _digest(source), "bundle": recommender.bundle.fingerprint, "k": k, "lists": lists}
    with ExitStack() as held:
        if not hold(parts, held):
            raise SRecError(f"another process is writing {target}: wait for it, or name another target")
        begin(parts, made_of)
        done = 0
        for number, given in enumerate(_lists(file, lists, source)):
            part = parts / f"{number:06}.parquet"
            if not part.exists():
                draft = part.with_suffix(".draft")
                pq.write_table(_answered(recommender, given, k, schema), draft)
                draft.rename(part)
            done += given.num_rows
            watch(done)
        draft = parts / "whole.draft"
        with pq.ParquetWriter(draft, schema) as writer:
            for part in sorted(parts.glob("*.parquet")):
                writer.write_table(pq.read_table(part))
        _check_target(target)  # something else may have come there meanwhile
        draft.rename(target)
        finish(parts)
    return done


def _check_target(target: Path) -> None:
    """Refuse to replace anything but answers."""
    if not os.path.lexists(target):
        return
    try:
        ours = _OURS in (pq.read_schema(target).metadata or {})
    except (OSError, pa.ArrowException):
        ours = False
    if not ours:
        raise SourceError(f"{target} exists and has no answers of srec batch: move it away or name another")


def _open(source: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source)
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{source} cannot be read as Parquet: {first_line(error)}") from error


def _lists(file: pq.ParquetFile, count: int, source: Path) -> Iterator[pa.RecordBatch]:
    try:
        for batch in file.iter_batches(count):
            batch.validate(full=True)
            yield batch
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{source} is damaged: {first_line(error)}") from error


def _answer_schema(given: pa.Schema, source: Path) -> pa.Schema:
    """The columns of the answer."""
    if twice := [name for name in dict.fromkeys(given.names) if given.names.count(name) > 1]:
        raise SourceError(f"{source} has more than one column {', '.join(twice)}: rename all but one")
    kind = given.field(LIKED).type if LIKED in given.names else None
    if kind is None or not is_list(kind):
        raise SourceError(f"{source} has no column {LIKED} of lists: it has {', '.join(given.names)}")
    if not pa.types.is_integer(kind.value_type):
        raise SourceError(f"the column {LIKED} of {source} must hold lists of integers, the app ids")
    for name in ANSWER:
        if name in given.names:
            raise SourceError(f"{source} has a column {name}, a name that the answer needs: rename it")
    kept = [field for field in given if field.name != LIKED]
    answer = [pa.field(ANSWER[0], pa.list_(pa.int64())), pa.field(ANSWER[1], pa.list_(pa.float64()))]
    return pa.schema(kept + answer, {_OURS: b"1"})


def _answered(recommender: Recommender, given: pa.RecordBatch, k: int, schema: pa.Schema) -> pa.Table:
    lists = [[one for one in liked or () if one is not None] for liked in given.column(LIKED).to_pylist()]
    found = recommender.recommend_batch(lists, k=k)
    answer = [column.combine_chunks() for column in found.to_arrow().columns]
    kept = [given.column(field.name) for field in schema if field.name not in ANSWER]
    return pa.Table.from_arrays(kept + answer, schema=schema)


def _digest(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
