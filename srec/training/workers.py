"""The processes that train together: one, or those that ``torchrun`` started.

They keep equal copies of the model (DistributedDataParallel), and each takes its part of every batch. Only
the first validates and writes. Nothing else in the training knows about them.
"""

import atexit
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from srec.dataset.dataset import Ints

_PATIENCE = timedelta(hours=2)  # the others wait while the first process validates


@dataclass(frozen=True)
class Workers:
    """This process among all.

    Attributes:
        rank: from 0; the first one writes.
        count: how many there are.
        device: where this process computes.
    """

    rank: int
    count: int
    device: torch.device

    @classmethod
    def current(cls) -> "Workers":
        """The processes that ``join`` set up, or this process alone."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if not dist.is_initialized():
            return cls(0, 1, device)
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        return cls(dist.get_rank(), dist.get_world_size(), device)

    @property
    def first(self) -> bool:
        """Whether this process validates and writes."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module with gradients averaged over all processes; its buffers are equal from the start."""
        return module if self.count == 1 else DistributedDataParallel(module, broadcast_buffers=False)

    def share(self, chosen: Ints) -> tuple[Ints, bool]:
        """This process's part of a batch, and whether it counts.

        A batch may have fewer examples than there are processes. A process without any takes one that does
        not count, because all must take part in each step.
        """
        part = chosen[self.rank :: self.count]
        return (part, True) if len(part) else (chosen[:1], False)

    def total(self, values: Tensor) -> Tensor:
        """The sum of a small CPU tensor over all processes."""
        if self.count > 1:
            moved = values.to(self.device, copy=True)
            dist.all_reduce(moved)
            return moved.cpu()
        return values

    def agreed(self, value: Any) -> Any:
        """The first process's value; plain Python values only."""
        if self.count == 1:
            return value
        shared = [value]
        dist.broadcast_object_list(shared, src=0)
        return shared[0]

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            dist.barrier()


def join() -> Workers:
    """Join the other processes if ``torchrun`` started this one, until it ends; changes the process."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not dist.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=_PATIENCE)
        atexit.register(dist.destroy_process_group)
    return Workers.current()
