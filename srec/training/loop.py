"""The only training loop: every learnt model, every dataset."""

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from srec.dataset.batches import Examples, batches
from srec.dataset.dataset import Floats, Ints
from srec.errors import TrainingError
from srec.models.base import Scorer
from srec.models.compiler import temporary_cache
from srec.models.session_model import Loss, SessionModel, TorchScorer
from srec.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from srec.training.process import peak_memory_mb
from srec.training.settings import TrainingSettings
from srec.training.workers import Workers

Validate = Callable[[Scorer], dict[str, float]]
BETTER = 1.001  # a smaller gain, as the decayed learning rate brings, does not count


@dataclass(frozen=True)
class Step:
    """What a watcher gets after each step."""

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
    """One training from fresh weights: to choose the epoch ("select"), or for a known number of epochs.

    Attributes:
        name: "select" or "refit"; the log has it.
        data: the examples.
        shares: float [E], how often each is drawn; None draws each once an epoch.
        epochs: the most epochs.
        validate: returns the metrics that choose the epoch; if None, the last epoch is the best.
    """

    name: str
    data: Examples
    shares: Floats | None
    epochs: int
    validate: Validate | None


class _LossOf(nn.Module):
    """A model's loss as a module: several processes average the gradients of a module's forward."""

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, items_BL: Tensor, targets_B: Tensor) -> Loss:
        return self.model.loss(items_BL, targets_B)


class _Trainer:
    """One stage in progress."""

    def __init__(
        self,
        model: SessionModel,
        stage: Stage,
        settings: TrainingSettings,
        *,
        checkpoint: Path,
        log: Sequence[dict[str, Any]],
        watch: Watch,
    ) -> None:
        self.workers = Workers.current()
        self.model, self.stage, self.settings = model.to(self.workers.device), stage, settings
        self.checkpoint, self.watch = checkpoint, watch
        self.optimizer = torch.optim.Adam(
            model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.progress, self.best = Progress(stage.name, log=list(log)), dict[str, Tensor]()
        if checkpoint.exists():
            self.progress, self.best = load_checkpoint(checkpoint, model, self.optimizer)
        self.workers.wait()
        self.loss = self.workers.wrap(_LossOf(model))

    def finished(self) -> bool:
        """Whether the last epoch is done, or no epoch was better for ``patience`` epochs."""
        stage, progress = self.stage, self.progress
        waited = progress.epoch - progress.best_epoch
        return progress.epoch >= stage.epochs or (
            stage.validate is not None and waited >= self.settings.patience
        )

    def save(self) -> None:
        """The first process writes the checkpoint; all processes hold the same state."""
        if self.workers.first:
            save_checkpoint(
                self.checkpoint,
                self.progress,
                model=self.model,
                optimizer=self.optimizer,
                best=self.best,
            )

    def run_epoch(self) -> None:
        """Train to the end of the epoch, from the step that the progress has."""
        settings, progress, data = self.settings, self.progress, self.stage.data
        self.model.train()
        total = math.ceil(len(data) / settings.batch_size)
        rate = settings.learning_rate * settings.decay_factor ** (progress.epoch // settings.decay_every)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        order = batches(
            data,
            settings.batch_size,
            np.random.default_rng([settings.seed, progress.epoch]),
            shares=self.stage.shares,
            chunk=settings.length_chunk,
        )
        started = last = saved = time.monotonic()
        examples = 0
        for chosen in itertools.islice(order, progress.step, None):
            value = self._step(chosen, rate)
            progress.step += 1
            progress.loss_sum += value
            examples += len(chosen)
            now = time.monotonic()
            progress.seconds, last = progress.seconds + now - last, now
            speed = examples / max(now - started, 1e-9)
            epochs = self.stage.epochs
            self.watch(Step(self.stage.name, progress.epoch + 1, epochs, progress.step, total, value, speed))
            if now - saved >= settings.checkpoint_seconds:
                self.save()
                saved = time.monotonic()

    def _step(self, chosen: Ints, rate: float) -> float:
        """Do one step of the optimizer; returns the loss before it."""
        progress, workers, data = self.progress, self.workers, self.stage.data
        # Each step has its own seed, so that a resumed training needs no random state.
        seeds = [self.settings.seed, progress.epoch, progress.step, workers.rank]
        torch.manual_seed(int(np.random.SeedSequence(seeds).generate_state(1)[0]))
        part, counts = workers.share(chosen)
        items_BL = torch.from_numpy(data.inputs(part)).to(workers.device)
        targets_B = torch.from_numpy(data.targets[part].astype(np.int64)).to(workers.device)
        self.optimizer.zero_grad()
        reduced = self.settings.precision == "bfloat16"
        with torch.autocast(workers.device.type, torch.bfloat16, enabled=reduced):
            loss, count = self.loss(items_BL, targets_B)
        own = torch.tensor([loss.item(), 1.0], dtype=torch.float64) * (count if counts else 0)
        weighted, targets = workers.total(own).tolist()
        value: float = weighted / targets
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at step {progress.step + 1} of epoch {progress.epoch + 1}"
                f" ({progress.stage}): lower training.learning_rate (now {rate:g})"
            )
        # DistributedDataParallel averages gradients as if all processes had the same number of targets.
        (loss * (own[1].item() * workers.count / targets)).backward()
        self.optimizer.step()
        return value

    def end_epoch(self) -> None:
        """Validate, log, move to the next epoch, and keep the weights if they are the best so far."""
        progress, validate = self.progress, self.stage.validate
        progress.epoch += 1
        line: dict[str, Any] = {
            "event": "epoch",
            "stage": self.stage.name,
            "epoch": progress.epoch,
            "step": progress.step,
            "loss": progress.loss_sum / max(progress.step, 1),
            "learning_rate": self.optimizer.param_groups[0]["lr"],
        }
        metric = float(progress.epoch)
        if validate is not None:
            line["valid"] = self.workers.agreed(
                validate(TorchScorer(self.model)) if self.workers.first else None
            )
            metric = _chosen_by(line["valid"], self.settings.metric)
        progress.log.append(line)
        if (peak := peak_memory_mb()) is not None:
            progress.peak_memory_mb.append(peak)
        progress.step, progress.loss_sum = 0, 0.0
        if validate is None or metric > progress.best_metric * BETTER:
            progress.best_metric, progress.best_epoch = metric, progress.epoch
            self.best = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}


