"""The tables of the results, each from its files in benchmarks/results; links lead there from docs/."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from srec_bench.inference.page import SUMMARY, summary

from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Leaderboard, Reproduction
from srec.reports.leaderboard import HEADINGS, cells, protocol
from srec.reports.numbers import in_percent

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TITLES = {
    "leaderboard-tmall": "Tmall: every model under one protocol",
    "leaderboard-diginetica": "Diginetica: every model under one protocol",
    "leaderboard-steam-ucsd-all": "Steam reviews (UCSD): all users",
    "leaderboard-steam-ucsd-filtered": "Steam reviews (UCSD): without popular-only users",
    "leaderboard-simulated-1m-all": "A simulated Steam of a million reviews: all users",
    "leaderboard-simulated-1m-filtered": "The same simulation: without popular-only users",
}


def table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [list(head), ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def read(file: Path) -> dict[str, Any]:
    """A result file."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def link(file: Path) -> str:
    """A link to a result file, from a page in docs/."""
    return f"[{file.relative_to(RESULTS).as_posix()}](../{file.relative_to(ROOT).as_posix()})"


def reproduced(folder: Path) -> Iterator[str]:
    """GCE-GNN here and in its paper."""
    files = sorted(folder.glob("reproduce-*.json"))
    if not files:
        return
    yield "### GCE-GNN reproduced\n"
    yield "`srec reproduce gce-gnn`, in %. `paper` takes each metric's best epoch on the test set, as the"
    yield "authors do. `honest` chooses the epoch on held-out sessions and looks at the test set once.\n"
    rows = []
    for file in files:
        result = Reproduction.read(file)
        changed = f", {result.changed}" if result.changed else ""
        runs = len(result.runs)
        name = f"{result.dataset}, {result.protocol}{changed}, {runs} seed(s)"
        rows.append([name, *in_percent(result, runs), link(file)])
    published = {found.dataset: found.paper for found in map(Reproduction.read, files)}
    rows += [
        [f"{name}, as published", *(f"{figures[metric]:.2f}" for metric in METRICS), ""]
        for name, figures in published.items()
        if figures
    ]
    yield table(("set and protocol", *METRICS, "file"), sorted(rows)) + "\n"


def timed(folder: Path) -> Iterator[str]:
    """A training step beside the floor."""
    files = sorted(folder.glob("bench-training-*.json"))
    if not files:
        return
    yield "### A training step of GCE-GNN\n"
    yield "`srec bench training` measures the milliseconds of a step (batch 100, dimension 100, full"
    yield "softmax). The floor is the least that these shapes need, in the same process: scoring,"
    yield "cross-entropy, one fused Adam step. Evaluation is test examples ranked among all items in a"
    yield "second.\n"
    rows = [
        [
            f"{result['dataset']}, {result['model']['hops']} hop(s), {result['threads']} thread(s)",
            f"{result['step_ms']:.1f}",
            f"{result['floor_ms']:.1f}",
            f"{result['ratio']:.2f}",
            f"{speed:,.0f}" if (speed := result.get("evaluation_examples_per_second")) else "-",
            link(file),
        ]
        for file in files
        for result in [read(file)]
    ]
    yield table(("what", "step", "floor", "ratio", "evaluation", "file"), rows) + "\n"


def inferred(folder: Path) -> Iterator[str]:
    """Every way to run the model."""
    files = sorted(folder.glob("bench-inference-*.json"))
    if not files:
        return
    yield "### Inference: speed, and whether the order stays\n"
    yield "`srec bench inference` runs one thread and one session at a time; contenders take turns. Inputs"
    yield "per CPU second and ratios are medians over blocks, on random or on real inputs: app ids in, the"
    yield "ten best out. Top 10 and top 50 are the % of inputs whose list is exactly the reference's. The"
    yield "linked pages explain the other columns.\n"
    for file in files:
        result = read(file)
        name = f"{result['model']}, {result['dataset']}" + (", simulated" if result["simulated"] else "")
        processor = result["environment"]["processor"]
        yield f"#### {result['items']:,} items, dimension {result['dimension']}, {processor} ({name})\n"
        yield table(SUMMARY, [summary(row) for row in result["contenders"]]) + "\n"
        inputs = result["inputs"]
        count = f"{inputs['random']:,} random inputs and {inputs['real']:,} beginnings of test sessions"
        measured = f"measured {result['environment']['date']}"
        yield f"{count}, {measured}. Files: {link(file)}, {link(file.with_suffix('.html'))}.\n"


