"""One row of a leaderboard: a model fitted or trained on a dataset, and measured on its test window once.

The protocol is "honest": what is learnt chooses its epoch on the validation window and is then trained anew
on all before the test. Shapes: E examples.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Floats
from srec.environment import environment
from srec.errors import SettingsError
from srec.evaluation.comparison import Bootstrap, independent_groups
from srec.evaluation.metrics import METRICS, TABLE_KS, deviation, gains
from srec.evaluation.protocol import Ranking, rank_all
from srec.evaluation.settings import BATCH_SIZE, EvaluationSettings
from srec.models import model_entry
from srec.models.base import Scorer
from srec.models.blend import Blend
from srec.models.session_model import TorchScorer
from srec.settings import Recipe, Settings
from srec.training.loop import Watch
from srec.training.run import train
from srec.training.settings import TrainingSettings
from srec.training.workers import Workers

RESAMPLES = 1000


@dataclass(frozen=True)
class Row:
    """What to measure.

    Attributes:
        name: in the table.
        model: a key of the MODELS table.
        settings: the model's.
        training: the loop's; None for a model that is only counted.
        max_length: the newest items of a session that are input.
    """

    name: str
    model: str
    settings: Settings
    training: TrainingSettings | None
    max_length: int

    def described(self, dataset: Dataset, seeds: Sequence[int]) -> dict[str, Any]:
        """The data and settings that the row's numbers depend on, as plain JSON."""
        return {
            "name": self.name,
            "model": self.model,
            "dataset": dataset.fingerprint,
            "settings": self.settings.model_dump(mode="json"),
            "training": self.training.model_dump(mode="json", exclude={"seed"}) if self.training else None,
            "max_length": self.max_length,
            "seeds": list(seeds) if self.training else [],
        }


def changed(changes: Sequence[str], models: Iterable[str]) -> Recipe:
    """What ``--set`` changes of the training, the models and the evaluation's batches; nothing is ignored.

    Raises:
        SettingsError: a change is of what is not read here.
    """
    own = (model_entry(name).load().settings_type.section for name in models)
    recipe = Recipe((TrainingSettings.section, EvaluationSettings.section, *own), overrides=changes)
    for ignored in recipe.get(EvaluationSettings).model_fields_set - {"batch_size"}:
        raise SettingsError(f"evaluation.{ignored} is for srec evaluate: here the protocol decides it")
    return recipe


def measure(
    dataset: Dataset,
    row: Row,
    seeds: Sequence[int],
    folder: Path,
    watch: Watch = lambda step: None,
    batch_size: int = BATCH_SIZE,
) -> dict[str, Any]:
    """Fit or train a row's model and look at the test window once for each seed.

    Args:
        dataset: what to learn and to test on.
        row: the model and its settings.
        seeds: of trained models; one run each.
        folder: where the runs are kept; an interrupted one goes on.
        watch: told after each training step.
        batch_size: examples scored at a time.

    Returns:
        Plain JSON: the description, metrics (mean over seeds), deviation (over seeds), interval (95 %, over
        resampled sessions), epochs, seconds, examples_per_second, parameters, environment; of a blend also
        the weights of its models.
    """
    data = examples(dataset.sequences, "test", row.max_length)
    found: list[dict[str, Floats]] = []
    facts: dict[str, Any] = {"epochs": [], "parameters": 0}
    speeds, seconds = [], []
    for seed in seeds if row.training else (0,):
        started = time.perf_counter()
        scorer: Scorer
        if row.training:
            training = row.training.model_copy(update={"seed": seed})
            target = folder / f"{row.name.replace(' ', '-')}-{seed}"
            run = train(
                dataset,
                target,
                row.model,
                settings=row.settings,
                training=training,
                batch_size=batch_size,
                watch=watch,
            )
            facts["epochs"].append(run.manifest["chosen_epoch"])
            facts["parameters"] = run.manifest["parameter_count"]
            seconds.append(sum(run.manifest["seconds"].values()))
            scorer = TorchScorer(run.load(dataset).to(Workers.current().device))
        else:
            scorer = model_entry(row.model).load().fit(dataset, row.settings, "fit")
            seconds.append(time.perf_counter() - started)
            if isinstance(scorer, Blend):
                facts["weights"] = scorer.weights
        started = time.perf_counter()
        ranking: Ranking = rank_all(
            scorer, data, dataset.item_count, top=0, exclude_inputs=not dataset.repeats, batch_size=batch_size
        )
        speeds.append(len(data) / (time.perf_counter() - started))
        found.append(gains(ranking.ranks, TABLE_KS))
    means = {metric: [float(one[metric].mean()) for one in found] for metric in METRICS}
    by_example_EC = np.column_stack([np.mean([one[metric] for one in found], axis=0) for metric in METRICS])
    boot = Bootstrap(by_example_EC, independent_groups(data), RESAMPLES, np.random.default_rng(0))
    intervals = [boot.mean(column) for column in range(len(METRICS))]
    return {
        **row.described(dataset, seeds),
        "examples": len(data),
        "metrics": {metric: float(np.mean(means[metric])) for metric in METRICS},
        "deviation": {metric: deviation(means[metric]) for metric in METRICS},
        "interval": {
            metric: [interval.low, interval.high] for metric, interval in zip(METRICS, intervals, strict=True)
        },
        **facts,
        "seconds": round(float(np.mean(seconds)), 2),
        "examples_per_second": round(float(np.median(speeds)), 1),
        "environment": environment(),
    }
