"""``srec reproduce``: the paper's GCE-GNN on the paper's files, under two protocols that are never mixed.

"paper" does as the authors' code does: it trains on all sessions and reports, for each metric by itself, the
best epoch on the test set. The authors stop after three epochs, all told, in which neither HR@20 nor MRR@20
came up to its best; here all epochs are trained, which can only find as good a best or a better one. "honest"
chooses the epoch on the latest whole sessions, held out, then trains anew on all for as many epochs and looks
at the test set once; mean and deviation over seeds.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from srec.artifacts import write_json
from srec.dataset.sessions import digests, prepare_sessions
from srec.environment import environment
from srec.errors import SettingsError
from srec.evaluation.metrics import METRICS, deviation
from srec.evaluation.settings import EvaluationSettings
from srec.evaluation.validation import validator
from srec.experiments.rows import changed
from srec.models.gce_gnn import GCEGNNSettings
from srec.models.session_model import TorchScorer
from srec.reports.numbers import in_percent
from srec.training.loop import Watch
from srec.training.run import train
from srec.training.settings import TrainingSettings
from srec.training.workers import Workers

Protocol = Literal["paper", "honest"]
HELD_OUT = 0.1
FIXED = {"seed", "epochs", "refit"}
EPOCHS = 20  # the authors'


@dataclass(frozen=True)
class Published:
    """What the paper says of a set: settings that differ between sets (section 5.1), and its results."""

    hops: int
    dropout_gcn: float
    dropout_local: float
    figures: dict[str, float]


# Wang et al., SIGIR 2020, Table 2 (P@K is HR@K), and the authors' code for the dropouts.
PAPER = {
    "diginetica": Published(2, 0.2, 0.0, {"HR@10": 41.16, "HR@20": 54.22, "MRR@10": 18.15, "MRR@20": 19.04}),
    "nowplaying": Published(1, 0.0, 0.0, {}),
    "tmall": Published(1, 0.6, 0.5, {"HR@10": 28.01, "HR@20": 33.42, "MRR@10": 15.08, "MRR@20": 15.42}),
}
OTHER = Published(1, 0.2, 0.0, {})


def model_settings(name: str) -> GCEGNNSettings:
    """The paper's settings for a set; for one it does not have, one hop."""
    published = PAPER.get(name, OTHER)
    return GCEGNNSettings(
        dimension=100,
        hops=published.hops,
        tags=False,
        context=False,
        dropout_gcn=published.dropout_gcn,
        dropout_local=published.dropout_local,
    )


def training_settings(protocol: Protocol, seed: int, epochs: int) -> TrainingSettings:
    """The authors': random batches of 100, Adam at 0.001, a tenth of it every third epoch.

    Patience, in epochs of no better MRR@20, is 3 under "honest"; "paper" trains all epochs.
    """
    honest = protocol == "honest"
    patience = 3 if honest else epochs
    return TrainingSettings(
        length_chunk=1, epochs=epochs, patience=patience, refit=honest, max_length=200, seed=seed
    )


def located(dataset: str, data: Path) -> tuple[Path, str]:
    """Where a set is, and the name that its settings and results go by.

    Args:
        dataset: the name of a set of the paper, or a folder of two such files; that one's name has a hash of
            the files, for another folder of its name shall not take its place.
        data: where the named sets are.

    Raises:
        SourceError: the folder lacks one of the files.
    """
    source = Path(dataset)
    for name in PAPER:
        if dataset == name or source.resolve() == (data / name).resolve():
            return data / name, name
    found = hashlib.sha256("".join(digests(source).values()).encode()).hexdigest()
    return source, f"{source.resolve().name}-{found[:8]}"


