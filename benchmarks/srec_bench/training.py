"""``srec bench training``: what a training step costs, and where, beside the floor of the same shapes.

The floor is what no model with a full softmax can leave out, written plainly: the scoring product forward
and backward, the cross-entropy, and one fused Adam step over the item embeddings. Both run in this process,
in interleaved blocks, so that a busy machine slows both; the ratio is what counts.
"""

import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from rich.table import Table
from torch import nn

from srec.dataset.batches import Examples, batches, examples
from srec.dataset.dataset import Dataset
from srec.environment import environment
from srec.evaluation.protocol import rank_all
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings
from srec.models.session_model import TorchScorer
from srec.training.process import peak_memory_mb
from srec.training.settings import TrainingSettings

PARTS = (
    "batching",
    "local graph",
    "global graph and lookups",
    "readout",
    "scoring and loss",
    "backward",
    "optimizer",
)


def bench_training(
    dataset: Dataset, settings: GCEGNNSettings, training: TrainingSettings, steps: int, blocks: int
) -> dict[str, Any]:
    """Time GCE-GNN's training step and the floor.

    Args:
        dataset: what to train on.
        settings: the model's.
        training: batch size and optimizer.
        steps: of a block.
        blocks: how many of the model and of the floor, interleaved; the medians are over them.

    Returns:
        Plain JSON, milliseconds a step; and how many test examples are ranked in a second.
    """
    model = GCEGNN.build(dataset, settings)
    model.initialise(training.seed)
    items, _, sessions = dataset.sequences.learnable("train")
    model.prepare(items, sessions)
    model.train()
    clock = Clock(model)
    step = _stepper(model, examples(dataset.sequences, "train", training.max_length), training, clock)
    floor = _floor(dataset.item_count, settings.dimension, training)
    _block(step, 3)
    _block(floor, 3)
    clock.split(3)
    found: list[dict[str, Any]] = []
    for _ in range(blocks):
        whole = _block(step, steps)
        found.append({"step": whole, "floor": _block(floor, steps), "split": clock.split(steps)})
    evaluated = [_evaluate(model, dataset, training) for _ in range(3)]
    return {
        "benchmark": "training",
        "dataset": dataset.path.name,
        "items": dataset.item_count,
        "threads": torch.get_num_threads(),
        "step_ms": statistics.median(block["step"] for block in found),
        "floor_ms": statistics.median(block["floor"] for block in found),
        "ratio": statistics.median(block["step"] / block["floor"] for block in found),
        "split_ms": {name: statistics.median(block["split"][name] for block in found) for name in PARTS},
        "evaluation_examples_per_second": statistics.median(evaluated),
        "peak_memory_mb": peak_memory_mb(),
        "steps": steps,
        "blocks": blocks,
        "model": settings.model_dump(),
        "training": training.model_dump(),
        "environment": environment(),
    }


def table(result: dict[str, Any]) -> Table:
    """Where a step's time goes, for the terminal."""
    title = f"{result['dataset']}, {result['threads']} thread(s), median of {result['blocks']} blocks"
    made = Table("part", title=title)
    made.add_column("ms a step", justify="right")
    for name, spent in result["split_ms"].items():
        made.add_row(name, f"{spent:.1f}")
    made.add_section()
    made.add_row("a whole step", f"{result['step_ms']:.1f}")
    made.add_row("the floor", f"{result['floor_ms']:.1f}")
    made.add_row("ratio", f"{result['ratio']:.2f}")
    made.add_section()
    made.add_row("examples/s in evaluation", f"{result['evaluation_examples_per_second']:,.0f}")
    return made


class Clock:
    """Sums the seconds that the parts of a step take, told apart by hooks on the model's modules."""

    def __init__(self, model: GCEGNN) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        encode = model.encode

        def timed(*given: Any) -> Any:
            with self.part("encode"):
                return encode(*given)

        model.encode = timed  # type: ignore[assignment,method-assign]
        for name, module in (("local graph", model.local), ("readout", model.readout)):
            self._watch(name, module)

    def _watch(self, name: str, module: nn.Module) -> None:
        begun: list[float] = []
        module.register_forward_pre_hook(lambda *given: begun.append(time.perf_counter()))

        def ended(*given: Any) -> None:
            self.spent[name] += time.perf_counter() - begun.pop()

        module.register_forward_hook(ended)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens inside to a part."""
        begun = time.perf_counter()
        yield
        self.spent[name] += time.perf_counter() - begun

    def split(self, steps: int) -> dict[str, float]:
        """Milliseconds a step of every part; begins anew. What has no hook is found by subtraction."""
        spent, self.spent = self.spent, defaultdict(float)
        spent["global graph and lookups"] = spent["encode"] - spent["local graph"] - spent["readout"]
        spent["scoring and loss"] = spent["loss"] - spent["encode"]
        return {name: 1000 * spent[name] / steps for name in PARTS}


def _stepper(model: GCEGNN, data: Examples, training: TrainingSettings, clock: Clock) -> Callable[[], None]:
    optimizer = torch.optim.Adam(
        model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
    )
    generator = np.random.default_rng(training.seed)
    order = itertools.cycle(batches(data, training.batch_size, generator, chunk=training.length_chunk))

    def step() -> None:
        with clock.part("batching"):
            chosen = next(order)
            items_BL = torch.from_numpy(data.inputs(chosen))
            targets_B = torch.from_numpy(data.targets[chosen].astype(np.int64))
        optimizer.zero_grad()
        with clock.part("loss"):
            loss, _ = model.loss(items_BL, targets_B)
        with clock.part("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
        with clock.part("optimizer"):
            optimizer.step()

    return step


def _floor(item_count: int, dimension: int, training: TrainingSettings) -> Callable[[], None]:
    generator = torch.Generator().manual_seed(0)
    table_VD = nn.Parameter(torch.randn(item_count + 1, dimension, generator=generator))
    vectors_BD = torch.randn(training.batch_size, dimension, generator=generator, requires_grad=True)
    targets_B = torch.randint(item_count, (training.batch_size,), generator=generator)
    optimizer = torch.optim.Adam([table_VD], weight_decay=training.weight_decay, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(vectors_BD @ table_VD[1:].T, targets_B).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def _evaluate(model: GCEGNN, dataset: Dataset, training: TrainingSettings) -> float:
    """Test examples a second, ranked among all items a batch at a time; at most 3,000, evenly spread."""
    data = examples(dataset.sequences, "test", training.max_length)
    every = max(1, len(data) // 3000)
    some = Examples(data.items, data.starts[::every], data.ends[::every], data.sessions[::every])
    begun = time.perf_counter()
    rank_all(
        TorchScorer(model),
        some,
        dataset.item_count,
        top=0,
        exclude_inputs=not dataset.repeats,
        batch_size=training.batch_size,
    )
    return len(some) / (time.perf_counter() - begun)


def _block(step: Callable[[], None], steps: int) -> float:
    """Milliseconds a step."""
    begun = time.perf_counter()
    for _ in range(steps):
        step()
    return 1000 * (time.perf_counter() - begun) / steps
