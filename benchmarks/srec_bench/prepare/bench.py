"""Measures the group-by alone, the preparation, the group-by again, and opening the dataset."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from srec.environment import Environment
from srec.models.global_graph import global_graph
from srec.prepare.context import ContextSettings
from srec.prepare.engines.duckdb import prepare
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.simulate.world import SimulateSettings
from srec.store.connections.duckdb import quoted
from srec_bench.prepare.meter import Meter
from srec_bench.prepare.opening import open_dataset
from srec_bench.prepare.result import Prepared, PrepareResult, Rows
from srec_bench.processes import in_fresh_process, peak_bytes
from srec_bench.results import DatasetSize
from srec_bench.reviews import simulated_reviews

#: GCE-GNN's global graph: its window, and how many neighbours an item keeps.
WINDOW, NEIGHBOURS = 3, 12


def bench_prepare(
    reviews: int, work: Path, *, memory_limit: str, threads: int, say: Callable[[str], None]
) -> PrepareResult:
    """Prepare a simulation from Parquet to the finished dataset; each part has a process of its own.

    Args:
        reviews: how many to simulate, not counting edits.
        work: a folder for the simulation, which is kept, and the dataset, which is not.
        memory_limit: how much memory DuckDB may use before it spills, such as "3GB".
        threads: DuckDB's threads.
        say: called with a line about the current work.
    """
    source, target = work / f"reviews-{reviews}", work / f"dataset-{reviews}"
    say("simulating")
    simulated_reviews(source, SimulateSettings(reviews=reviews), memory_limit)
    shutil.rmtree(target, ignore_errors=True)
    file, scratch = source / "reviews.parquet", work / "group-by"
    say("the group-by alone, before")
    before = in_fresh_process(_group_by, file, scratch, memory_limit=memory_limit, threads=threads)
    say("preparing")
    prepared = in_fresh_process(_prepare, source, target, memory_limit=memory_limit, threads=threads)
    say("the group-by alone, after")
    after = in_fresh_process(_group_by, file, scratch, memory_limit=memory_limit, threads=threads)
    say("opening the dataset")
    opened = in_fresh_process(open_dataset, target)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    shutil.rmtree(target)
    return PrepareResult(
        environment=Environment.here("pyarrow"),
        reviews=reviews,
        memory_limit=memory_limit,
        threads=threads,
        source_bytes=file.stat().st_size,
        group_by_seconds=(before, after),
        prepared=prepared,
        times_the_group_by=prepared.seconds / ((before + after) / 2),
        opening=opened,
        dataset_bytes=size,
    )


def _group_by(reviews: Path, scratch: Path, *, memory_limit: str, threads: int) -> float:
    """DuckDB's seconds to put the latest review of each (user, game) into a table: verdict, date and id."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    with duckdb.connect(str(scratch / "work.duckdb")) as connection:
        connection.execute("SET memory_limit = $limit", {"limit": memory_limit})
        connection.execute("SET threads = $threads", {"threads": threads})
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        begun = time.perf_counter()
        connection.execute(
            "CREATE TABLE latest AS SELECT user_key, app_id, arg_max(positive, updated_at) AS positive,"
            " arg_max(created_at, updated_at) AS created_at, arg_max(review_id, updated_at) AS review_id"
            f" FROM read_parquet({quoted(reviews)}) GROUP BY user_key, app_id"
        )
        seconds = time.perf_counter() - begun
    shutil.rmtree(scratch)
    return seconds


def _prepare(source: Path, target: Path, *, memory_limit: str, threads: int) -> Prepared:
    begun = time.perf_counter()
    with Meter(target.parent) as meter:
        made = prepare(
            str(source),
            target,
            PrepareSettings(),
            tags=TagSettings(),
            context=ContextSettings(),
            memory_limit=memory_limit,
            threads=threads,
            note=lambda line: meter.step(line.partition(":")[0]),
        )
        meter.step("the dataset's checksums")
        items, _, sessions = made.sequences.learnable("train")
        global_graph(items, sessions, made.item_count, window=WINDOW, neighbours=NEIGHBOURS, seed=0)
        meter.step("global graph")
    return Prepared(
        seconds=time.perf_counter() - begun,
        peak_bytes=peak_bytes(),
        spilled_bytes=meter.most_spilled,
        steps=tuple(meter.steps),
        rows=tuple(Rows(**rows) for rows in made.manifest["steps"]),
        dataset=DatasetSize.of(made.manifest),
        average_length=made.manifest["statistics"]["average_length"],
    )
