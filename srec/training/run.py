"""Training a model into a run directory, resumable at any kill."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

from srec.artifacts import fingerprint, is_current, write_directory
from srec.dataset.batches import Examples, examples
from srec.dataset.dataset import Dataset, Floats, Ints, Part, opened
from srec.errors import TrainingError
from srec.evaluation.settings import BATCH_SIZE
from srec.evaluation.validation import validator
from srec.models import model_entry
from srec.models.session_model import SessionModel
from srec.partial import begin, finish, hold
from srec.settings import Settings, settings_of
from srec.threads import may_run
from srec.training.checkpoint import Progress
from srec.training.counted import count
from srec.training.loop import Stage, Validate, Watch, run_stage
from srec.training.process import computing
from srec.training.runs import KIND, VERSION, WEIGHTS, Run
from srec.training.settings import TrainingSettings, training_of
from srec.training.warm import Warm
from srec.training.workers import Workers


def train(
    dataset: Dataset | str | Path,
    target: str | Path,
    model: str = "smart",
    *,
    settings: Settings | Mapping[str, Any] | None = None,
    training: TrainingSettings | Mapping[str, Any] | None = None,
    choose_on: Literal["valid", "test"] = "valid",
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
    warm: Warm | None = None,
    watch: Watch = lambda step: None,
    told: Callable[[str], None] = lambda line: None,
) -> Run:
    """Train a model into a run directory; an interrupted training goes on, and a finished one is kept.

    A counted model whose scores are a sum, such as ``smart``, is counted and stored; what follows is about
    the others. The epoch is chosen by ``training.metric`` on the validation window. While it trains, its
    state is in ``<target>.partial``; the run appears at ``target`` when it is complete. An interrupted
    training goes on with its first number of threads, because another number sums in another order. Only
    another number of processes computes with the threads that are asked for. Numbers below 1e-38 are treated
    as zero.

    Args:
        dataset: the dataset to train on, or its path.
        target: the run directory to write.
        model: a model of the MODELS table that is learnt or can be stored.
        settings: the model's settings, or those that differ from its defaults.
        training: the loop's settings. A mapping says what differs from the model's paper. A
            ``TrainingSettings`` object is taken as it is: what it leaves out has SRec's defaults, not the
            paper's.
        choose_on: the window that chooses the epoch. "test" is for reproducing papers that choose theirs
            there: it says nothing about how good the model is on unseen data. The manifest of such a run has
            ``chosen_on``, and it is not taken for an honest one. Runs of SRec 0.1 lack the key; those of its
            "paper" protocol are known only by their folders: paper-0, paper-1, ...
        batch_size: examples scored at a time to choose the epoch; it bounds the memory and changes no rank.
        threads: torch's threads while it trains; None leaves their number as it is.
        warm: for a learnt model, where to begin instead of fresh weights, and for how many epochs.
        watch: called after each step.
        told: called with a line if an interrupted training keeps another number of threads.

    Raises:
        SettingsError: there is no such model, or it is counted and cannot be stored.
        TrainingError: there is nothing to learn from, the loss is not finite, or another process is training
            into this target.
        SRecError: there is no example to choose the epoch with.
    """
    entry = model_entry(model)
    kind, dataset, target = entry.load(), opened(dataset), Path(target)
    own: Settings = settings_of(kind.settings_type, settings)
    if not entry.learnt:
        return count(dataset, target, model, settings=own)
    training = training if isinstance(training, TrainingSettings) else training_of(kind, training)
    inputs = {"dataset": dataset.fingerprint}
    if warm is not None:
        inputs |= {"warm": fingerprint(warm.run.path)}
    parameters: dict[str, Any] = {
        "model": model,
        "settings": own.model_dump(),
        "training": training.model_dump(),
    }
    parameters |= {"warm_epochs": warm.epochs} if warm is not None else {}
    workers = Workers.current()
    if workers.agreed(is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters)):
        return _chosen_alike(Run(target), choose_on)
    validate = validator(dataset, training.max_length, part=choose_on, batch_size=batch_size)
    partial = target.with_name(f"{target.name}.partial")
    with ExitStack() as held:
        if workers.agreed(workers.first and not hold(partial, held)):
            raise TrainingError(f"another process is training {target}: wait for it, or name another target")
        # Only what is unusual is written, because runs are compared by their text.
        unusual = {} if choose_on == "valid" else {"chosen_on": choose_on}
        threads = threads or min(torch.get_num_threads(), may_run())
        begun: dict[str, Any] = {}
        if workers.first:
            wanted = {"inputs": inputs, "parameters": parameters} | unusual
            begun = begin(partial, wanted, {"threads": threads, "processes": workers.count})
        begun = workers.agreed(begun)
        # As other processes it sums in another order anyway.
        kept = int(begun["threads"]) if begun["processes"] == workers.count else threads
        if workers.first and kept != threads:
            told(f"{target} goes on with the threads it began with: {kept}, not {threads}")
        held.enter_context(computing(kept))
        fresh = _Fresh(dataset, kind, own, training)
        if warm is None:
            trained, done, facts = _stages(fresh, validate, watch, partial)
        else:
            trained, done, facts = _warm(fresh, warm, watch, partial)
        if workers.first:
            with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
                weights = {key: value.cpu().contiguous() for key, value in trained.state_dict().items()}
                save_file(weights, draft.path / WEIGHTS)
                lines = "".join(json.dumps(line) + "\n" for line in done.log)
                (draft.path / "metrics.jsonl").write_text(lines, encoding="utf-8")
                draft.facts = facts | unusual
            finish(partial)
    workers.wait()
    return Run(target)


def _chosen_alike(run: Run, choose_on: str) -> Run:
    """The existing run; refuses to take one that chose its epoch on the test for an honest one."""
    if choose_on == "valid" and run.manifest.get("chosen_on") == "test":
        raise TrainingError(f"{run.path} chose its epoch on the test set: name another target")
    return run


@dataclass(frozen=True)
class _Fresh:
    """The ingredients of a stage."""

    dataset: Dataset
    kind: Any
    settings: Settings
    training: TrainingSettings

    def begin(self, part: Part) -> tuple[SessionModel, Examples, Floats | None]:
        """A model before its first step, its examples, and how often each is drawn."""
        sequences = self.dataset.sequences
        data = examples(sequences, part, self.training.max_length)
        if not len(data):
            raise TrainingError(f"{self.dataset.path} has no session of two items to learn from")
        model: SessionModel = self.kind.build(self.dataset, self.settings)
        if model.whole_sessions:
            data = data.longest()
        model.initialise(self.training.seed)
        items, _, sessions = sequences.learnable(part)
        model.prepare(items, sessions)
        times = sequences.times[data.ends]
        # Bare sessions have their number for a time, and the first one's is 0.
        undated = (times == 0) & self.dataset.has_games
        return model, data, _shares(times, self.training.half_life_days, undated=undated)


def _stages(
    fresh: _Fresh, validate: Validate, watch: Watch, partial: Path
) -> tuple[SessionModel, Progress, dict[str, Any]]:
    """Choose the epoch, then train again on all data before the test."""
    training = fresh.training
    model, data, shares = fresh.begin("train")
    stage = Stage("select", data, shares, training.epochs, validate)
    done = run_stage(model, stage, training, checkpoint=partial / "select.safetensors", watch=watch)
    facts = {
        "chosen_epoch": done.best_epoch,
        "valid": done.log[done.best_epoch - 1]["valid"],
        "parameter_count": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": {"select": round(done.seconds, 1)},
        "peak_memory_mb": {"select": done.peak_memory_mb},
    }
    if training.refit:
        model, data, shares = fresh.begin("fit")
        stage = Stage("refit", data, shares, done.best_epoch, None)
        done = run_stage(
            model, stage, training, checkpoint=partial / "refit.safetensors", log=done.log, watch=watch
        )
        facts["seconds"]["refit"] = round(done.seconds, 1)
        facts["peak_memory_mb"]["refit"] = done.peak_memory_mb
    return model, done, facts


def _warm(
    fresh: _Fresh, warm: Warm, watch: Watch, partial: Path
) -> tuple[SessionModel, Progress, dict[str, Any]]:
    """Go on from an earlier run; what chose its epoch stays known of it."""
    model, data, shares = fresh.begin("fit")
    warm.begin(model, fresh.dataset.app_ids)
    stage = Stage("warm", data, shares, warm.epochs, None)
    # At the first rate, a step leaves the minimum that the earlier run has found.
    slower = {"learning_rate": fresh.training.learning_rate * fresh.training.decay_factor}
    training = fresh.training.model_copy(update=slower)
    done = run_stage(model, stage, training, checkpoint=partial / "warm.safetensors", watch=watch)
    facts = {
        "chosen_epoch": warm.epochs,
        "valid": dict(warm.run.valid),
        "parameter_count": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": {"warm": round(done.seconds, 1)},
        "peak_memory_mb": {"warm": done.peak_memory_mb},
    }
    return model, done, facts


def _shares(times: Ints, half_life_days: float | None, *, undated: npt.NDArray[np.bool_]) -> Floats | None:
    """How often examples of these times (epoch seconds) are drawn; None draws each once an epoch.

    Undated ones count as the average dated one.
    """
    if half_life_days is None or undated.all():
        return None
    ages = (times.max() - times) / (86_400 * half_life_days)
    faded = 0.5**ages
    faded[undated] = faded[~undated].mean()
    shares: Floats = faded / faded.sum()
    return shares
