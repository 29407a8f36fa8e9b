"""The only training loop: every learnt model, every dataset."""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from srec.data.dataset import Floats
from srec.errors import TrainingError
from srec.features.batches import Examples, batches
from srec.models.base import Scorer
from srec.models.session_model import SessionModel, TorchScorer
from srec.training.checkpoint import Progress, load, save
from srec.training.settings import TrainingSettings

Validate = Callable[[Scorer], dict[str, float]]
BETTER = 1.001  # a gain of less than a thousandth, as the decayed learning rate brings, is none


@dataclass(frozen=True)
class Step:
    """What a watcher is told after each step."""

    stage: str
    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    examples_per_second: float


Watch = Callable[[Step], None]


@dataclass(frozen=True)
class Stage:
    """One training from fresh weights: to choose the epoch ("select"), or for a known number of them.

    Attributes:
        name: "select" or "refit"; it stands in the log.
        data: the examples.
        shares: float [E], how often each is drawn; where None, each comes once an epoch.
        epochs: the most epochs.
        validate: gives the metrics that choose the epoch; where None, the last epoch is the best.
    """

    name: str
    data: Examples
    shares: Floats | None
    epochs: int
    validate: Validate | None


def run_stage(
    model: SessionModel,
    stage: Stage,
    settings: TrainingSettings,
    checkpoint: Path,
    log: list[dict[str, Any]],
    watch: Watch = lambda step: None,
) -> Progress:
    """Train a prepared model, or go on from the checkpoint, and leave it with its best weights.

    After a kill at any moment the same call ends with the same bits, on the same machine with the same
    number of threads.

    Args:
        model: initialised and prepared.
        stage: what to train on, and how the epoch is chosen.
        settings: optimizer, schedule, seed.
        checkpoint: the file to keep the state in.
        log: the log lines of earlier stages; they stay at the head of the log.
        watch: told after each step.

    Raises:
        TrainingError: the loss is not finite; the message names the step.
    """
    optimizer = torch.optim.Adam(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    progress, best = Progress(stage.name, log=list(log)), dict[str, Tensor]()
    with _deterministic():
        torch.manual_seed(settings.seed)
        if checkpoint.exists():
            progress, best = load(checkpoint, model, optimizer)
        while not _finished(progress, stage, settings):
            _run_epoch(model, stage, settings, optimizer, progress, best, checkpoint, watch)
            best = _end_epoch(model, stage, optimizer, progress, settings, best)
            save(checkpoint, progress, model, optimizer, best)
    model.load_state_dict(best)
    return progress


def _finished(progress: Progress, stage: Stage, settings: TrainingSettings) -> bool:
    waited = progress.epoch - progress.best_epoch
    return progress.epoch >= stage.epochs or (stage.validate is not None and waited >= settings.patience)


def _run_epoch(
    model: SessionModel,
    stage: Stage,
    settings: TrainingSettings,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    best: dict[str, Tensor],
    checkpoint: Path,
    watch: Watch,
) -> None:
    model.train()
    data, total = stage.data, math.ceil(len(stage.data) / settings.batch_size)
    rate = settings.learning_rate * settings.decay_factor ** (progress.epoch // settings.decay_every)
    for group in optimizer.param_groups:
        group["lr"] = rate
    order = np.random.default_rng([settings.seed, progress.epoch])
    started = saved = time.monotonic()
    examples = 0
    for chosen in itertools.islice(
        batches(data, settings.batch_size, order, stage.shares, settings.length_chunk), progress.step, None
    ):
        items_BL = torch.from_numpy(data.inputs(chosen))
        targets_B = torch.from_numpy(data.targets[chosen].astype(np.int64))
        optimizer.zero_grad()
        loss = model.loss(items_BL, targets_B)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at step {progress.step + 1} of epoch {progress.epoch + 1}"
                f" ({stage.name}): lower training.learning_rate (now {rate:g})"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        progress.step += 1
        progress.loss_sum += value
        examples += len(chosen)
        now = time.monotonic()
        speed = examples / max(now - started, 1e-9)
        watch(Step(stage.name, progress.epoch + 1, stage.epochs, progress.step, total, value, speed))
        if now - saved >= settings.checkpoint_seconds:
            save(checkpoint, progress, model, optimizer, best)
            saved = time.monotonic()


def _end_epoch(
    model: SessionModel,
    stage: Stage,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    settings: TrainingSettings,
    best: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Validate, log, move to the next epoch; returns the best weights so far."""
    progress.epoch += 1
    line: dict[str, Any] = {
        "event": "epoch",
        "stage": stage.name,
        "epoch": progress.epoch,
        "step": progress.step,
        "loss": progress.loss_sum / max(progress.step, 1),
        "learning_rate": optimizer.param_groups[0]["lr"],
    }
    metric = float(progress.epoch)
    if stage.validate is not None:
        line["valid"] = stage.validate(TorchScorer(model))
        if settings.metric not in line["valid"]:
            raise TrainingError(
                f"training.metric {settings.metric!r} is not measured; there are {', '.join(line['valid'])}"
            )
        metric = line["valid"][settings.metric]
    progress.log.append(line)
    progress.step, progress.loss_sum = 0, 0.0
    if metric > progress.best_metric * BETTER:
        progress.best_metric, progress.best_epoch = metric, progress.epoch
        return {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return best


@contextmanager
def _deterministic() -> Iterator[None]:
    """Deterministic kernels while training, the caller's choice restored after."""
    memory: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory it has not written: filling it first is only slow.
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        memory.fill_uninitialized_memory = before[1]
