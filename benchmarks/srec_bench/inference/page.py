"""The result as a table for the terminal, as Markdown's cells, and as one HTML page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from srec.reports import plots
from srec.reports.shell import render

Result = Mapping[str, Any]
HEADINGS = (
    "contender",
    "model/s",
    "end to end/s",
    "x eager",
    "x ORT",
    "top 10",
    "top 50",
    "τ",
    "moved",
    "HR@20",
    "MRR@20",
)
KINDS = ("random", "real")
SUMMARY = (
    "contender",
    "end to end/s",
    "x eager",
    "x eager, real",
    "x ORT",
    "x ORT, real",
    "top 10",
    "top 10, real",
    "top 50",
    "top 50, real",
    "τ, real",
    "moved, real",
    "HR@20",
    "MRR@20",
)


def cells(row: Mapping[str, Any], kind: str) -> list[str]:
    """A contender's texts on one kind of inputs, in the order of HEADINGS; shares in %."""
    speed, order = row[kind]["per_cpu_second"], row[kind]["order"]
    ratios = [
        f"{speed['ratio_to'][base]['end_to_end']:.2f}" if base in speed["ratio_to"] else "-"
        for base in ("eager", "onnx-float32")
    ]
    return [
        row["name"],
        f"{speed['model']:,.0f}",
        f"{speed['end_to_end']:,.0f}",
        *ratios,
        share(order["exact@10"]),
        share(order["exact@50"]),
        f"{order['tau']:.4f}",
        f"{order['displacement']:,}",
        *(f"{100 * order[name]:.2f}" if name in order else "-" for name in ("HR@20", "MRR@20")),
    ]


def summary(row: Mapping[str, Any]) -> list[str]:
    """A contender's texts on both kinds of inputs, in the order of SUMMARY."""
    random, real = (dict(zip(HEADINGS, cells(row, kind), strict=True)) for kind in KINDS)
    return [
        *(random[heading] for heading in SUMMARY[:2]),
        *(of[heading] for heading in ("x eager", "x ORT", "top 10", "top 50") for of in (random, real)),
        *(real[heading] for heading in ("τ", "moved", "HR@20", "MRR@20")),
    ]


def share(value: float) -> str:
    """A share in %; 100 only where it is all."""
    return "100" if value == 1 else f"{min(100 * value, 99.99):.2f}"


def protocol(result: Result) -> list[str]:
    """How the numbers came about, in sentences."""
    inputs, lengths, environment = result["inputs"], result["lengths"], result["environment"]
    training = result["training"]
    said = [
        f"{result['model']} of dimension {result['dimension']}, {result['items']:,} games, trained on"
        f" {result['dataset']}: epoch {result['epoch']} of at most {training['epochs']}, batches of"
        f" {training['batch_size']}.",
        f"One thread, a session at a time, contenders interleaved in {result['blocks']} blocks after"
        f" {result['warm_up']:,} inputs each to warm up. Inputs per CPU second, and ratios, are medians over"
        " the blocks; x eager and x ORT are end to end, beside eager and onnx-float32.",
        f"Random inputs: {inputs['random']:,} of 1 to 5 games. Real inputs: {inputs['real']:,} beginnings of"
        f" test sessions, of {lengths['real']['mean']:.1f} items on average and {lengths['real']['most']} at"
        " most.",
        "Model: every item scored (srec: its ten best found). End to end: app ids in, those of the ten best"
        f" games out, {'the input excluded' if result['exclude_inputs'] else 'items may come again'}.",
        "Top 10, top 50: % of inputs whose list is exactly the reference's (float64 scores of the float32"
        " vectors, ties by the lower app id). τ: Kendall's, of the reference's 50 best, the mean; moved: how"
        " many places the farthest went. HR@20, MRR@20: in %, on the real inputs.",
        f"Measured {environment['date']} on {environment['processor'] or environment['machine']}, torch"
        f" {environment['torch']}, ONNX Runtime {environment['onnxruntime']}.",
    ]
    for kind, work in result.get("search", {}).items():  # where srec is a contender
        ten, fifty = work["top 10"], work["top 50"]
        said.append(
            f"The exact search ({work['kernel']}), for the 10 and the 50 best on {kind} inputs,"
            f" {_read(ten, fifty)}."
        )
        if "untold" in ten:  # files of before an index could know anything of queries lack it
            said.append(
                f"An index that knows nothing of queries takes {ten['times_untold']:.2f} and"
                f" {fifty['times_untold']:.2f} times as long: it {_read(ten['untold'], fifty['untold'])}."
            )
    return said + [f"{one['name']}, skipped: {one['reason']}." for one in result["skipped"]]


def _read(ten: Mapping[str, Any], fifty: Mapping[str, Any]) -> str:
    """What a search read for the 10 and the 50 best."""
    return (
        f"scored {ten['rescored']:.0f} and {fifty['rescored']:.0f} rows of all, and read the lower halves of"
        f" the codes of {100 * ten['opened']:.1f} % and {100 * fifty['opened']:.1f} % of the blocks"
    )


def table(result: Result) -> Table:
    """The contenders on random inputs, then on real ones, for the terminal."""
    made = Table(title=f"{result['dataset']}, dimension {result['dimension']}, {result['items']:,} games")
    for place, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="right" if place else "left", no_wrap=True)
    for kind in KINDS:
        made.add_section()
        made.add_row(f"[bold]{kind} inputs[/]")
        for row in result["contenders"]:
            made.add_row(*cells(row, kind))
    return made


def page(result: Result) -> str:
    """The whole page."""
    return render(
        Path(__file__).with_name("inference.html.j2"),
        result=result,
        simulated=result["simulated"],
        kinds={kind: [cells(row, kind) for row in result["contenders"]] for kind in KINDS},
        headings=HEADINGS,
        protocol=protocol(result),
        plots=plots,
    )
