"""Simulated reviews of any size, in the form of a store's export; preparation is measured on them."""

import shutil
from pathlib import Path

from srec.artifacts import is_current, write_directory
from srec.simulate.world import SCHEMA, SimulateSettings, simulate
from srec.store.connections.duckdb import quoted
from srec.store.connections.scratch import scratch
from srec.store.schema import GAMES, REVIEWS
from srec.store.stores.parquet import KIND, VERSION


def simulated_reviews(target: Path, settings: SimulateSettings, memory_limit: str) -> None:
    """Write the reviews and games of a simulated world as an export, unless it exists.

    Users have 64-bit keys, like hashed ones. Rows are sorted by game and then time, the order of a crawl, and
    edited reviews come twice.

    Args:
        target: the directory to write, completely or not at all.
        settings: the world's settings.
        memory_limit: how much memory DuckDB may use before it spills.
    """
    parameters = settings.model_dump(mode="json")
    if is_current(target, KIND, VERSION, inputs={}, parameters=parameters):
        return
    world = target.with_name(f"{target.name}.world")
    simulate(world, settings)
    columns = ", ".join(
        f"{column.name if column.name in SCHEMA.names else 'NULL'}::{column.type} AS {column.name}"
        for column in REVIEWS.columns[1:]
    )
    games = ", ".join(column.name for column in GAMES.columns)
    with (
        write_directory(target, KIND, VERSION, parameters=parameters) as draft,
        scratch(memory_limit, None, otherwise=f"{target} is not written") as connection,
    ):
        connection.execute(
            f"COPY (SELECT CAST(hash(user_id)::HUGEINT - 9223372036854775808 AS BIGINT) AS user_key,"
            f" {columns}, 1::BIGINT AS batch FROM read_parquet({quoted(world / 'reviews.parquet')})"
            f" ORDER BY app_id, created_at) TO {quoted(draft.path / 'reviews.parquet')}"
        )
        connection.execute(
            f"COPY (SELECT {games} FROM read_parquet({quoted(world / 'games.parquet')}) ORDER BY app_id)"
            f" TO {quoted(draft.path / 'games.parquet')}"
        )
        query = f"SELECT count(*) FROM read_parquet({quoted(draft.path / 'reviews.parquet')})"
        rows = connection.execute(query).fetchall()[0][0]
        revision = f"simulated-{settings.seed}-{settings.reviews}"
        draft.facts |= {"simulated": True, "latest": False, "revision": revision, "rows": rows}
    shutil.rmtree(world)
