"""Makes the contenders, warms them up, times them in turns, and compares their lists."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from srec.dataset.dataset import Dataset
from srec.environment import Environment
from srec.errors import SRecError
from srec.training.runs import Run
from srec_bench.inference.contender import Contender
from srec_bench.inference.contenders import CONTENDERS
from srec_bench.inference.inputs import Inputs, random_inputs, real_inputs
from srec_bench.inference.order import Reference, agreement
from srec_bench.inference.result import (
    ContenderResult,
    InferenceResult,
    InputsResult,
    Kind,
    OnInputs,
    Skipped,
)
from srec_bench.inference.speed import speeds, warm_up
from srec_bench.inference.subject import Subject
from srec_bench.inference.work import search_work

SEED = 0
Say = Callable[[str], None]


def bench_inference(
    dataset: Dataset,
    run: Run,
    names: Sequence[str],
    *,
    count: int = 10_000,
    warm: int = 1_000,
    blocks: int = 20,
    say: Say = lambda doing: None,
) -> InferenceResult:
    """Time the contenders and compare their lists.

    Args:
        dataset: the run's dataset; its test part has the real inputs.
        run: the trained model.
        names: names of CONTENDERS.
        count: the number of inputs of each kind; real ones may be fewer.
        warm: the number of warm-up inputs for each contender.
        blocks: the number of blocks that the inputs are cut into.
        say: called with a line about the current work.

    Raises:
        SRecError: the dataset has no test example.
    """
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        say("exporting the encoder")
        subject = Subject.build(dataset, run, Path(folder))
        random = random_inputs(dataset.item_count, count, SEED)
        real = real_inputs(dataset, count, run.training.max_length)
        if not len(real):
            raise SRecError(f"{dataset.path} has no test example: there are no real inputs")
        made, skipped = _make(names, subject, say)
        heat = random_inputs(dataset.item_count, warm, SEED + 1).sessions
        for name, contender in made.items():
            say(f"warming up {name}")
            warm_up(contender, heat)
        on_random = _measure("random", random, made, subject=subject, blocks=blocks, say=say)
        on_real = _measure("real", real, made, subject=subject, blocks=blocks, say=say)
        say("counting what the exact search reads")
        searching = "srec" in made
        random_shown = _inputs_result(random, subject, searching)
        real_shown = _inputs_result(real, subject, searching)
    return InferenceResult(
        environment=Environment.here("openvino", "intel-extension-for-pytorch"),
        dataset="/".join(dataset.path.resolve().parts[-2:]),
        simulated=dataset.simulated,
        items=dataset.item_count,
        model=run.model_name,
        model_settings=run.settings,
        training_settings=run.training.model_dump(),
        batch_size=run.training.batch_size,
        most_epochs=run.training.epochs,
        epoch=run.chosen_epoch,
        dimension=subject.items_VD.shape[1],
        threads=1,
        random=random_shown,
        real=real_shown,
        warm_up=warm,
        blocks=blocks,
        exclude_inputs=not dataset.repeats,
        contenders=tuple(
            ContenderResult(name=name, what=CONTENDERS[name].what, random=on_random[name], real=on_real[name])
            for name in made
        ),
        skipped=tuple(skipped),
    )


def _make(names: Sequence[str], subject: Subject, say: Say) -> tuple[dict[str, Contender], list[Skipped]]:
    made: dict[str, Contender] = {}
    skipped: list[Skipped] = []
    for name in names:
        say(f"making {name}")
        try:
            made[name] = CONTENDERS[name].make(subject)
        except SRecError as error:
            skipped.append(Skipped(name=name, what=CONTENDERS[name].what, reason=str(error)))
    return made, skipped


def _measure(
    kind: Kind, inputs: Inputs, made: Mapping[str, Contender], *, subject: Subject, blocks: int, say: Say
) -> dict[str, OnInputs]:
    """Speed and order of each contender on one kind of inputs."""
    exclude, app_ids = not subject.dataset.repeats, np.asarray(subject.dataset.app_ids[1:])
    turns = iter(range(1, blocks * len(made) + 1))
    fast = speeds(
        made,
        inputs,
        app_ids,
        exclude=exclude,
        blocks=blocks,
        after_turn=lambda: say(f"timing, {kind} inputs: {next(turns)} of {blocks * len(made)} blocks"),
    )
    say(f"the reference's lists, {kind} inputs")
    reference = Reference(subject, inputs, exclude)
    found = {}
    for name, contender in made.items():
        say(f"comparing lists, {kind} inputs: {name}")
        order = agreement(contender, inputs, reference=reference, item_count=subject.dataset.item_count)
        found[name] = OnInputs(speed=fast[name], order=order)
    return found


def _inputs_result(inputs: Inputs, subject: Subject, searching: bool) -> InputsResult:
    lengths = [session.shape[1] for session in inputs.sessions]
    return InputsResult(
        count=len(inputs),
        mean_length=float(np.mean(lengths)),
        longest=max(lengths),
        search=search_work(subject, inputs, not subject.dataset.repeats) if searching else None,
    )
