"""The benchmark itself: make the contenders, warm them up, time them in turns, compare their lists."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from srec.dataset.dataset import Dataset
from srec.environment import environment
from srec.errors import SRecError
from srec.training.run import Run
from srec_bench.inference.contender import Contender
from srec_bench.inference.inputs import Inputs, random_inputs, real_inputs
from srec_bench.inference.order import Reference, agreement
from srec_bench.inference.speed import speeds, warm_up
from srec_bench.inference.subject import Subject
from srec_bench.inference.table import CONTENDERS
from srec_bench.inference.work import search_work

SEED = 0
Watch = Callable[[str], None]


def bench_inference(
    dataset: Dataset,
    run: Run,
    names: Sequence[str],
    *,
    count: int = 10_000,
    warm: int = 1_000,
    blocks: int = 20,
    watch: Watch = lambda doing: None,
) -> dict[str, Any]:
    """Time the contenders and compare their lists.

    Args:
        dataset: what the run was trained on; its test part gives the real inputs.
        run: the trained model.
        names: of the CONTENDERS.
        count: inputs of each kind; of real ones no more than there are.
        warm: inputs for each contender before the first block.
        blocks: that the inputs are cut into.
        watch: told in words what is being done.

    Returns:
        Plain JSON: the contenders with their speed and order for each kind of inputs, and the skipped ones
        with the reason.

    Raises:
        SRecError: there is nothing to test on.
    """
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        watch("exporting the encoder")
        subject = Subject.build(dataset, run, Path(folder))
        kinds = {
            "random": random_inputs(dataset.item_count, count, SEED),
            "real": real_inputs(dataset, count, run.training.max_length),
        }
        if not len(kinds["real"]):
            raise SRecError(f"{dataset.path} has no test example: there are no real inputs")
        made, skipped = _make(names, subject, watch)
        heat = random_inputs(dataset.item_count, warm, SEED + 1).sessions
        for name, contender in made.items():
            watch(f"warming up {name}")
            warm_up(contender, heat)
        found = {kind: _measure(kind, inputs, made, subject, blocks, watch) for kind, inputs in kinds.items()}
        watch("counting what the exact search reads")
        exclude = not dataset.repeats
        searched = kinds if "srec" in made else {}
        work = {kind: search_work(subject, inputs, exclude) for kind, inputs in searched.items()}
    return {
        "benchmark": "inference",
        "dataset": "/".join(dataset.path.resolve().parts[-2:]),
        "simulated": dataset.simulated,
        "items": dataset.item_count,
        "model": run.model_name,
        "settings": run.manifest["parameters"]["settings"],
        "training": run.manifest["parameters"]["training"],
        "epoch": run.manifest["chosen_epoch"],
        "dimension": subject.items_VD.shape[1],
        "threads": 1,
        "inputs": {kind: len(inputs) for kind, inputs in kinds.items()},
        "lengths": {kind: _lengths(inputs) for kind, inputs in kinds.items()},
        "warm_up": warm,
        "blocks": blocks,
        "exclude_inputs": exclude,
        "search": work,
        "contenders": [
            {"name": name, "what": CONTENDERS[name].what} | {kind: found[kind][name] for kind in kinds}
            for name in made
        ],
        "skipped": skipped,
        "environment": environment("openvino", "intel-extension-for-pytorch"),
    }


def _make(
    names: Sequence[str], subject: Subject, watch: Watch
) -> tuple[dict[str, Contender], list[dict[str, str]]]:
    made: dict[str, Contender] = {}
    skipped: list[dict[str, str]] = []
    for name in names:
        watch(f"making {name}")
        try:
            made[name] = CONTENDERS[name].make(subject)
        except SRecError as error:
            skipped.append({"name": name, "what": CONTENDERS[name].what, "reason": str(error)})
    return made, skipped


def _measure(
    kind: str, inputs: Inputs, made: dict[str, Contender], subject: Subject, blocks: int, watch: Watch
) -> dict[str, dict[str, Any]]:
    """Speed and order of each contender on one kind of inputs."""
    exclude, app_ids = not subject.dataset.repeats, np.asarray(subject.dataset.app_ids[1:])
    turns = iter(range(1, blocks * len(made) + 1))
    fast = speeds(
        made,
        inputs,
        app_ids,
        exclude,
        blocks,
        lambda: watch(f"timing, {kind} inputs: {next(turns)} of {blocks * len(made)} blocks"),
    )
    watch(f"the reference's lists, {kind} inputs")
    reference = Reference(subject, inputs, exclude)
    found = {}
    for name, contender in made.items():
        watch(f"comparing lists, {kind} inputs: {name}")
        order = agreement(contender, inputs, reference, subject.dataset.item_count)
        found[name] = {"per_cpu_second": fast[name], "order": order}
    return found


def _lengths(inputs: Inputs) -> dict[str, float]:
    lengths = [session.shape[1] for session in inputs.sessions]
    return {"mean": float(np.mean(lengths)), "most": max(lengths)}
