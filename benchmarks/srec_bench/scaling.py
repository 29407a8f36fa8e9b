"""The page docs/scaling.md: the cost of more reviews, estimated from measured unit costs.

``srec_bench.docs`` writes it with the other generated pages.
"""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from srec_bench.inference.result import InferenceResult
from srec_bench.markdown import link
from srec_bench.prepare.result import Prepared, PrepareResult
from srec_bench.spark.result import SparkResult
from srec_bench.training.result import TrainingResult

#: The measured size that costs are taken from, and the estimated sizes, in millions of reviews.
MEASURED = 118
SIZES = (1_000, 10_000)

#: Steps that run side by side: the end of one of them says little about its cost.
TOGETHER = (
    "test games unknown before the test window, dropped",
    "interactions in the dataset",
    "tags",
    "context",
)

#: The machines of the plan, and the efficiency of several cores together.
CORES, WORKERS, WORKER_CORES, EFFICIENCY = 64, 20, 16, 0.5

#: Steam's real reviews in SRec's database, and the interactions that its filters left.
REAL_REVIEWS, REAL_INTERACTIONS = 118_458_905, 13_520_506

PREPARE = f"bench-prepare-{MEASURED}m.json"
PREPARE_SMALL = f"bench-prepare-{MEASURED}m-2gb.json"
SPARK = "bench-spark-10m.json"
TRAINING = "bench-training-tmall-1-thread.json"
INFERENCE = "bench-inference-games-42k-128-exact.json"


