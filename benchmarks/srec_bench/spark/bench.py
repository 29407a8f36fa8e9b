"""Prepares one simulation with each engine, and compares the datasets."""

import shutil
import time
from pathlib import Path
from typing import Any

from srec.environment import Environment
from srec.prepare.context import ContextSettings
from srec.prepare.engines import preparing
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.simulate.world import SimulateSettings
from srec_bench.results import DatasetSize
from srec_bench.reviews import simulated_reviews
from srec_bench.spark.result import Seconds, SparkResult


def bench_spark(reviews: int, work: Path, *, memory_limit: str, master: str) -> SparkResult:
    """Prepare one simulation with both engines and compare the datasets.

    Args:
        reviews: how many to simulate, not counting edits.
        work: a folder for the simulation, which is kept, and the datasets, which are not.
        memory_limit: how much memory DuckDB may use before it spills.
        master: Spark's master.
    """
    source = work / f"reviews-{reviews}"
    simulated_reviews(source, SimulateSettings(reviews=reviews), memory_limit)
    settings, tags, context = PrepareSettings(), TagSettings(), ContextSettings()
    options = {"duckdb": {"memory_limit": memory_limit}, "spark": {"master": master}}
    targets = {name: work / f"dataset-{reviews}-{name}" for name in options}
    seconds: dict[str, float] = {}
    manifests: dict[str, dict[str, Any]] = {}
    for name, target in targets.items():
        shutil.rmtree(target, ignore_errors=True)
        begun = time.perf_counter()
        prepare = preparing(name, **options[name])
        made = prepare(str(source), target, settings, tags=tags, context=context)
        seconds[name] = time.perf_counter() - begun
        manifests[name] = {key: value for key, value in made.manifest.items() if key != "created_at"}
        shutil.rmtree(target)
    here, there = (manifests[name]["files"] for name in targets)
    return SparkResult(
        environment=Environment.here("pyspark", "sqlglot", "pyarrow"),
        reviews=reviews,
        master=master,
        memory_limit=memory_limit,
        seconds=Seconds(**seconds),
        files=len(here),
        differing_files=tuple(sorted(name for name in here | there if here.get(name) != there.get(name))),
        same_manifest=manifests["duckdb"] == manifests["spark"],
        dataset=DatasetSize.of(manifests["duckdb"]),
    )
