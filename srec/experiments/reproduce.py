"""``srec reproduce``: the paper's GCE-GNN on the paper's files, under two protocols that are never mixed.

"paper" does as the authors' code does: it trains on all sessions and reports each metric at its own best
epoch on the test set. The authors stop after a total of three epochs in which neither HR@20 nor MRR@20
reaches its best. SRec trains all epochs, so its best can only be equal or better.

"honest" holds out the latest whole sessions and chooses the epoch on them. Then it trains again on all
sessions for that many epochs and looks at the test set once. Mean and deviation are over seeds.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from srec.dataset.dataset import Dataset
from srec.dataset.sessions import prepare_sessions
from srec.environment import Environment
from srec.errors import SettingsError
from srec.evaluation.metrics import METRICS, deviation
from srec.evaluation.results import Protocol, ReproducedRun, Reproduction
from srec.evaluation.settings import EvaluationSettings
from srec.evaluation.validation import validator
from srec.experiments.asked import changed, checked_seeds
from srec.experiments.sets import HELD_OUT, OTHER, PAPER, located, model_settings
from srec.models.session_model import TorchScorer
from srec.training.loop import Watch
from srec.training.process import computing
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import TrainingSettings
from srec.training.workers import Workers

FIXED = {"seed", "epochs", "refit"}
EPOCHS = 20  # the authors' number


def training_settings(protocol: Protocol, seed: int, epochs: int) -> TrainingSettings:
    """The authors' settings: random batches of 100, and Adam at 0.001, a tenth of it every third epoch.

    "honest" stops after 3 epochs without a better MRR@20; "paper" trains all epochs.
    """
    honest = protocol == "honest"
    patience = 3 if honest else epochs
    return TrainingSettings(
        length_chunk=1, epochs=epochs, patience=patience, refit=honest, max_length=200, seed=seed
    )


def reproduce(
    model: str,
    dataset: str | Path,
    *,
    protocol: Protocol = "honest",
    data: str | Path | None = None,
    seeds: int = 1,
    epochs: int = EPOCHS,
    overrides: Sequence[str] = (),
    work: str | Path = "work/sessions",
    threads: int | None = None,
    watch: Watch = lambda step: None,
    told: Callable[[str], None] = lambda line: None,
) -> Reproduction:
    """Train a paper's model with its settings, and measure it under one protocol; resumes if interrupted.

    Args:
        model: the paper's model: "gce-gnn".
        dataset: "diginetica", "tmall", "nowplaying", or a folder of sessions with the same two files.
        protocol: "paper" or "honest".
        data: the folder that has the named sets.
        seeds: how many runs, with the seeds 0, 1, ...
        epochs: the most epochs; "paper" trains all of them.
        overrides: ``section.key=value`` of [training] and [gce-gnn] that differ from the paper's, and
            evaluation.batch_size.
        work: the folder that keeps datasets, runs and results.
        threads: torch's threads; None leaves their number as it is.
        watch: called after each training step.
        told: called with a line if an interrupted training keeps another number of threads.

    Raises:
        SourceError: the files are not sets of sessions.
        SettingsError: there is no such model or protocol, or an override is not allowed here.
    """
    if model != "gce-gnn" or protocol not in ("paper", "honest"):
        raise SettingsError("there is the model gce-gnn, and the protocols are paper and honest")
    (source, name), numbers = located(dataset, data), checked_seeds(seeds)
    folder, differing, honest = Path(work) / name, differences(epochs, overrides), protocol == "honest"
    prepared = prepare_sessions(source, folder / protocol, HELD_OUT if honest else 0.0)
    recipe = changed(overrides, ["gce-gnn"])
    batch_size = recipe.get(EvaluationSettings).batch_size
    for fixed in FIXED & recipe.get(TrainingSettings).model_fields_set:
        raise SettingsError(
            f"training.{fixed} cannot be set here: the protocol or an option of its own decides it"
        )
    settings = recipe.changed(model_settings(name))
    training = recipe.changed(training_settings(protocol, 0, epochs))
    runs: list[ReproducedRun] = []
    with computing(threads):
        for seed in numbers:
            # The leaderboard uses the honest runs too, and finds them here.
            target = folder / (f"runs/gce-gnn-{seed}" if honest else f"paper-{seed}")
            run = train(
                prepared,
                target.with_name("-".join((target.name, *differing))),
                model,
                settings=settings,
                training=training.model_copy(update={"seed": seed}),
                choose_on="valid" if honest else "test",
                batch_size=batch_size,
                watch=watch,
                told=told,
            )
            runs.append(_measured(run, prepared, honest, batch_size))
    values = {metric: [run.metrics[metric] for run in runs] for metric in METRICS}
    return Reproduction(
        dataset=name,
        protocol=protocol,
        changed=", ".join(differing),
        metrics={metric: float(np.mean(found)) for metric, found in values.items()},
        deviation={metric: deviation(found) for metric, found in values.items()},
        paper=PAPER.get(name, OTHER).figures,
        runs=runs,
        model=settings.model_dump(),
        training=training.model_dump(exclude={"seed"}),
        environment=Environment.here(),
    ).write(folder / ("-".join((protocol, *differing)) + ".json"))


def _measured(run: Run, dataset: Dataset, honest: bool, batch_size: int) -> ReproducedRun:
    """A run's metrics: those of its best epochs on the test set, or of one look at it."""
    curve = [line["valid"] for line in run.log if line["stage"] == "select"]
    if honest:
        look = validator(dataset, run.training.max_length, part="test", batch_size=batch_size)
        found = look(TorchScorer(run.load(dataset).to(Workers.current().device)))
    else:
        found = {metric: max(epoch[metric] for epoch in curve) for metric in METRICS}
    return ReproducedRun(
        seed=run.training.seed,
        epochs=len(curve),
        curve=curve,
        seconds=run.seconds,
        peak_memory_mb=run.peak_memory_mb,
        chosen_epoch=run.chosen_epoch if honest else None,
        metrics={metric: found[metric] for metric in METRICS},
    )


def differences(epochs: int, overrides: Sequence[str]) -> tuple[str, ...]:
    """The differences from the paper's settings, as the names of runs and results have them."""
    trained = (one for one in overrides if not one.strip().startswith(f"{EvaluationSettings.section}."))
    return (*((f"epochs={epochs}",) if epochs != EPOCHS else ()), *trained)