def run_stage(
    model: SessionModel,
    stage: Stage,
    settings: TrainingSettings,
    *,
    checkpoint: Path,
    log: Sequence[dict[str, Any]] = (),
    watch: Watch = lambda step: None,
) -> Progress:
    """Train a prepared model, or go on from the checkpoint, and leave it with its best weights.

    After a kill at any moment, the same call ends with the same bits, on the same machine with the same
    number of threads. If there are several processes (see ``workers``), all of them call it. It may go on
    with another number of processes.

    Args:
        model: initialised and prepared.
        stage: what to train on, and how the epoch is chosen.
        settings: optimizer, schedule, seed.
        checkpoint: the file that keeps the state.
        log: the log lines of earlier stages; they stay at the head of the log.
        watch: called after each step.

    Raises:
        TrainingError: the loss is not finite; the message names the step.
    """
    with _deterministic():
        trainer = _Trainer(model, stage, settings, checkpoint=checkpoint, log=log, watch=watch)
        while not trainer.finished():
            trainer.run_epoch()
            trainer.end_epoch()
            trainer.save()
        trainer.workers.wait()
    model.load_state_dict(trainer.best)
    return trainer.progress


def _chosen_by(measured: dict[str, float], metric: str) -> float:
    if metric not in measured:
        names = ", ".join(measured)
        raise TrainingError(f"training.metric {metric!r} is not measured; the metrics are {names}")
    return measured[metric]


@contextmanager
def _deterministic() -> Iterator[None]:
    """Use deterministic kernels while training, and restore the caller's choice afterwards."""
    memory: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory
    with temporary_cache():
        torch.use_deterministic_algorithms(True)
    # Nothing here reads memory before writing it, so filling it first would only cost time.
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        memory.fill_uninitialized_memory = before[1]
