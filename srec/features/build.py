"""``srec prepare``: a dataset directory from a store, interactions and features together."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from srec.artifacts import is_current, write_directory
from srec.data.dataset import KIND, VERSION, Dataset
from srec.data.engines.duckdb import DuckDBEngine
from srec.data.prepare import Note, PrepareSettings, prepare_interactions, tally
from srec.data.sequences import check_written
from srec.data.sql import run_sql
from srec.data.stores import open_reader
from srec.data.update import tally_changes
from srec.features.context import ContextSettings, write_context
from srec.features.tags import TagSettings, write_tags


def prepare(
    store: str,
    target: Path,
    settings: PrepareSettings,
    tags: TagSettings,
    context: ContextSettings,
    *,
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
        update: keep what was counted beside the dataset, and count only what changed since the last time.
        note: called with a line after each step.

    Raises:
        SRecError: the store is empty or damaged, or nothing is left after the filters.
    """
    parameters = {kind.section: kind.model_dump() for kind in (settings, tags, context)}
    with open_reader(store) as reader:
        inputs = {"store": reader.revision}
        if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
            note(f"{target} is up to date")
            return Dataset(target)
        with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
            with DuckDBEngine(reader, draft.path / "scratch", memory_limit, threads) as engine:
                if update:
                    state = target.with_name(f"{target.name}.state.duckdb")
                    count: Callable[..., None] = partial(
                        tally_changes, reader=reader, settings=settings, state=state
                    )
                else:
                    count = partial(tally, latest=reader.latest, settings=settings)
                draft.facts = prepare_interactions(engine, count, draft.path, settings, note)
                draft.facts |= _write_features(engine.catalogue, draft.path, tags, context, note)
                draft.facts |= {"simulated": reader.simulated, "repeats": False}
            check_written(
                draft.path,
                {name: _seconds(moment) for name, moment in draft.facts["split"].items()},
                min_user_reviews=settings.min_user_reviews,
                min_game_reviews=settings.min_game_reviews,
            )
            note("every check of the written dataset holds")
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
    run_sql(connection, "prepare_games")
    connection.execute(
        "COPY (SELECT * FROM catalogue ORDER BY item) TO $file (FORMAT parquet)",
        {"file": str(target / "games.parquet")},
    )
    item_count = connection.execute("SELECT count(*) FROM catalogue").fetchall()[0][0]
    rows = run_sql(connection, "prepare_tags").fetchnumpy()
    tag_facts = write_tags(
        target / "tags", rows["item"], rows["tag"].tolist(), rows["weight"], item_count, tags
    )
    error = tag_facts.get("relative_reconstruction_error")
    note(
        f"tags: {tag_facts['tags']} tags, {tag_facts['items_without_tags']} games without any"
        + (f", factorised with a relative error of {error:.3f}" if error is not None else "")
    )
    pairs = run_sql(connection, "prepare_context").fetchall()
    counts = write_context(target / "context", pairs, item_count, context)
    note("context: " + ", ".join(f"{count} of {kind}" for kind, count in counts.items()))
    return {"tags": tag_facts, "context": counts}
