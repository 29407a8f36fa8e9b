"""Measures the same steps with the store and with a DuckDB file.

Each step runs in a process of its own, so that its peak memory is its own too, without that of a database
server. The DuckDB file goes through the same steps in the same run, so that the ratios are fair.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from srec.artifacts import read_manifest
from srec.environment import Environment
from srec.errors import SRecError
from srec.simulate.world import SimulateSettings, simulate
from srec.store.connections import shown
from srec.store.connections.scratch import scratch
from srec.store.sources.simulated import SimulatedSource
from srec.store.stores import open_reader, open_store
from srec.store.stores.inspection import export, size
from srec.store.stores.integrity import check_tables
from srec.store.stores.parquet import KIND, VERSION
from srec_bench.processes import in_fresh_process, peak_bytes
from srec_bench.store.result import StoreCost, StoreResult, StoreStep

STEPS = ("ingest", "ingest again", "read", "export", "verify")


def bench_store(
    where: str, reviews: int, work: Path, *, memory_limit: str, say: Callable[[str], None]
) -> StoreResult:
    """Take simulated reviews through a store, and through a DuckDB file.

    Args:
        where: an empty or missing store: a path or a postgresql:// URL.
        reviews: how many to simulate.
        work: the folder for the simulated world, which is kept, and for temporary files.
        memory_limit: how much memory DuckDB may use in each step before it spills.
        say: called with a line about the current work.

    Raises:
        SRecError: the store is not empty, or breaks a rule.
    """
    say("simulating")
    simulate(work / f"world-{reviews}", SimulateSettings(reviews=reviews))
    kind = shown(where).partition("://")[0] if "://" in where else "duckdb"
    _refuse_full(where)
    beside = work / "beside.duckdb"
    beside.unlink(missing_ok=True)
    measured = {}
    for store, name in ((where, kind), (str(beside), "beside")):
        steps = {}
        for step in STEPS:
            say(f"{name}: {step}")
            steps[step] = in_fresh_process(
                _measure, step, store, work, reviews=reviews, memory_limit=memory_limit
            )
        with open_reader(store) as reader:
            measured[store] = StoreCost(steps=steps, bytes=size(reader, store))
    beside.unlink()
    shutil.rmtree(work / "exported", ignore_errors=True)
    ours, floor = measured.values()
    return StoreResult(
        environment=Environment.here("pyarrow", "adbc-driver-postgresql"),
        reviews=reviews,
        memory_limit=memory_limit,
        kind=kind,
        store=ours,
        beside=floor,
        ratios={step: ours.steps[step].seconds / floor.steps[step].seconds for step in STEPS},
    )


def _refuse_full(where: str) -> None:
    if "://" not in where and not Path(where).exists():
        return
    with open_store(where, create=True) as store:
        if store.counts()["reviews"]:
            raise SRecError(f"{store.name} has reviews already: name an empty store")


def _measure(step: str, store: str, work: Path, *, reviews: int, memory_limit: str) -> StoreStep:
    """Do one step; its time starts after the imports."""
    began = time.perf_counter()
    if step.startswith("ingest"):
        with open_store(store, create=True, memory_limit=memory_limit) as opened:
            rows = opened.ingest(SimulatedSource(work / f"world-{reviews}")).tables["reviews"].read
    else:
        rows = _read(step, store, work / "exported", memory_limit=memory_limit)
    seconds = time.perf_counter() - began
    return StoreStep(seconds=seconds, rows=rows, rows_per_second=rows / seconds, peak_mb=peak_bytes() / 1e6)


def _read(step: str, store: str, target: Path, *, memory_limit: str) -> int:
    """The number of reviews that a step reads from the store; an export is written to the target."""
    with open_reader(store, whole=step != "read") as reader:
        if step == "export":
            shutil.rmtree(target, ignore_errors=True)
            export(reader, target, memory_limit=memory_limit)
            return int(read_manifest(target, KIND, VERSION)["rows"])
        with scratch(memory_limit, None, otherwise="nothing was measured") as connection:
            reader.attach(connection)
            if step == "verify":
                connection.execute("USE store")
                if broken := [one for one in check_tables(connection, latest=True) if one.broken]:
                    raise SRecError(f"{shown(store)} breaks a rule: {broken[0]}")
            # Like srec prepare, this reads once through the columns that it needs.
            query = "SELECT count(*), bit_xor(hash(user_key, app_id, created_at)) FROM store.reviews"
            return int(connection.execute(query).fetchall()[0][0])
