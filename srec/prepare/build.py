"""A dataset directory from a store, on any engine: interactions and features together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from srec.artifacts import is_current, write_directory
from srec.dataset.dataset import Dataset
from srec.dataset.writing import KIND, VERSION
from srec.prepare.context import ContextSettings, write_context
from srec.prepare.engine import Engine
from srec.prepare.interactions import Note, PrepareSettings, choose, write_interactions
from srec.prepare.sequences import check_written
from srec.prepare.tags import TagSettings, write_tags
from srec.store.connections.duckdb import run_sql
from srec.store.stores.base import Described


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
    """Make a dataset directory, or find that it is up to date.

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
    parameters = {kind.section: kind.model_dump() for kind in (tags, context)}
    parameters = {settings.section: settings.recorded()} | parameters
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
                chosen.split,
                min_user_reviews=settings.min_user_reviews,
                min_game_reviews=settings.min_game_reviews,
            )
            note("every check of the written sessions holds")
            facts |= features.result()
        # A store has each game of a user once, so nobody repeats one.
        draft.facts = facts | {"simulated": reviews.simulated, "repeats": False}
    return Dataset(target)


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
    run_sql(connection, "srec.prepare", "prepare_tag_weight")
    run_sql(connection, "srec.prepare", "prepare_others")
    others = connection.execute("SELECT count(*) FROM others").fetchall()[0][0]
    if others:
        connection.execute(
            "COPY (SELECT * EXCLUDE place FROM others ORDER BY place) TO $file (FORMAT parquet)",
            {"file": str(target / "others.parquet")},
        )
        note(f"{others:,} further games of the catalogue have no reviews that count")
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
