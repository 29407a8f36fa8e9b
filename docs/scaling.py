"""The page docs/scaling.md: what more reviews need, worked out from measured unit costs.

``docs/results.py`` writes it with the other generated pages.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The measured size that costs are taken from, in millions of reviews, and those that are worked out.
MEASURED = 118
SIZES = (1_000, 10_000)

#: What grows with the reviews, by the name of the step that the benchmark gives; the rest grows with the games.
GAMES = ("tags", "context")

_CORES = 64
_WORKERS, _WORKER_CORES = 20, 16
#: How much of N cores' work is done in a given time, beside N times that of one: sorts and writes share disks.
_EFFICIENCY = 0.5


def page(results: Path) -> str | None:
    """The page, or None as long as a file that it is worked out from is not there.

    Args:
        results: the folder of the result files.
    """
    names = {
        "prepare": f"bench-prepare-{MEASURED}m.json",
        "small": f"bench-prepare-{MEASURED}m-2gb.json",
        "spark": "bench-spark-10m.json",
        "training": "bench-training-tmall-1-thread.json",
        "inference": "bench-inference-games-42k-128-exact.json",
    }
    if not all((results / name).is_file() for name in names.values()):
        return None
    files = {key: json.loads((results / name).read_text(encoding="utf-8")) for key, name in names.items()}
    return "\n".join([*_head(names), *_units(files), *_machines(files), *_after(files)]) + "\n"


def _head(names: dict[str, str]) -> Iterator[str]:
    yield "# What more reviews need"
    yield ""
    yield "Worked out on paper from measured unit costs: a plan, not a measurement. The costs are those of"
    yield ", ".join(f"[{name}](../benchmarks/results/{name})" for name in names.values())
    yield "on two shared cores; `make docs` writes this page anew when they change."
    yield ""


def _units(files: dict[str, Any]) -> Iterator[str]:
    found = files["prepare"]
    millions = found["rows"][0]["interactions"] / 1e6
    yield "## What a million reviews cost"
    yield ""
    yield f"Of {millions:,.0f} million rows, on {found['threads']} threads:"
    yield ""
    yield "| part | seconds a million reviews | at this size |"
    yield "|---|---:|---:|"
    for name, seconds in _parts(found).items():
        yield f"| {name} | {seconds / millions:.3f} | {seconds:,.1f} s |"
    spilled, peak = found["spilled_bytes"] / 1e9, found["peak_bytes"] / 1e9
    kept = found["dataset"]["interactions"] / (millions * 1e6)
    yield ""
    yield f"It spilled {spilled:.1f} GB at most, held {peak:.1f} GB in memory (limit of the database"
    yield f"{found['memory_limit']}), and kept {kept:.0%} of the reviews, in {_gigabytes(found):.1f} GB. With"
    small = files["small"]
    yield f"{small['memory_limit']} it takes {small['seconds'] / found['seconds']:.2f} times as long and holds"
    yield f"{small['peak_bytes'] / 1e9:.1f} GB. The games' tags and metadata take {_of_games(found):.0f} s and do not"
    yield "grow with the reviews."
    yield ""


def _machines(files: dict[str, Any]) -> Iterator[str]:
    found, spark = files["prepare"], files["spark"]
    millions = found["rows"][0]["interactions"] / 1e6
    core_seconds = found["threads"] * (found["seconds"] - _of_games(found)) / millions
    spark_seconds = 2 * spark["seconds"]["spark"] / (spark["reviews"] / 1e6)
    yield "## Preparing"
    yield ""
    yield f"- **DuckDB on one machine of {_CORES} cores**, at {_EFFICIENCY:.0%} of the speed of {_CORES} single ones"
    yield "  (sorts and spilled tables share the disk)."
    yield f"- **Spark on {_WORKERS} workers of {_WORKER_CORES} cores**, at {_EFFICIENCY:.0%} too. Here it took"
    yield f"  {spark['seconds']['spark'] / spark['seconds']['duckdb']:.0f} times as long as DuckDB for"
    yield f"  {spark['reviews'] / 1e6:,.0f} million reviews on the same two cores, much of it the start of many small"
    yield "  stages; that price is carried through, so these hours are an upper bound."
    yield ""
    yield "| reviews | Parquet | spilled | DuckDB, two cores | DuckDB, one large machine | Spark |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for size in (MEASURED, *SIZES):
        single = size * core_seconds / found["threads"] + _of_games(found)
        large = size * core_seconds / (_CORES * _EFFICIENCY) + _of_games(found)
        cluster = size * spark_seconds / (_WORKERS * _WORKER_CORES * _EFFICIENCY) + _of_games(found)
        parquet = size * found["source_bytes"] / millions / 1e9
        spilled = size * found["spilled_bytes"] / millions / 1e9
        yield (
            f"| {size:,} million | {parquet:,.0f} GB | {spilled:,.0f} GB | {_time(single)} | {_time(large)}"
            f" | {_time(cluster)} |"
        )
    yield ""
    yield "A billion reviews fit one machine with a fast disk. Ten billion do too, if the disk holds what is spilled; a"
    yield "cluster is for those whose reviews lie in object storage already. What the table does not show:"
    yield ""
    users = found["dataset"]["users"] / (millions * 1e6)
    yield f"- Users are numbered in one sorted pass, which Spark does on one worker: {users * 1e10 / 1e6:,.0f} million rows"
    yield "  of 40 bytes at 10 billion reviews. They are sorted on disk; it is the part that more workers do not speed up."
    yield "- Sessions come back to the machine that writes the dataset some two million users at a time; its disk must hold"
    yield "  them, its memory need not."
    yield "- The global graph is counted in ranges of games; its memory stays, its time grows with the sessions."
    yield "- DuckDB writes one file at a time beside the dataset: plan for three times the Parquet's size of free disk."
    yield ""


def _after(files: dict[str, Any]) -> Iterator[str]:
    found, step = files["prepare"], files["training"]
    millions = found["rows"][0]["interactions"] / 1e6
    kept = found["dataset"]["interactions"] / (millions * 1e6)
    a_second = 1000 * step["training"]["batch_size"] / step["step_ms"]
    yield "## Training"
    yield ""
    yield f"A core learns {a_second:,.0f} examples a second (GCE-GNN, 1 hop, full softmax over {step['items']:,} games), and"
    yield "nearly each kept review is an example. Of this simulation's reviews more are kept than of Steam's real ones,"
    yield "of which 118 million left 13.5 million interactions; both are worked out:"
    yield ""
    yield "| reviews | examples an epoch | one core | 64 processes |"
    yield "|---:|---:|---:|---:|"
    for size in (MEASURED, *SIZES):
        for share in (13.5 / 118.46, kept):
            examples = size * 1e6 * share
            seconds = examples / a_second
            shown = f"{examples / 1e6:,.0f} million"
            yield f"| {size:,} million | {shown} | {_time(seconds)} | {_time(seconds / 64 / _EFFICIENCY)} |"
    yield ""
    yield "`torchrun` spreads an epoch over processes and machines (each adds its part of every batch; gradients of the item"
    yield "table travel each step, so 64 processes count as half of that here). Beyond a billion reviews an epoch over all"
    yield "of them is more than a model of some ten million weights can use: train on the last year or two, which is what"
    yield "next week looks like. A GPU changes these hours most; none was at hand, so none is worked out."
    yield ""
    yield "## Serving"
    yield ""
    rows = {row["name"]: row for row in files["inference"]["contenders"]}
    speed = rows["srec"]["random"]["per_cpu_second"]["end_to_end"]
    yield "More reviews change nothing: a server knows games, not users. Steam has some hundred thousand games, and a scan"
    yield f"of {files['inference']['items']:,} answers {speed:,.0f} lists in a second of one core; twice the games take"
    yield "twice the scan, and more visitors take more processes, which share the mapped bundle."


def _parts(found: dict[str, Any]) -> dict[str, float]:
    """Seconds of what grows with the reviews."""
    return {
        step["step"]: step["seconds"]
        for step in found["steps"]
        if step["step"] not in GAMES and step["seconds"] >= 0.5
    }


def _of_games(found: dict[str, Any]) -> float:
    return sum(step["seconds"] for step in found["steps"] if step["step"] in GAMES)


def _gigabytes(found: dict[str, Any]) -> float:
    return float(found["dataset_bytes"]) / 1e9


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
