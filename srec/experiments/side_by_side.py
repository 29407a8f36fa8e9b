"""Models measured side by side on one window of a dataset: the numbers of a report."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from srec import __version__
from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.errors import SRecError
from srec.evaluation import slices, verdicts
from srec.evaluation.beyond import beyond_accuracy, concentration
from srec.evaluation.comparison import compare, independent_groups
from srec.evaluation.metrics import gains
from srec.evaluation.protocol import rank_all, statement
from srec.evaluation.results import DatasetFacts, Measured, Report, Slice
from srec.evaluation.settings import EvaluationSettings
from srec.models.base import Scorer

BASELINES = ("popularity", "popularity-recent")


def side_by_side(
    dataset: Dataset,
    scorers: Mapping[str, Scorer],
    settings: EvaluationSettings,
    *,
    part: Literal["test", "valid"] = "test",
    baselines: Sequence[str] = BASELINES,
) -> Report:
    """Measure every model on one window of the dataset.

    Args:
        dataset: the dataset to test on.
        scorers: the models by name, in the order of the tables; none may be fitted on the tested window.
        settings: list lengths, resamples, seed.
        part: the tested window; an item's popularity is the number of its reviews before that window.
        baselines: the models of ``scorers`` that the others must beat.

    Raises:
        SRecError: the window has no examples, a baseline is not among the models, or a score is NaN.
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
    compared = compare(values, groups, baselines=baselines, resamples=settings.resamples, generator=generator)
    models = {
        name: Measured(
            **vars(compared.models[name]),
            beyond=beyond_accuracy(ranking.top_items, known_counts, dataset.tags),
            concentration=concentration(ranking.top_items, known_counts),
            examples_per_second=len(data) / max(ranking.seconds, 1e-9),
        )
        for name, ranking in rankings.items()
    }

    headline = f"HR@{settings.top}"
    masks = {
        "length": slices.by_length(data.lengths),
        "taste": slices.by_taste(data, known_counts),
        "popularity": slices.by_popularity(data.targets, known_counts),
    }
    sliced: dict[str, list[Slice]] = {kind: [] for kind in masks}
    for kind, named in masks.items():
        for name, mask in named:
            chosen = {model: {headline: metrics[headline][mask]} for model, metrics in values.items()}
            found = compare(
                chosen, groups[mask], baselines=baselines, resamples=settings.resamples, generator=generator
            )
            sliced[kind].append(Slice(name, found.examples, found.sessions, found.models))
    unanswerable = next(iter(rankings.values())).unanswerable
    return Report(
        srec=__version__,
        dataset=_facts(dataset),
        part=part,
        settings=settings,
        protocol=statement(dataset.item_count, None if dataset.repeats else unanswerable),
        unanswerable=unanswerable,
        baselines=baselines,
        headline=headline,
        examples=compared.examples,
        sessions=compared.sessions,
        models=models,
        targets=concentration(data.targets, known_counts),
        slices=sliced,
        verdicts=list(verdicts.overall(models, headline)),
        slice_wins=list(verdicts.by_slice(sliced, headline, "better")),
        slice_losses=list(verdicts.by_slice(sliced, headline, "worse")),
    )


def _facts(dataset: Dataset) -> DatasetFacts:
    return DatasetFacts(
        name=dataset.path.name,
        fingerprint=dataset.fingerprint,
        simulated=dataset.simulated,
        split=dataset.manifest.get("split", {}),
        shows=dataset.shows,
        statistics=dataset.manifest.get("statistics", {}),
    )
