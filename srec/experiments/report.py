"""``srec evaluate``: measure models side by side, and write what was found as JSON and as a page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table
from rich.text import Text

from srec import __version__
from srec.artifacts import fingerprint, is_current, write_directory, write_json
from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.environment import environment
from srec.errors import SRecError
from srec.evaluation import slices, verdicts
from srec.evaluation.beyond import beyond_accuracy, concentration
from srec.evaluation.comparison import compare, independent_groups
from srec.evaluation.metrics import gains
from srec.evaluation.protocol import rank_all, statement
from srec.evaluation.settings import EvaluationSettings
from srec.models import model_entry
from srec.models.base import Scorer
from srec.models.session_model import TorchScorer
from srec.reports.page import page
from srec.settings import Settings
from srec.training.run import Run

KIND = "report"
VERSION = 1

Result = dict[str, Any]


def write_report(
    target: Path,
    dataset: Dataset,
    counted: Mapping[str, Settings],
    runs: Mapping[str, Path],
    settings: EvaluationSettings,
) -> Result:
    """Measure counted models and trained runs on the test window, and write the report directory.

    A report that was made from the same dataset, runs and settings is not made again.

    Args:
        target: where the directory shall appear: report.json (the result) and index.html (stands alone).
        dataset: what to test on.
        counted: the counted models by name, with their settings; they are fitted on all before the test.
        runs: the run directories, by the name that the report gives them.
        settings: list lengths, resamples, seed.

    Raises:
        SRecError: the test window is empty, or a run belongs to another dataset.
    """
    inputs = {"dataset": dataset.fingerprint}
    inputs |= {f"run {name}": fingerprint(path) for name, path in runs.items()}
    chosen = {"evaluation": settings} | dict(counted)
    parameters = {name: one.model_dump(mode="json") for name, one in chosen.items()}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        kept: Result = json.loads((target / "report.json").read_text(encoding="utf-8"))
        return kept
    scorers: dict[str, Scorer] = {
        name: model_entry(name).load().fit(dataset, one, "fit") for name, one in counted.items()
    }
    logs, validation = {}, {}
    for name, path in runs.items():
        run = Run(path)
        scorers[name] = TorchScorer(run.load(dataset))
        logs[name] = run.log
        validation[name] = {"epoch": run.manifest["chosen_epoch"], **run.manifest["valid"]}
    result = evaluate(dataset, scorers, settings)
    result |= {
        "validation": validation,
        "made_from": inputs,
        "parameters": parameters,
        "environment": environment(),
    }
    with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
        write_json(draft.path / "report.json", result)
        (draft.path / "index.html").write_text(page(result, dataset.manifest, logs), encoding="utf-8")
    return result


def evaluate(
    dataset: Dataset,
    scorers: Mapping[str, Scorer],
    settings: EvaluationSettings,
    part: Literal["test", "valid"] = "test",
    baselines: Sequence[str] = ("popularity", "popularity-recent"),
) -> Result:
    """Measure every model on one window of the dataset.

    Args:
        dataset: what to test on.
        scorers: the models by name, in the order of the tables, fitted on nothing of the tested window.
        settings: list lengths, resamples, seed.
        part: the tested window; an item's popularity is its reviews in all that comes before it.
        baselines: the models of ``scorers`` that the others must beat.

    Returns:
        Plain JSON: protocol, dataset, models, slices, verdicts, slice_wins and slice_losses.

    Raises:
        SRecError: the window has no examples, a baseline is not among the models, or scores are no numbers.
    """
    for name in baselines:
        if name not in scorers:
            raise SRecError(f"the baseline {name!r} is not among the models: {', '.join(scorers)}")
    data = examples(dataset.sequences, part, settings.max_length)
    if not len(data):
        raise SRecError(f"{dataset.path} has no {part} examples: prepare it with a longer {part} window")
    items, _, _ = dataset.sequences.learnable("fit" if part == "test" else "train")
    known_counts = np.bincount(items, minlength=dataset.item_count + 1)
    rankings = {
        name: rank_all(
            scorer,
            data,
            dataset.item_count,
            top=settings.top,
            exclude_inputs=not dataset.repeats,
            batch_size=settings.batch_size,
        )
        for name, scorer in scorers.items()
    }
    ks = sorted({*settings.ks, settings.top})
    values = {name: gains(ranking.ranks, ks) for name, ranking in rankings.items()}
    generator = np.random.default_rng(settings.seed)
    groups = independent_groups(data)
    compared = compare(values, groups, baselines, settings.resamples, generator)
    for name, ranking in rankings.items():
        compared["models"][name] |= {
            "beyond": beyond_accuracy(ranking.top_items, known_counts, dataset.tags),
            "concentration": concentration(ranking.top_items, known_counts),
            "examples_per_second": len(data) / max(ranking.seconds, 1e-9),
        }

    headline = f"HR@{settings.top}"
    masks = {
        "length": slices.by_length(data.lengths),
        "taste": slices.by_taste(data, known_counts),
        "popularity": slices.by_popularity(data.targets, known_counts),
    }
    sliced: Result = {kind: [] for kind in masks}
    for kind, named in masks.items():
        for name, mask in named:
            chosen = {model: {headline: metrics[headline][mask]} for model, metrics in values.items()}
            facts = compare(chosen, groups[mask], baselines, settings.resamples, generator)
            sliced[kind].append({"name": name} | facts)
    unanswerable = next(iter(rankings.values())).unanswerable
    return {
        "srec": __version__,
        "dataset": _dataset_facts(dataset),
        "part": part,
        "settings": settings.model_dump(mode="json"),
        "protocol": statement(dataset.item_count, None if dataset.repeats else unanswerable),
        "unanswerable": unanswerable,
        "baselines": list(baselines),
        "headline": headline,
        **compared,
        "targets": concentration(data.targets, known_counts),
        "slices": sliced,
        "verdicts": list(verdicts.overall(compared["models"], headline)),
        "slice_wins": list(verdicts.by_slice(sliced, headline, "better")),
        "slice_losses": list(verdicts.by_slice(sliced, headline, "worse")),
    }


def table(result: Result) -> Table:
    """The models side by side, for the terminal."""
    title = f"{result['examples']:,} {result['part']} examples of {result['sessions']:,} sessions"
    if result["dataset"]["simulated"]:
        title += ", SIMULATED DATA"
    made = Table(title=title)
    made.add_column("model", no_wrap=True)
    shown = [f"{name}@{result['settings']['top']}" for name in ("HR", "MRR", "NDCG")]
    for heading in (*shown, f"{result['headline']} against baselines", "coverage"):
        made.add_column(heading, justify="right")
    for name, model in result["models"].items():
        rows = [model["metrics"][metric] for metric in shown]
        against = model["against"].get(result["headline"])
        made.add_row(
            Text(name),
            *(Text(f"{row['value']:.4f}\n±{(row['high'] - row['low']) / 2:.4f}") for row in rows),
            Text(against["verdict"] if against else "baseline"),
            f"{model['beyond']['coverage']:.1%}",
        )
    return made


def _dataset_facts(dataset: Dataset) -> Result:
    return {
        "name": dataset.path.name,
        "fingerprint": dataset.fingerprint,
        "simulated": dataset.simulated,
        "split": dataset.manifest.get("split", {}),
        "statistics": dataset.manifest.get("statistics", {}),
    }