def markdown(folder: Path) -> str | None:
    """The page, or None if one of its result files is missing.

    Args:
        folder: the folder of the result files.
    """
    names = (PREPARE, PREPARE_SMALL, SPARK, TRAINING, INFERENCE)
    if not all((folder / name).is_file() for name in names):
        return None
    found = PrepareResult.read(folder / PREPARE)
    parts = (
        _head(names),
        _units(found, PrepareResult.read(folder / PREPARE_SMALL)),
        _preparing(found, SparkResult.read(folder / SPARK)),
        _training(found, TrainingResult.read(folder / TRAINING)),
        _serving(InferenceResult.read(folder / INFERENCE)),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head(names: Iterable[str]) -> Iterator[str]:
    yield "# What more reviews need\n"
    links = ", ".join(map(link, names))
    yield from _prose(
        "This page is a plan, not a measurement: it is worked out on paper from measured unit costs. `make docs`",
        f"writes it from {links}. All of them were measured on shared machines with two cores.",
    )


def _units(result: PrepareResult, small: PrepareResult) -> Iterator[str]:
    found = result.prepared
    millions = _millions(found)
    yield "## What a million reviews cost\n"
    yield from _prose(f"Measured on {millions:,.0f} million rows, with {result.threads} threads:")
    yield "| step | seconds per million reviews | at this size |"
    yield "|---|---:|---:|"
    for name, seconds in _steps(found):
        yield f"| {name} | {seconds / millions:.3f} | {seconds:,.1f} s |"
    yield ""
    yield from _prose(
        f"At most {found.spilled_bytes / 1e9:.1f} GB were spilled to disk and {found.peak_bytes / 1e9:.1f} GB held in",
        f"memory; the database's limit was {result.memory_limit}. {_kept(found):.0%} of the reviews were kept, in",
        f"{result.dataset_bytes / 1e9:.1f} GB. With a limit of {small.memory_limit} it took",
        f"{small.prepared.seconds / found.seconds:.2f} times as long and held {small.prepared.peak_bytes / 1e9:.1f} GB.",
        "The work on tags and metadata grows with the games, not with the reviews, so the figures below count it",
        "too high.",
    )


def _preparing(result: PrepareResult, spark: SparkResult) -> Iterator[str]:
    found = result.prepared
    millions = _millions(found)
    each = found.seconds / millions  # seconds of all threads for a million
    spark_each = spark.seconds.spark / (spark.reviews / 1e6)
    slower = spark.seconds.spark / spark.seconds.duckdb
    yield "## Preparing\n"
    yield from _prose(
        f"The large machine has {CORES} cores; the cluster has {WORKERS} workers of {WORKER_CORES}. Both are counted at",
        f"{EFFICIENCY:.0%} of their cores, because sorted and spilled tables share disks and networks. On the same two",
        f"cores Spark took {slower:.0f} times as long as DuckDB for {spark.reviews / 1e6:,.0f} million reviews, much",
        "of it to start many small stages. The table keeps that price, so Spark's times are upper bounds.",
    )
    yield "| reviews | as Parquet | spilled | DuckDB, two cores | DuckDB, large machine | Spark, cluster |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for size in (MEASURED, *SIZES):
        large = 2 / (CORES * EFFICIENCY)
        cluster = 2 / (WORKERS * WORKER_CORES * EFFICIENCY)
        cells = (
            f"{size:,} million",
            f"{size * result.source_bytes / millions / 1e9:,.0f} GB",
            f"{size * found.spilled_bytes / millions / 1e9:,.1f} GB",
            _time(size * each),
            _time(size * each * large),
            _time(size * spark_each * cluster),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    users = 1e10 * found.dataset.users / (millions * 1e6)
    yield from _prose(
        "A billion reviews fit one machine with a fast disk. Ten billion do too, if the disk holds the intermediate",
        "tables. A cluster is for those whose reviews lie in object storage already. The table does not show this:",
    )
    yield from _item(
        f"Spark numbers the users in one sorted pass on one worker: {users / 1e6:,.0f} million rows at ten billion",
        "reviews. It sorts them on its disk; more workers do not make that part faster.",
    )
    yield from _item(
        "Finished sessions come to the machine that writes the dataset, some two million users at a time. Its disk",
        "must hold all of them; its memory need not.",
    )
    yield from _item(
        "The global graph is counted in ranges of games: it needs more time, but no more memory."
    )
    yield from _item(
        "Spilling grows faster than the reviews once the users no longer fit in memory. Give the database a quarter",
        "of the Parquet's size as memory, or plan for three times the Parquet's size as free disk.",
    )
    yield ""


def _training(result: PrepareResult, step: TrainingResult) -> Iterator[str]:
    a_second = 1000 * step.batch_size / step.step_ms
    yield "## Training\n"
    yield from _prose(
        f"A core learns {a_second:,.0f} examples a second ({step.hops} hop, full softmax over",
        f"{step.items:,} items), and nearly every interaction is an example. Of Steam's {REAL_REVIEWS:,} real reviews",
        f"{REAL_INTERACTIONS:,} interactions were left. This simulation keeps a larger share, so both shares are worked",
        f"out. 64 processes are counted at {EFFICIENCY:.0%}, because the gradients of the item table travel each step.",
    )
    yield "| reviews | share kept | examples per epoch | one core | 64 processes |"
    yield "|---:|---:|---:|---:|---:|"
    for size in (MEASURED, *SIZES):
        for share in (REAL_INTERACTIONS / REAL_REVIEWS, _kept(result.prepared)):
            examples = size * 1e6 * share
            seconds = examples / a_second
            times = f"{_time(seconds)} | {_time(seconds / 64 / EFFICIENCY)}"
            yield f"| {size:,} million | {share:.0%} | {examples / 1e6:,.0f} million | {times} |"
    yield ""
    yield from _prose(
        "Beyond a billion reviews, an epoch over all of them is more than a model of some ten million weights can use.",
        "Train on the last year or two instead, which is most like next week. A GPU would change these hours most.",
        "None was at hand to measure, so none is worked out.",
    )


def _serving(found: InferenceResult) -> Iterator[str]:
    [ours] = [row for row in found.contenders if row.name == "srec"]
    speed = ours.random.speed.per_cpu_second.end_to_end
    yield "## Serving\n"
    yield from _prose(
        "More reviews change nothing, because a server knows games, not users. One core answers",
        f"{speed:,.0f} lists a second over {found.items:,} games. Twice the games take twice the scan. More visitors",
        "take more processes, which share the mapped bundle.",
    )


def _prose(*parts: str) -> Iterator[str]:
    yield from textwrap.wrap(" ".join(parts), 110, break_long_words=False, break_on_hyphens=False)
    yield ""


def _item(*parts: str) -> Iterator[str]:
    yield from textwrap.wrap(" ".join(parts), 110, initial_indent="- ", subsequent_indent="  ")


def _millions(found: Prepared) -> float:
    return float(found.rows[0].interactions) / 1e6


def _kept(found: Prepared) -> float:
    return float(found.dataset.interactions) / (_millions(found) * 1e6)


def _steps(found: Prepared) -> Iterator[tuple[str, float]]:
    """Names and seconds of the steps that take noticeable time; steps side by side count as one."""
    together = sum(step.seconds for step in found.steps if step.step in TOGETHER)
    for step in found.steps:
        if step.step == TOGETHER[0]:
            yield "users numbered, sessions sorted, tags factorised (side by side)", together
        elif step.step not in TOGETHER and step.seconds >= 0.5:
            yield step.step, step.seconds


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 6000 else f"{seconds / 3600:,.1f} h"
