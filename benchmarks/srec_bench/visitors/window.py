"""``srec bench window``: the next game in a window of time, found on and off the popular list."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.environment import Environment
from srec.evaluation.comparison import Bootstrap, Difference, independent_groups
from srec.evaluation.fold_in import in_head
from srec.evaluation.metrics import gains
from srec.evaluation.protocol import rank_all
from srec.evaluation.sameness import overlaps
from srec.models import MODELS
from srec.models.base import ItemsBL, Scorer, ScoresBV
from srec.models.smart import Smart, SmartSettings
from srec.models.sums import once
from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec.training.runs import Run
from srec_bench.results import BenchResult, DatasetSize

HEAD, SHOWN, LONGEST = 25, 12, 50
POPULAR_END = 0.9


class Found(Frozen):
    """What a model finds in the window.

    Attributes:
        hr_10: HR@10.
        mrr_10: MRR@10.
        off_head: how many targets outside the HEAD most popular games are among 10.
        overlap: of 12 answers, how many are the most popular ones left.
    """

    hr_10: float
    mrr_10: float
    off_head: int
    overlap: float


class WindowResult(BenchResult):
    """The default recommender in a window of time, beside GCE-GNN and recent popularity.

    Attributes:
        dataset: the size of the dataset.
        examples: how many targets there are.
        off_head: how many of them are outside the 25 most popular games.
        weight: the default recommender's own weight of popularity.
        models: by model.
        popular_end: the default recommender at a weight of 0.9 minus recent popularity, by metric, with 95 %
            intervals over users.
    """

    benchmark: Literal["window"] = "window"
    dataset: DatasetSize
    examples: int
    off_head: int
    weight: float
    models: Mapping[str, Found]
    popular_end: Mapping[str, Difference]


class _At:
    """A sum at a weight of popularity."""

    def __init__(self, model: Smart, weight: float) -> None:
        self._model, self._weight = model, weight

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        return self._model.weigh(items_BL, once(items_BL), popularity=self._weight)


def bench_window(dataset: Dataset, run: Run) -> WindowResult:
    """Measure the default recommender and GCE-GNN on the test window.

    Args:
        dataset: split by time.
        run: a trained GCE-GNN.
    """
    smart = Smart.fit(dataset, SmartSettings(), "fit")
    recent = MODELS["popularity-recent"].load()
    scorers: dict[str, Scorer] = {
        "smart": smart,
        f"smart, popularity {POPULAR_END}": _At(smart, POPULAR_END),
        "gce-gnn": run.scorer(dataset),
        "popularity-recent": recent.fit(dataset, recent.settings_type(), "fit"),
    }
    data = examples(dataset.sequences, "test", LONGEST)
    items, _, _ = dataset.sequences.learnable("fit")
    counts = np.bincount(items, minlength=dataset.item_count + 1)
    off_E = ~in_head(counts, HEAD)[data.targets]
    inputs_EL = data.inputs(np.arange(len(data)))
    models, values = {}, {}
    for name, scorer in scorers.items():
        ranking = rank_all(scorer, data, dataset.item_count, top=SHOWN, exclude_inputs=True)
        values[name] = gains(ranking.ranks, (10,))
        models[name] = Found(
            hr_10=float(values[name]["HR@10"].mean()),
            mrr_10=float(values[name]["MRR@10"].mean()),
            off_head=int(values[name]["HR@10"][off_E].sum()),
            overlap=float(overlaps(ranking.top_items, inputs_EL, counts).mean()),
        )
    pairs = [values[name][metric] for metric in ("HR@10", "MRR@10") for name in list(scorers)[1::2]]
    boot = Bootstrap(
        np.column_stack(pairs),
        independent_groups(data),
        resamples=1000,
        generator=np.random.default_rng(0),
    )
    return WindowResult(
        environment=Environment.here(),
        dataset=DatasetSize.of(dataset.manifest),
        examples=len(data),
        off_head=int(off_E.sum()),
        weight=smart.popularity_weight,
        models=models,
        popular_end={"HR@10": boot.difference(0, 1), "MRR@10": boot.difference(2, 3)},
    )


def markdown(results: Mapping[str, WindowResult]) -> Iterator[str]:
    """The section of docs/results.md."""
    for name, result in results.items():
        yield from ("### The next game in a window of time", "")
        yield (
            f"`srec bench window`: {result.examples:,} targets, {result.off_head:,} of them outside the"
            f" {HEAD} most popular games. `smart` has its own weight of popularity ({result.weight}) or"
            f" {POPULAR_END}. File: [{name}](../benchmarks/results/{name})."
        )
        yield from ("", *markdown_table(HEADINGS, map(_cells, result.models.items())).splitlines(), "")
        for metric, difference in result.popular_end.items():
            yield (
                f"- {metric}, `smart` at {POPULAR_END} minus popularity-recent: {difference.value:+.4f}"
                f" [{difference.low:+.4f}, {difference.high:+.4f}]"
            )
        yield ""


HEADINGS = ("model", "HR@10", "MRR@10", "off the head, among 10", "overlap of 12")


def _cells(one: tuple[str, Found]) -> list[str]:
    name, found = one
    return [
        name,
        f"{100 * found.hr_10:.2f}",
        f"{100 * found.mrr_10:.2f}",
        str(found.off_head),
        f"{found.overlap:.1f}",
    ]
