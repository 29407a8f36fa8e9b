"""Preparation at Steam's size, beside the one group-by that nobody can do without."""

import resource
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import duckdb
from rich.table import Table

from srec.environment import environment
from srec.models.global_graph import global_graph
from srec.prepare.build import prepare
from srec.prepare.context import ContextSettings
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.simulate.world import SimulateSettings
from srec.store.connections.duckdb import quoted
from srec_bench.opening import open_dataset
from srec_bench.processes import alone, peak_bytes
from srec_bench.reviews import simulated_reviews

#: The graph that GCE-GNN counts: its window, and how many neighbours an item keeps.
WINDOW, NEIGHBOURS = 3, 12
_SAMPLED_EVERY = 0.05  # seconds


def bench_prepare(
    reviews: int, work: Path, memory_limit: str, threads: int, watch: Callable[[str], None]
) -> dict[str, Any]:
    """Prepare a simulation from Parquet to the finished dataset; each part in a process of its own.

    Args:
        reviews: how many to simulate, not counting edits.
        work: a folder for the simulation, which is kept, and the dataset, which is not.
        memory_limit: what DuckDB may use before it spills, such as "3GB".
        threads: DuckDB's threads.
        watch: called with what is being done.

    Returns:
        the seconds of the group-by (before and after), of each step and in all, peak memory, what was
        spilled, and what opening the dataset costs.
    """
    source, target = work / f"reviews-{reviews}", work / f"dataset-{reviews}"
    watch("simulating")
    simulated_reviews(source, SimulateSettings(reviews=reviews), memory_limit)
    shutil.rmtree(target, ignore_errors=True)
    file = source / "reviews.parquet"
    measured: dict[str, Any] = {"reviews": reviews, "memory_limit": memory_limit, "threads": threads}
    measured["source_bytes"] = file.stat().st_size
    group_by = (file, work / "group-by", memory_limit, threads)
    watch("the group-by alone, before")
    before = alone(_group_by, *group_by)
    watch("preparing")
    prepared = alone(_prepare, source, target, memory_limit, threads)
    watch("the group-by alone, after")
    after = alone(_group_by, *group_by)
    watch("opening the dataset")
    opened = alone(open_dataset, target)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    shutil.rmtree(target)
    return {
        **measured,
        "group_by_seconds": [before, after],
        **prepared,
        "times_the_group_by": prepared["seconds"] / ((before + after) / 2),
        "opening": opened,
        "dataset_bytes": size,
        "environment": environment("pyarrow"),
    }


def table(found: dict[str, Any]) -> Table:
    """The steps, for the terminal."""
    rows = Table("step", title=f"{found['reviews']:,} reviews, {found['memory_limit']}")
    for name in ("seconds", "peak GB", "spilled GB"):
        rows.add_column(name, justify="right")
    for step in found["steps"]:
        numbers = (step["seconds"], step["peak_bytes"] / 1e9, step["spilled_bytes"] / 1e9)
        rows.add_row(step["step"], *(f"{number:,.2f}" for number in numbers))
    rows.add_section()
    peak, spilled = found["peak_bytes"] / 1e9, found["spilled_bytes"] / 1e9
    rows.add_row("in all", f"{found['seconds']:,.1f}", f"{peak:.2f}", f"{spilled:.2f}")
    before, after = found["group_by_seconds"]
    rows.add_row("the group-by alone, before and after", f"{before:.1f}, {after:.1f}", "", "")
    rows.add_row("times the group-by", f"{found['times_the_group_by']:.2f}", "", "")
    opened = found["opening"]
    rows.add_row("opening the dataset", f"{opened['seconds']:.3f}", f"{opened['peak_bytes'] / 1e9:.2f}", "")
    return rows


def _group_by(reviews: Path, scratch: Path, memory_limit: str, threads: int) -> float:
    """Seconds of DuckDB for the latest review of each (user, game), verdict, date and id, into a table."""
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


def _prepare(source: Path, target: Path, memory_limit: str, threads: int) -> dict[str, Any]:
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
        global_graph(items, sessions, made.item_count, WINDOW, NEIGHBOURS, seed=0)
        meter.step("global graph")
    facts = made.manifest["statistics"]
    return {
        "seconds": time.perf_counter() - begun,
        "peak_bytes": peak_bytes(),
        "spilled_bytes": meter.most_spilled,
        "steps": meter.steps,
        "rows": made.manifest["steps"],
        "dataset": {name: facts[name] for name in ("users", "items", "interactions", "average_length")},
    }


class Meter:
    """Seconds, peak memory and spilled bytes of each step of this process; a context manager.

    Args:
        folder: where the files that spill lie, in folders named ``spill``.
    """

    def __init__(self, folder: Path) -> None:
        self.steps: list[dict[str, Any]] = []
        self.most_spilled = 0
        self._folder, self._stop = folder, threading.Event()
        self._peak = self._spilled = 0
        self._begun = time.perf_counter()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def step(self, name: str) -> None:
        """What is done since the last call was this."""
        now = time.perf_counter()
        numbers = {
            "seconds": now - self._begun,
            "peak_bytes": max(self._peak, _resident()),
            "spilled_bytes": self._spilled,
        }
        self.steps.append({"step": name, **numbers})
        self._begun, self._peak, self._spilled = now, 0, 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLED_EVERY):
            self._peak = max(self._peak, _resident())
            self._spilled = max(self._spilled, self._size())
            self.most_spilled = max(self.most_spilled, self._spilled)

    def _size(self) -> int:
        size = 0
        for file in self._folder.glob(".*.draft/scratch/spill/*"):
            try:
                size += file.stat().st_blocks * 512
            except FileNotFoundError:  # it was removed meanwhile
                continue
        return size


def _resident() -> int:
    """Bytes of this process in memory. Linux only."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
