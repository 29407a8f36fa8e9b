"""How fast each contender is: CPU seconds of interleaved blocks, the model alone and end to end."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from srec.dataset.dataset import Ints
from srec_bench.inference.contender import Contender
from srec_bench.inference.inputs import Inputs

TOP = 10
WAYS = ("model", "end_to_end")
BASES = ("eager", "onnx-float32")  # what the others are compared with
Watch = Callable[[], None]


class EndToEnd:
    """App ids in, the app ids of the ten best games out.

    Args:
        contender: who answers.
        app_ids: int [V].
        exclude: whether what is liked is taken out of the answer.
    """

    def __init__(self, contender: Contender, app_ids: Ints, exclude: bool) -> None:
        self._contender, self._app_ids, self._exclude = contender, app_ids, exclude
        self._item_of = {app_id: item for item, app_id in enumerate(app_ids.tolist(), 1)}

    def __call__(self, liked: Sequence[int]) -> list[int]:
        """The answer to one request."""
        items = [self._item_of[app_id] for app_id in liked if app_id in self._item_of]
        excluded = [item - 1 for item in items] if self._exclude else []
        rows_K = self._contender.top(np.array([items]), TOP, excluded)
        answer: list[int] = self._app_ids[rows_K].tolist()
        return answer


def speeds(
    contenders: Mapping[str, Contender],
    inputs: Inputs,
    app_ids: Ints,
    exclude: bool,
    blocks: int,
    watch: Watch,
) -> dict[str, dict[str, Any]]:
    """Inputs per CPU second of each contender, medians over blocks.

    Args:
        contenders: by name.
        inputs: cut into the blocks.
        app_ids: int [V].
        exclude: whether the input's items are taken out of the answer.
        blocks: how many; every contender has its turn in each, beginning with another one each time.
        watch: told when a contender has done its block.

    Returns:
        for each name the rate in each way of WAYS; and the ratio to the rate of each of BASES that is
        there, the median over blocks, under "ratio_to".
    """
    requests = [app_ids[session[0] - 1].tolist() for session in inputs.sessions]
    answers = {name: EndToEnd(one, app_ids, exclude) for name, one in contenders.items()}
    spent: dict[str, dict[str, list[float]]] = {name: {way: [] for way in WAYS} for name in contenders}
    for place, block in enumerate(_blocks(len(inputs), blocks)):
        for name in _rotated(list(contenders), place):
            spent[name]["model"].append(_seconds(contenders[name].model, inputs.sessions[block]))
            spent[name]["end_to_end"].append(_seconds(answers[name], requests[block]))
            watch()
    return {
        name: {way: 1 / statistics.median(spent[name][way]) for way in WAYS}
        | {
            "ratio_to": {
                base: {
                    way: statistics.median(
                        theirs / own for theirs, own in zip(spent[base][way], spent[name][way], strict=True)
                    )
                    for way in WAYS
                }
                for base in BASES
                if base in contenders
            }
        }
        for name in contenders
    }


def warm_up(contender: Contender, sessions: Sequence[Ints]) -> None:
    """Let a contender compile, allocate and fill its caches."""
    for session in sessions:
        contender.model(session)
        contender.top(session, TOP, [])


def _seconds(call: Callable[[Any], Any], given: Sequence[Any]) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    for one in given:
        call(one)
    return (time.process_time() - begun) / len(given)


def _blocks(count: int, blocks: int) -> Iterator[slice]:
    bounds = np.linspace(0, count, min(blocks, count) + 1, dtype=np.int64).tolist()
    return (slice(*pair) for pair in itertools.pairwise(bounds))


def _rotated(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]