def prepared(folder: Path) -> Iterator[str]:
    """Preparation at several sizes, and with little memory."""
    files = sorted(folder.glob("bench-prepare-*.json"), key=lambda file: read(file)["reviews"])
    if not files:
        return
    yield "### Preparing reviews\n"
    yield "`srec bench prepare` takes simulated reviews from Parquet to the finished dataset and the global"
    yield "graph. The group-by is DuckDB's, alone, before and after: the one that finds each latest review.\n"
    rows = [
        [
            f"{result['reviews']:,} reviews, {result['memory_limit']}",
            f"{result['seconds']:,.1f}",
            ", ".join(f"{seconds:,.1f}" for seconds in result["group_by_seconds"]),
            f"{result['times_the_group_by']:.2f}",
            f"{1e6 * result['seconds'] / result['rows'][0]['interactions']:.2f}",
            f"{result['peak_bytes'] / 1e9:.2f}",
            f"{result['spilled_bytes'] / 1e9:.1f}",
            f"{result['opening']['seconds']:.3f}",
            link(file),
        ]
        for file in files
        for result in [read(file)]
    ]
    head = (
        "what",
        "seconds",
        "group-by",
        "ratio",
        "s a million",
        "peak GB",
        "spilled GB",
        "opening, s",
        "file",
    )
    yield table(head, rows) + "\n"


def stored(folder: Path) -> Iterator[str]:
    """PostgreSQL as a store, beside a DuckDB file."""
    for file in sorted(folder.glob("bench-store-*.json")):
        result = read(file)
        yield "### A store in PostgreSQL\n"
        yield f"`srec bench store` moves {result['reviews']:,} simulated reviews, beside a DuckDB file in the"
        yield "same run. Every step is a process of its own; its memory does not include the server's.\n"
        ours, beside = result["postgresql"]["steps"], result["beside"]["steps"]
        rows = [
            [
                step,
                f"{one['seconds']:,.1f}",
                f"{beside[step]['seconds']:,.1f}",
                f"{one['rows_per_second']:,.0f}",
                f"{one['peak_mb']:,.0f}",
                f"{beside[step]['peak_mb']:,.0f}",
            ]
            for step, one in ours.items()
        ]
        head = ("step", "seconds", "DuckDB", "rows a second", "peak MB", "DuckDB")
        yield table(head, rows) + "\n"
        sizes = " and ".join(f"{result[name]['bytes'] / 1e6:,.0f} MB" for name in ("postgresql", "beside"))
        yield f"On disk {sizes}. File: {link(file)}.\n"


def crawled(folder: Path) -> Iterator[str]:
    """The crawl under faults and kills."""
    for file in sorted(folder.glob("bench-crawl*.json")):
        result = read(file)
        kinds = ", ".join(f"{count} {kind}" for kind, count in result["faults_by_kind"].items())
        wrong = sum(len(result[kind]) for kind in ("differences", "leaks", "problems"))
        yield "### A crawl under faults\n"
        yield f"`srec bench crawl --seed {result['seed']}`: {result['faults']:,} faults ({kinds}),"
        yield f"{result['kills']} kills, a world that changes between pages; {result['reviews']:,} reviews,"
        yield f"{result['malformed_reviews']} of them bad. Differences from the server's truth, raw ids"
        yield f"found, and other problems: {wrong}. File: {link(file)}.\n"


