"""One row of a leaderboard: a model that is fitted or trained on a dataset and measured on its test window.

The protocol is "honest": a learnt model chooses its epoch on the validation window and is then trained again
on all data before the test. Shapes: E examples.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Floats, Part
from srec.environment import Environment
from srec.evaluation.comparison import Bootstrap, Estimate, independent_groups
from srec.evaluation.fold_in import in_head
from srec.evaluation.metrics import METRICS, TABLE_KS, deviation, gains
from srec.evaluation.players import Players
from srec.evaluation.protocol import Ranking, rank_all
from srec.evaluation.results import Row
from srec.evaluation.settings import BATCH_SIZE, VisitorSettings
from srec.experiments.candidates import Candidate
from srec.experiments.fold_in import fold_in
from srec.models.base import Scorer
from srec.models.blend import Blend, BlendSettings
from srec.models.session_model import TorchScorer
from srec.training.loop import Watch
from srec.training.run import train
from srec.training.runs import Run
from srec.training.workers import Workers

RESAMPLES = 1000
HEAD = 100


@dataclass
class _Made:
    """A model that can be measured, and the cost of making it."""

    scorer: Scorer
    seconds: float
    epochs: list[int] = field(default_factory=list)
    parameters: int = 0
    weights: Mapping[str, float] | None = None


def measure(
    dataset: Dataset,
    candidate: Candidate,
    *,
    seeds: Sequence[int],
    folder: Path,
    players: Players | None = None,
    batch_size: int = BATCH_SIZE,
    watch: Watch = lambda step: None,
    told: Callable[[str], None] = lambda line: None,
) -> Row:
    """Fit or train a model and look at the test window once for each seed.

    Args:
        dataset: the dataset to learn from and to test on.
        candidate: the model and its settings.
        seeds: the seeds of a trained model, one for each run.
        folder: the folder that keeps the runs; an interrupted run goes on.
        players: held-out players, to measure what they get too.
        batch_size: examples scored at a time; it bounds the memory and changes no rank.
        watch: called after each training step.
        told: called with a line if an interrupted training keeps another number of threads.
    """
    data = examples(dataset.sequences, "test", candidate.max_length)
    found: list[dict[str, Floats]] = []
    visited: list[dict[str, Estimate]] = []
    made: list[_Made] = []
    speeds = []
    learn = partial(train, dataset, batch_size=batch_size, watch=watch, told=told)
    for seed in seeds if candidate.training else (0,):
        made.append(_made(dataset, candidate, learn, seed=seed, folder=folder))
        started = time.perf_counter()
        ranking: Ranking = rank_all(
            made[-1].scorer,
            data,
            dataset.item_count,
            top=0,
            exclude_inputs=not dataset.repeats,
            batch_size=batch_size,
        )
        speeds.append(len(data) / (time.perf_counter() - started))
        found.append(gains(ranking.ranks, TABLE_KS))
        if players is not None:
            visited.append(
                fold_in(
                    dataset,
                    made[-1].scorer,
                    players,
                    settings=VisitorSettings(),
                    resamples=RESAMPLES,
                    batch_size=batch_size,
                )
            )
    means = {metric: [float(one[metric].mean()) for one in found] for metric in METRICS}
    by_example_EC = np.column_stack([np.mean([one[metric] for one in found], axis=0) for metric in METRICS])
    boot = Bootstrap(
        by_example_EC,
        independent_groups(data),
        resamples=RESAMPLES,
        generator=np.random.default_rng(0),
    )
    intervals = [boot.mean(column) for column in range(len(METRICS))]
    items, _, _ = dataset.sequences.learnable("fit")
    off_E = ~in_head(np.bincount(items, minlength=dataset.item_count + 1), HEAD)[data.targets]
    off_head = [float(one["HR@20"][off_E].mean()) for one in found if off_E.any()]
    return Row(
        **candidate.described(dataset, seeds),
        examples=len(data),
        metrics={metric: float(np.mean(means[metric])) for metric in METRICS},
        deviation={metric: deviation(means[metric]) for metric in METRICS},
        interval={
            metric: (interval.low, interval.high) for metric, interval in zip(METRICS, intervals, strict=True)
        },
        off_head=float(np.mean(off_head)) if off_head else None,
        epochs=[epoch for one in made for epoch in one.epochs],
        parameters=made[-1].parameters,
        weights=made[-1].weights,
        seconds=round(float(np.mean([one.seconds for one in made])), 2),
        examples_per_second=round(float(np.median(speeds)), 1),
        players=None if players is None else players.digest,
        visitors=None if players is None else _over_seeds(visited),
        environment=Environment.here(),
    )


def _over_seeds(visited: Sequence[Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """The means of each metric, with the intervals of the first seed."""
    return {
        metric: replace(first, value=float(np.mean([one[metric].value for one in visited])))
        for metric, first in visited[0].items()
    }


def _made(
    dataset: Dataset, candidate: Candidate, learn: Callable[..., Run], *, seed: int, folder: Path
) -> _Made:
    """Count, train or blend.

    Args:
        dataset: the dataset to learn from.
        candidate: the model and its settings.
        learn: trains a model of the dataset into a run directory.
        seed: the seed of what is trained.
        folder: the folder that keeps the runs.
    """
    training, name = candidate.training, candidate.name.replace(" ", "-")
    runs: list[Run] = []

    def trained(model: str, part: Part, settings: Any) -> Scorer:
        """A learnt model that knows the data before the test, or before the validation window ("train")."""
        assert training is not None
        before = {"seed": seed, "refit": part != "train"}
        # A blend's models have folders of their own.
        folders = [name, *([model, part] if model != candidate.model else []), str(seed)]
        target = folder / "-".join(folders)
        runs.append(learn(target, model, settings=settings, training=training.model_copy(update=before)))
        return TorchScorer(runs[-1].load(dataset).to(Workers.current().device))

    started = time.perf_counter()
    if isinstance(candidate.settings, BlendSettings):
        parts = candidate.settings.parts
        blend = Blend.fit(
            dataset,
            candidate.settings,
            "fit",
            learnt=lambda model, part: trained(model, part, parts.get(model)),
        )
        return _Made(blend, time.perf_counter() - started, *_facts(runs), weights=blend.weights)
    if training is None:
        scorer = candidate.kind.fit(dataset, candidate.settings, "fit")
        return _Made(scorer, time.perf_counter() - started)
    scorer = trained(candidate.model, "fit", candidate.settings)
    # An interrupted training goes on, so the clock of this call does not know it all.
    return _Made(scorer, sum(runs[0].seconds.values()), *_facts(runs))


def _facts(runs: Sequence[Run]) -> tuple[list[int], int]:
    """The chosen epochs of what was trained again on all data, and how many numbers that learnt."""
    whole = [run for run in runs if run.training.refit]
    return [run.chosen_epoch for run in whole], sum(run.parameter_count for run in whole)
