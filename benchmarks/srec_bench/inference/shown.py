"""The texts of a result: its cells and sentences, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec_bench.inference.result import (
    ContenderResult,
    InferenceResult,
    Kind,
    Reading,
    SearchWork,
)
from srec_bench.markdown import link

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
KINDS: tuple[Kind, ...] = ("random", "real")
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


def cells(row: ContenderResult, kind: Kind) -> list[str]:
    """A contender's texts on one kind of inputs, in the order of HEADINGS; shares in %."""
    speed, order = row.on(kind).speed, row.on(kind).order
    ratios = [speed.ratio_to.get(base) for base in ("eager", "onnx-float32")]
    return [
        row.name,
        f"{speed.per_cpu_second.model:,.0f}",
        f"{speed.per_cpu_second.end_to_end:,.0f}",
        *("-" if ratio is None else f"{ratio.end_to_end:.2f}" for ratio in ratios),
        share(order.exact_10),
        share(order.exact_50),
        f"{order.tau:.4f}",
        f"{order.displacement:,}",
        *("-" if value is None else f"{100 * value:.2f}" for value in (order.hr_20, order.mrr_20)),
    ]


def summary(row: ContenderResult) -> list[str]:
    """A contender's texts on both kinds of inputs, in the order of SUMMARY."""
    random, real = (dict(zip(HEADINGS, cells(row, kind), strict=True)) for kind in KINDS)
    return [
        *(random[heading] for heading in SUMMARY[:2]),
        *(of[heading] for heading in ("x eager", "x ORT", "top 10", "top 50") for of in (random, real)),
        *(real[heading] for heading in ("τ", "moved", "HR@20", "MRR@20")),
    ]


def share(value: float) -> str:
    """A share in %; "100" only if it is everything."""
    return "100" if value == 1 else f"{min(100 * value, 99.99):.2f}"


def protocol(result: InferenceResult) -> list[str]:
    """How the numbers were measured, in sentences."""
    random, real, environment = result.random, result.real, result.environment
    said = [
        f"{result.model} of dimension {result.dimension}, {result.items:,} games, trained on"
        f" {result.dataset}: epoch {result.epoch} of at most {result.most_epochs}, batches of"
        f" {result.batch_size}.",
        f"One thread, one session at a time, contenders interleaved in {result.blocks} blocks after"
        f" {result.warm_up:,} warm-up inputs each. Inputs per CPU second and ratios are medians over the"
        " blocks; x eager and x ORT are end to end, against eager and onnx-float32.",
        f"Random inputs: {random.count:,} of 1 to 5 games. Real inputs: {real.count:,} prefixes of"
        f" test sessions, of {real.mean_length:.1f} items on average and {real.longest} at"
        " most.",
        "Model: scores every item (srec: finds the ten best). End to end: from app ids to those of the ten"
        f" best games, {'without those of the input' if result.exclude_inputs else 'items may come again'}.",
        "Top 10, top 50: % of inputs whose list is exactly the reference's (float64 scores of the float32"
        " vectors, ties by the lower app id). τ: the mean of Kendall's τ over the reference's 50 best; moved:"
        " the most places that one of them moved. HR@20, MRR@20: in %, on the real inputs.",
        f"Measured {environment.date} on {environment.processor or environment.machine}, torch"
        f" {environment.versions['torch']}, ONNX Runtime {environment.versions['onnxruntime']}.",
    ]
    for kind, work in (("random", random.search), ("real", real.search)):
        if work is not None:
            said += _searched(kind, work)
    return said + [f"{one.name}, skipped: {one.reason}." for one in result.skipped]


def _searched(kind: str, work: SearchWork) -> Iterator[str]:
    """How much the exact search read on inputs of a kind, in sentences."""
    ten, fifty = work.top_10, work.top_50
    yield (
        f"The exact search ({work.kernel}), for the 10 and the 50 best on {kind} inputs,"
        f" {_read(ten.told, fifty.told)}."
    )
    if ten.untold and fifty.untold:
        yield (
            f"An index without knowledge of queries takes {ten.times_untold:.2f} and"
            f" {fifty.times_untold:.2f} times as long: it {_read(ten.untold, fifty.untold)}."
        )


def _read(ten: Reading, fifty: Reading) -> str:
    """How much a search read for the 10 and the 50 best, as part of a sentence."""
    return (
        f"scored {ten.rescored:.0f} and {fifty.rescored:.0f} rows of all, and read the lower halves of"
        f" the codes of {100 * ten.opened:.1f} % and {100 * fifty.opened:.1f} % of the blocks"
    )


def terminal_table(result: InferenceResult) -> Table:
    """The contenders on random inputs, then on real ones."""
    made = Table(title=f"{result.dataset}, dimension {result.dimension}, {result.items:,} games")
    for place, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="right" if place else "left", no_wrap=True)
    for kind in KINDS:
        made.add_section()
        made.add_row(f"[bold]{kind} inputs[/]")
        for row in result.contenders:
            made.add_row(*cells(row, kind))
    return made


def markdown(results: Mapping[str, InferenceResult]) -> Iterator[str]:
    """Every way to run the model; results by file name."""
    if not results:
        return
    yield "### Inference: speed, and whether the order stays\n"
    yield "`srec bench inference` runs one thread and one session at a time; contenders take turns. Inputs"
    yield "per CPU second and ratios are medians over blocks, on random or on real inputs, from app ids to"
    yield "the ten best. Top 10 and top 50 are the % of inputs whose list is exactly the reference's. The"
    yield "linked pages explain the other columns.\n"
    for name, result in results.items():
        model = f"{result.model}, {result.dataset}" + (", simulated" if result.simulated else "")
        processor = result.environment.processor or result.environment.machine
        yield f"#### {result.items:,} items, dimension {result.dimension}, {processor} ({model})\n"
        yield markdown_table(SUMMARY, [summary(row) for row in result.contenders]) + "\n"
        count = f"{result.random.count:,} random inputs and {result.real.count:,} prefixes of test sessions"
        measured = f"measured {result.environment.date}"
        page = f"{name.removesuffix('.json')}.html"
        yield f"{count}, {measured}. Files: {link(name)}, {link(page)}.\n"


def markdown_in_short(results: Mapping[str, InferenceResult]) -> Iterator[str]:
    """SRec's exact search in every result that has it as a contender; results by file name."""
    if not results:
        return
    yield "### Inference: the unchanged order at quantised speed\n"
    yield "`srec bench inference`, random inputs, end to end: SRec's speed as a multiple of eager torch and"
    yield "of ONNX Runtime in float32, and the % of inputs whose 10 and 50 best are exactly the reference's."
    yield "The int8 columns are ONNX Runtime's dynamic quantisation.\n"
    rows = []
    for name, result in results.items():
        named = {row.name: dict(zip(SUMMARY, summary(row), strict=True)) for row in result.contenders}
        if "srec" not in named:
            continue
        ours, rounded = named["srec"], named.get("dynamic-int8", dict.fromkeys(SUMMARY, "-"))
        rows.append(
            [
                f"{result.items:,} items, dimension {result.dimension}",
                result.environment.processor or result.environment.machine,
                *(ours[heading] for heading in ("x eager", "x ORT", "top 10", "top 50")),
                *(rounded[heading] for heading in ("x eager", "top 10", "top 50")),
                result.environment.date,
                link(name),
            ]
        )
    head = ("model", "processor", "x eager", "x ORT", "top 10", "top 50")
    yield markdown_table((*head, "int8: x eager", "top 10", "top 50", "date", "file"), rows) + "\n"
