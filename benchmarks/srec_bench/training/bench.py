"""Measures interleaved blocks of the model's step and of the floor.

The floor is the work that no model with a full softmax can avoid, written plainly: the scoring product
forward and backward, the cross-entropy, and one fused Adam step over the item embeddings. Both run in this
process, in interleaved blocks, so that a busy machine slows both; the ratio counts.
"""

import itertools
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from srec.dataset.batches import Examples, batches, examples
from srec.dataset.dataset import Dataset
from srec.environment import Environment
from srec.evaluation.protocol import rank_all
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings
from srec.models.session_model import TorchScorer
from srec.training.process import peak_memory_mb
from srec.training.settings import TrainingSettings
from srec_bench.training.clock import PARTS, Clock
from srec_bench.training.result import TrainingResult


def bench_training(
    dataset: Dataset,
    settings: GCEGNNSettings,
    training: TrainingSettings,
    *,
    name: str,
    steps: int,
    blocks: int,
) -> TrainingResult:
    """Time GCE-GNN's training step and the floor.

    Args:
        dataset: the dataset to train on.
        settings: the model's settings.
        training: batch size and optimizer.
        name: the dataset's name, for the result.
        steps: the number of steps in a block.
        blocks: the number of blocks of the model and of the floor, interleaved; the medians are over them.
    """
    model = GCEGNN.build(dataset, settings)
    model.initialise(training.seed)
    items, _, sessions = dataset.sequences.learnable("train")
    model.prepare(items, sessions)
    model.train()
    clock = Clock(model)
    step = _stepper(
        model, examples(dataset.sequences, "train", training.max_length), training=training, clock=clock
    )
    floor = _floor(dataset.item_count, settings.dimension, training)
    _block(step, 3)
    _block(floor, 3)
    clock.split(3)
    steps_ms, floors_ms, splits_ms = list[float](), list[float](), list[dict[str, float]]()
    for _ in range(blocks):
        steps_ms.append(_block(step, steps))
        floors_ms.append(_block(floor, steps))
        splits_ms.append(clock.split(steps))
    return TrainingResult(
        environment=Environment.here(),
        dataset=name,
        items=dataset.item_count,
        threads=torch.get_num_threads(),
        hops=settings.hops,
        batch_size=training.batch_size,
        step_ms=statistics.median(steps_ms),
        floor_ms=statistics.median(floors_ms),
        ratio=statistics.median(ours / floor for ours, floor in zip(steps_ms, floors_ms, strict=True)),
        split_ms={part: statistics.median(split[part] for split in splits_ms) for part in PARTS},
        evaluation_examples_per_second=statistics.median(
            _evaluate(model, dataset, training) for _ in range(3)
        ),
        peak_memory_mb=peak_memory_mb(),
        steps=steps,
        blocks=blocks,
        model_settings=settings.model_dump(),
        training_settings=training.model_dump(),
    )


def _stepper(
    model: GCEGNN, data: Examples, *, training: TrainingSettings, clock: Clock
) -> Callable[[], None]:
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
    """Test examples per second, ranked among all items in batches; at most 3,000, evenly spread."""
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
    """Milliseconds per step."""
    begun = time.perf_counter()
    for _ in range(steps):
        step()
    return 1000 * (time.perf_counter() - begun) / steps