def paralleled(folder: Path) -> Iterator[str]:
    """Spark beside DuckDB."""
    files = sorted(folder.glob("bench-spark-*.json"), key=lambda file: read(file)["reviews"])
    if not files:
        return
    yield "### Spark: the same dataset\n"
    yield "`srec bench spark` prepares one simulation with both engines on the same machine.\n"
    rows = [
        [
            f"{result['reviews']:,} reviews, {result['master']}",
            f"{len(result['differing_files'])} of {result['files']}",
            f"{result['seconds']['duckdb']:,.1f}",
            f"{result['seconds']['spark']:,.1f}",
            link(file),
        ]
        for file in files
        for result in [read(file)]
    ]
    yield table(("what", "files that differ", "DuckDB, s", "Spark, s", "file"), rows) + "\n"


def served(folder: Path) -> Iterator[str]:
    """The server beside a constant answer of it."""
    files = sorted(folder.glob("bench-http*.json"))
    if not files:
        return
    yield "### Answers over HTTP\n"
    yield "`srec bench http` asks one process for the top 10 as JSON, over 16 connections. The ratio compares"
    yield "it with a constant answer of the same server in the same run; in brackets, of processor times.\n"
    rows = [
        [
            f"{result['games']:,} games, dimension {result['dimension']}",
            f"{result['api']['per_second']:,.0f}",
            f"{result['ratio']:.2f} ({result['cpu_ratio']:.2f})",
            f"{result['api']['p50_ms']:.1f}",
            f"{result['api']['p99_ms']:.1f}",
            f"{result['start_seconds']:.1f}",
            f"{result['resident_mb']['loaded']:.0f}",
            link(file),
        ]
        for file in files
        for result in [read(file)]
    ]
    yield table(("bundle", "answers/s", "ratio", "p50 ms", "p99 ms", "start s", "MB", "file"), rows) + "\n"


def inferred_in_short(folder: Path) -> Iterator[str]:
    """SRec's exact search in every file of the inference benchmark."""
    files = sorted(folder.glob("bench-inference-*.json"))
    if not files:
        return
    yield "### Inference: the unchanged order at quantised speed\n"
    yield "`srec bench inference`, random inputs, end to end: how many times as fast SRec is as eager torch"
    yield "and as ONNX Runtime in float32, and for how many % of the inputs the 10 and 50 best are exactly"
    yield "those of the reference. The columns of int8 are ONNX Runtime's dynamic quantisation.\n"
    rows = []
    for file in files:
        result = read(file)
        named = {row["name"]: summary(row) for row in result["contenders"]}
        if "srec" not in named:
            continue
        ours = dict(zip(SUMMARY, named["srec"], strict=True))
        rounded = dict(zip(SUMMARY, named.get("dynamic-int8", ["-"] * len(SUMMARY)), strict=True))
        rows.append(
            [
                f"{result['items']:,} items, dimension {result['dimension']}",
                result["environment"]["processor"],
                *(ours[heading] for heading in ("x eager", "x ORT", "top 10", "top 50")),
                *(rounded[heading] for heading in ("x eager", "top 10", "top 50")),
                result["environment"]["date"],
                link(file),
            ]
        )
    head = ("model", "processor", "x eager", "x ORT", "top 10", "top 50")
    yield table((*head, "int8: x eager", "top 10", "top 50", "date", "file"), rows) + "\n"


def boards(folder: Path, names: Iterable[str] = TITLES) -> Iterator[str]:
    """The leaderboards."""
    for name in names:
        file = folder / name / "leaderboard.json"
        if not file.is_file():
            continue
        result = Leaderboard.read(file)
        yield f"### {TITLES[name]}\n"
        yield table(HEADINGS, [cells(row) for row in result.rows]) + "\n"
        yield " ".join(protocol(result)) + f" Files: {link(file)}, {link(file.with_suffix('.html'))}.\n"
