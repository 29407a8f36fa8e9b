"""Checkpoints: one safetensors file, replaced atomically, from which training resumes to the same bits."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from srec.errors import ArtifactError


@dataclass
class Progress:
    """Where a training is: it has done ``step`` steps of ``epoch`` (from 0) of a stage, in ``seconds``.

    ``peak_memory_mb`` is the process's peak after each epoch.
    """

    stage: str
    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_metric: float = float("-inf")
    best_epoch: int = 0
    seconds: float = 0.0
    peak_memory_mb: list[int] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)


def save_checkpoint(
    path: Path,
    progress: Progress,
    *,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    best: dict[str, Tensor],
) -> None:
    """Write everything that the next step depends on: weights, moments and the best weights so far."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    for at, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{at}.{name}": tensor for name, tensor in moments.items()}
    state = json.dumps(asdict(progress) | {"best_metric": repr(progress.best_metric)})
    draft = path.with_suffix(".draft")
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, draft, {"progress": state})
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def load_checkpoint(
    path: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Progress, dict[str, Tensor]]:
    """Restore model and optimizer in place; returns the progress and the best weights.

    Raises:
        ArtifactError: the file is damaged.
    """
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimizer": {}}
    try:
        with safe_open(path, "pt") as file:
            progress = _progress(file.metadata())
            for key in file.keys():  # noqa: SIM118
                part, _, name = key.partition(".")
                parts[part][name] = file.get_tensor(key)
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise ArtifactError(f"{path} cannot be resumed: {error}; delete it to start again") from error
    model.load_state_dict(parts["model"])
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in parts["optimizer"].items():
        at, _, name = key.partition(".")
        moments.setdefault(int(at), {})[name] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    return progress, parts["best"]


def _progress(metadata: dict[str, str]) -> Progress:
    state = json.loads(metadata["progress"])
    return Progress(**state | {"best_metric": float(state["best_metric"])})
