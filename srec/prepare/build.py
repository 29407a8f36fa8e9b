"""``srec prepare``: a dataset directory from a store, interactions and features together."""

import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from srec.artifacts import is_current, write_directory
from srec.dataset.dataset import Dataset
from srec.dataset.writing import KIND, VERSION
from srec.prepare.context import ContextSettings, write_context
from srec.prepare.engines.base import Engine
from srec.prepare.engines.duckdb import DuckDBEngine
from srec.prepare.interactions import Note, PrepareSettings, choose, tally, write_interactions
from srec.prepare.sequences import check_written
from srec.prepare.tags import TagSettings, write_tags
from srec.prepare.update import tally_changes
from srec.store.connections.duckdb import run_sql
from srec.store.stores import open_reader
from srec.store.stores.base import Described


def prepare(
    store: str,
    target: Path,
    settings: PrepareSettings,
    *,
    tags: TagSettings,
    context: ContextSettings,
    memory_limit: str = "2GB",
    threads: int | None = None,
    update: bool = False,
    note: Note = lambda line: None,
) -> Dataset:
    """Make the dataset directory of a store, or find that it is up to date.

    Args:
        store: the store, as ``open_reader`` takes it.
        target: where the dataset directory shall appear.
        settings: filters and windows.
        tags: the factorisation of the tags.
        context: the pooling of metadata.
        memory_limit: what DuckDB may use before it spills to disk, such as "2GB".
        threads: DuckDB's threads; all cores where None.
        update: keep the counts beside the dataset, and count only what changed since the last time.
        note: called with a line after each step.

    Raises:
        ArtifactError: ``target`` exists and is not a dataset.
        SRecError: the store is empty or damaged, or nothing is left after the filters.
    """
    with open_reader(store) as reader:

        def engine(scratch: Path) -> Engine:
            return DuckDBEngine(reader, scratch, memory_limit=memory_limit, threads=threads)

        count: Callable[..., None] = partial(tally, latest=reader.latest, settings=settings)
        if update:
            state = target.with_name(f"{target.name}.state.duckdb")
            count = partial(tally_changes, reader=reader, settings=settings, state=state)
        return build(
            reader,
            engine,
            count,
            target=target,
            settings=settings,
            tags=tags,
            context=context,
            note=note,
        )


def prepare_on_spark(
    where: str,
    target: Path,
    settings: PrepareSettings,
    *,
    tags: TagSettings,
    context: ContextSettings,
    master: str,
    scratch: str | None = None,
    note: Note = lambda line: None,
) -> Dataset:
    """As ``prepare``, on Spark; the dataset is the same.

    Args:
        where: a folder as ``srec store export`` writes it, as all of Spark's workers see it; a path or URL.
        target: where the dataset directory shall appear, on this machine.
        settings: filters and windows.
        tags: the factorisation of the tags.
        context: the pooling of metadata.
        master: Spark's master, or the URL of a Spark Connect server.
        scratch: a folder for intermediate tables, as all workers see it; where None, one beside the dataset.
        note: called with a line after each step.

    Raises:
        MissingLibrary: the extra is not installed.
        SRecError: as ``prepare``; Spark does not start, or cannot read the folder.
    """
    from srec.prepare.engines.spark import SparkEngine

    own = target.absolute().with_name(f".{target.name}.spark")
    try:
        with SparkEngine(where, master, f"{scratch or own}/srec-{secrets.token_hex(4)}") as engine:
            count = partial(tally, latest=engine.latest, settings=settings)
            return build(
                engine,
                lambda _: engine,
                count,
                target=target,
                settings=settings,
                tags=tags,
                context=context,
                note=note,
            )
    finally:
        shutil.rmtree(own, ignore_errors=True)


def build(
    reviews: Described,
    engine: Callable[[Path], Engine],
    count: Callable[..., None],
    *,
    target: Path,
    settings: PrepareSettings,
    tags: TagSettings,
    context: ContextSettings,
    note: Note,
) -> Dataset:
    """As ``prepare``, on any engine.

    Args:
        reviews: what the engine reads.
        engine: opens the engine, given a folder for scratch.
        count: does what ``tally`` does, on the engine.
        target: where the dataset directory shall appear.
        settings: filters and windows.
        tags: the factorisation of the tags.
        context: the pooling of metadata.
        note: called with a line after each step.

    Raises:
        ArtifactError: ``target`` exists and is not a dataset.
        SRecError: nothing is left after the filters, or the dataset breaks a rule of its own.
    """
    parameters = {kind.section: kind.model_dump() for kind in (settings, tags, context)}
    inputs = {"store": reviews.revision}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        note(f"{target} is up to date")
        return Dataset(target)
    with (
        write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft,
        engine(draft.path / "scratch") as opened,
    ):
        chosen = choose(opened, count, settings=settings, note=note)
        # The factorisation keeps one core busy for a while; meanwhile the others number and sort.
        with opened.catalogue.cursor() as catalogue, ThreadPoolExecutor(1) as beside:
            features = beside.submit(_write_features, catalogue, draft.path, tags, context, note)
            facts = write_interactions(opened, chosen, draft.path)
            check_written(
                draft.path,
                {name: _seconds(moment) for name, moment in facts["split"].items()},
                min_user_reviews=settings.min_user_reviews,
                min_game_reviews=settings.min_game_reviews,
            )
            note("every check of the written sessions holds")
            facts |= features.result()
        draft.facts = facts | {"simulated": reviews.simulated, "repeats": False}
    return Dataset(target)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())


def _write_features(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    tags: TagSettings,
    context: ContextSettings,
    note: Note,
) -> dict[str, Any]:
    run_sql(connection, "srec.prepare", "prepare_games")
    connection.execute(
        "COPY (SELECT * FROM catalogue ORDER BY item) TO $file (FORMAT parquet)",
        {"file": str(target / "games.parquet")},
    )
    item_count = connection.execute("SELECT count(*) FROM catalogue").fetchall()[0][0]
    rows = run_sql(connection, "srec.prepare", "prepare_tags").fetchnumpy()
    tag_facts = write_tags(
        target / "tags",
        tags,
        items=rows["item"],
        tags=rows["tag"].tolist(),
        weights=rows["weight"],
        item_count=item_count,
    )
    error = tag_facts.get("relative_reconstruction_error")
    note(
        f"tags: {tag_facts['tags']} tags, {tag_facts['items_without_tags']} games without any"
        + (f", factorised with a relative error of {error:.3f}" if error is not None else "")
    )
    pairs = run_sql(connection, "srec.prepare", "prepare_context").fetchall()
    counts = write_context(target / "context", pairs, item_count=item_count, settings=context)
    note("context: " + ", ".join(f"{count} of {kind}" for kind, count in counts.items()))
    return {"tags": tag_facts, "context": counts}