def reproduce(
    source: Path,
    name: str,
    work: Path,
    protocol: Protocol,
    seeds: Sequence[int],
    epochs: int,
    changes: Sequence[str] = (),
    watch: Watch = lambda step: None,
) -> dict[str, Any]:
    """Train and measure under one protocol; interrupted, the same call goes on.

    Args:
        source: the folder of sessions.
        name: what its results go by; a set of the paper has that one's settings.
        work: where datasets and runs are kept.
        protocol: "paper" or "honest".
        seeds: of weights, order and dropout; one run each.
        epochs: the most epochs.
        changes: ``section.key=value`` of [training] and [gce-gnn] that shall differ from the paper's, and
            evaluation.batch_size.
        watch: told after each training step.

    Returns:
        Plain JSON, also written to ``result_file``: runs, metrics, settings, environment.

    Raises:
        SourceError: the files are no sets of sessions.
        SettingsError: a change is none that can be made.
    """
    folder, differing = work / name, differences(epochs, changes)
    dataset = prepare_sessions(source, folder / protocol, HELD_OUT if protocol == "honest" else 0.0)
    recipe = changed(changes, ["gce-gnn"])
    batch_size = recipe.get(EvaluationSettings).batch_size
    for fixed in FIXED & recipe.get(TrainingSettings).model_fields_set:
        raise SettingsError(
            f"training.{fixed} is the protocol's or an option of its own: it cannot be set here"
        )
    model = recipe.changed(model_settings(name))
    part: Literal["valid", "test"] = "valid" if protocol == "honest" else "test"
    runs: list[dict[str, Any]] = []
    for seed in seeds:
        training = recipe.changed(training_settings(protocol, seed, epochs))
        # The leaderboard has the honest runs too, and finds them here.
        target = folder / (f"paper-{seed}" if protocol == "paper" else f"runs/gce-gnn-{seed}")
        target = target.with_name("-".join((target.name, *differing)))
        run = train(
            dataset,
            target,
            "gce-gnn",
            settings=model,
            training=training,
            choose_on=part,
            batch_size=batch_size,
            watch=watch,
        )
        curve = [line["valid"] for line in run.log if line["stage"] == "select"]
        found: dict[str, Any] = {"seed": seed, "epochs": len(curve), "curve": curve}
        found |= {fact: run.manifest[fact] for fact in ("seconds", "peak_memory_mb")}
        if protocol == "paper":
            found["metrics"] = {metric: max(epoch[metric] for epoch in curve) for metric in METRICS}
        else:
            test = validator(dataset, training.max_length, "test", batch_size)(
                TorchScorer(run.load(dataset).to(Workers.current().device))
            )
            found |= {"chosen_epoch": run.manifest["chosen_epoch"], "metrics": {m: test[m] for m in METRICS}}
        runs.append(found)
    values = {metric: [run["metrics"][metric] for run in runs] for metric in METRICS}
    result = {
        "command": "reproduce gce-gnn",
        "dataset": name,
        "protocol": protocol,
        "changed": ", ".join(differing),
        "metrics": {metric: float(np.mean(found)) for metric, found in values.items()},
        "deviation": {metric: deviation(found) for metric, found in values.items()},
        "paper": PAPER.get(name, OTHER).figures,
        "runs": runs,
        "model": model.model_dump(),
        "training": training.model_dump(exclude={"seed"}),
        "environment": environment(),
    }
    write_json(result_file(work, name, protocol, differing), result)
    return result


def differences(epochs: int, changes: Sequence[str]) -> tuple[str, ...]:
    """What differs from the paper's settings, as the names of runs and results say it."""
    trained = (
        change for change in changes if not change.strip().startswith(f"{EvaluationSettings.section}.")
    )
    return (*((f"epochs={epochs}",) if epochs != EPOCHS else ()), *trained)


def result_file(work: Path, name: str, protocol: Protocol, differing: Sequence[str] = ()) -> Path:
    """Where ``reproduce`` writes its result."""
    return work / name / ("-".join((protocol, *differing)) + ".json")


def table(result: dict[str, Any]) -> Table:
    """The figures beside the paper's, in %."""
    chosen = "best epoch of each metric on the test set" if result["protocol"] == "paper" else "one look"
    made = Table("", *METRICS, title=f"{result['dataset']}, protocol {result['protocol']}: {chosen}")
    runs = len(result["runs"])
    made.add_row(f"here, {runs} seed(s)", *in_percent(result, runs))
    made.add_row("the paper", *(f"{result['paper'][m]:.2f}" if result["paper"] else "-" for m in METRICS))
    return made
