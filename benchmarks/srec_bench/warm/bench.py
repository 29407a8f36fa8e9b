"""Trains a model anew, and on from a run before an update, and measures both on the newest window."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Floats
from srec.environment import Environment
from srec.evaluation.comparison import Bootstrap
from srec.evaluation.protocol import rank_all
from srec.training.run import train
from srec.training.runs import Run
from srec.training.warm import Warm
from srec_bench.results import DatasetSize
from srec_bench.warm.result import Beginning, WarmResult

K = 20


def bench_warm(
    before: Path,
    after: Path,
    work: Path,
    *,
    model: str,
    epochs: Sequence[int],
    threads: int,
    say: Callable[[str], None] = lambda line: None,
) -> WarmResult:
    """Measure how much an update of a learnt model saves if it goes on, and what that costs.

    Args:
        before: the dataset of the earlier run.
        after: the dataset after an update; its test window is what is measured.
        work: keeps the runs.
        model: a learnt model.
        epochs: of the warm trainings, one each.
        threads: to train with.
        say: called with a line about the current work.
    """
    old, new = Dataset(before), Dataset(after)
    say("the earlier run")
    first = train(old, work / "before", model, threads=threads)
    say("anew")
    anew = train(new, work / "anew", model, threads=threads)
    runs = []
    for count in epochs:
        say(f"warm, {count} epochs")
        warm = Warm(first, np.asarray(old.app_ids), count)
        runs.append(train(new, work / f"warm-{count}", model, threads=threads, warm=warm))
    found = [_measured(run, new) for run in (anew, *runs)]
    data = examples(new.sequences, "test", anew.training.max_length)
    values_EC = np.column_stack([column for hits_E, mrr_E in found for column in (hits_E, mrr_E)])
    boot = Bootstrap(values_EC, data.sessions, resamples=1000, generator=np.random.default_rng(0))
    return WarmResult(
        environment=Environment.here("torch"),
        model=model,
        dataset=DatasetSize.of(new.manifest),
        new_games=len(set(new.app_ids.tolist()) - set(old.app_ids.tolist())),
        examples=len(data),
        threads=threads,
        anew_seconds=sum(anew.seconds.values()),
        anew_hit=boot.mean(0),
        anew_mrr=boot.mean(1),
        warm=[
            Beginning(
                epochs=count,
                seconds=sum(run.seconds.values()),
                hit=boot.difference(2 * at, 0),
                mrr=boot.difference(2 * at + 1, 1),
            )
            for at, (count, run) in enumerate(zip(epochs, runs, strict=True), 1)
        ],
    )


def _measured(run: Run, dataset: Dataset) -> tuple[Floats, Floats]:
    """Float64 [E]: whether the next game is among the first K, and its reciprocal rank there."""
    data = examples(dataset.sequences, "test", run.training.max_length)
    ranks = rank_all(
        run.scorer(dataset), data, dataset.item_count, top=0, exclude_inputs=not dataset.repeats
    ).ranks
    among = ranks <= K
    return among.astype(np.float64), np.where(among, 1 / ranks, 0.0)
