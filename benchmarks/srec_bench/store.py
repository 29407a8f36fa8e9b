"""``srec bench store``: reviews into a store, out of it again, and to Parquet; beside a DuckDB file.

Each step runs in a process of its own, so that its peak memory is its own too; what a database server uses is
not in it. The DuckDB file goes through the same steps in the same run, which makes the ratios honest.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from srec.artifacts import read_manifest
from srec.environment import environment
from srec.errors import SRecError
from srec.simulate.world import SimulateSettings, simulate
from srec.store.connections import shown
from srec.store.connections.scratch import scratch
from srec.store.sources.simulated import SimulatedSource
from srec.store.stores import open_reader, open_store
from srec.store.stores.inspection import export, size
from srec.store.stores.integrity import check_tables
from srec.store.stores.parquet import KIND, VERSION
from srec_bench.processes import alone, peak_bytes

STEPS = ("ingest", "ingest again", "read", "export", "verify")


def bench_store(
    where: str, reviews: int, work: Path, memory_limit: str, watch: Callable[[str], None]
) -> dict[str, Any]:
    """Take simulated reviews through a store, and through a DuckDB file.

    Args:
        where: an empty store, or none yet: a path or a postgresql:// URL.
        reviews: how many to simulate.
        work: where the simulated world is kept for the next time, and the rest while it is needed.
        memory_limit: what DuckDB may use in each step before it spills.
        watch: called with what is being done.

    Returns:
        Plain JSON.

    Raises:
        SRecError: the store holds something already, or breaks a rule.
    """
    world = work / f"world-{reviews}"
    watch("simulating")
    simulate(world, SimulateSettings(reviews=reviews))
    beside = work / "beside.duckdb"
    stores = {where: shown(where).partition("://")[0] if "://" in where else "duckdb", str(beside): "beside"}
    _refuse_full(where)
    found: dict[str, Any] = {"benchmark": "store", "reviews": reviews, "memory_limit": memory_limit}
    for store, name in stores.items():
        beside.unlink(missing_ok=True)
        steps: dict[str, Any] = {}
        for step in STEPS:
            watch(f"{name}: {step}")
            steps[step] = alone(_measure, step, store, world, work, memory_limit)
        with open_reader(store) as reader:
            found[name] = {"steps": steps, "bytes": size(reader, store)}
    beside.unlink(missing_ok=True)
    shutil.rmtree(work / "exported", ignore_errors=True)
    ours, floor = (found[name]["steps"] for name in stores.values())
    found["ratios"] = {step: ours[step]["seconds"] / floor[step]["seconds"] for step in STEPS}
    return found | {"environment": environment("pyarrow", "adbc-driver-postgresql")}


def table(found: dict[str, Any]) -> Table:
    """The steps of both stores, for the terminal."""
    made = Table("store", "step", title=f"{found['reviews']:,} simulated reviews")
    for name in ("s", "rows/s", "peak MB", "ratio"):
        made.add_column(name, justify="right")
    for store in [name for name, value in found.items() if isinstance(value, dict) and "steps" in value]:
        for step, one in found[store]["steps"].items():
            ratio = f"{found['ratios'][step]:.2f}" if store != "beside" else ""
            numbers = (f"{one['seconds']:.1f}", f"{one['rows_per_second']:,.0f}", f"{one['peak_mb']:,.0f}")
            made.add_row(store, step, *numbers, ratio)
        made.add_row(store, "MB on disk", f"{found[store]['bytes'] / 1e6:,.0f}")
        made.add_section()
    return made


def _refuse_full(where: str) -> None:
    if "://" not in where and not Path(where).exists():
        return
    with open_store(where, create=True) as store:
        if store.counts()["reviews"]:
            raise SRecError(f"{store.name} holds reviews already: name an empty store")


def _measure(step: str, store: str, world: Path, work: Path, memory_limit: str) -> dict[str, float]:
    """Do one step; its time starts after the imports."""
    began = time.perf_counter()
    rows = _do(step, store, world, work, memory_limit)
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "rows": rows,
        "rows_per_second": rows / seconds,
        "peak_mb": peak_bytes() / 1e6,
    }


def _do(step: str, store: str, world: Path, work: Path, memory_limit: str) -> int:
    """How many reviews went through the step."""
    if step.startswith("ingest"):
        with open_store(store, create=True, memory_limit=memory_limit) as opened:
            return opened.ingest(SimulatedSource(world)).tables["reviews"].read
    with open_reader(store, whole=step != "read") as reader:
        if step == "export":
            target = work / "exported"
            shutil.rmtree(target, ignore_errors=True)
            export(reader, target, memory_limit=memory_limit)
            return int(read_manifest(target, KIND, VERSION)["rows"])
        with scratch(memory_limit, None, otherwise="nothing was measured") as connection:
            reader.attach(connection)
            if step == "verify":
                connection.execute("USE store")
                if broken := [one for one in check_tables(connection, latest=True) if one.broken]:
                    raise SRecError(f"{shown(store)} breaks a rule: {broken[0]}")
            # As srec prepare does: what it needs of each row, once through.
            query = "SELECT count(*), bit_xor(hash(user_key, app_id, created_at)) FROM store.reviews"
            return int(connection.execute(query).fetchall()[0][0])
