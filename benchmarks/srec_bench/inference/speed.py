"""How fast each contender is: CPU seconds of interleaved blocks, the model alone and end to end."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srec.dataset.dataset import Ints
from srec_bench.inference.contender import Contender
from srec_bench.inference.inputs import Inputs
from srec_bench.inference.result import Rate, Speed

TOP = 10
BASES = ("eager", "onnx-float32")  # the others are compared with these


class EndToEnd:
    """Answers app ids with those of the ten best games.

    Args:
        contender: the contender that answers.
        app_ids: int [V].
        exclude: whether liked games are excluded from the answer.
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


@dataclass
class _Spent:
    """CPU seconds of an input in each block, of the model alone and end to end."""

    model: list[float] = field(default_factory=list)
    end_to_end: list[float] = field(default_factory=list)

    def rate(self) -> Rate:
        return Rate(
            model=1 / statistics.median(self.model), end_to_end=1 / statistics.median(self.end_to_end)
        )

    def ratio_to(self, base: "_Spent") -> Rate:
        """The other's time divided by this one's, the median over blocks."""
        return Rate(
            model=_median_ratio(base.model, self.model),
            end_to_end=_median_ratio(base.end_to_end, self.end_to_end),
        )


def speeds(
    contenders: Mapping[str, Contender],
    inputs: Inputs,
    app_ids: Ints,
    *,
    exclude: bool,
    blocks: int,
    after_turn: Callable[[], None],
) -> dict[str, Speed]:
    """How fast each contender is, by its name.

    Args:
        contenders: the contenders, by name.
        inputs: the inputs, which are cut into blocks.
        app_ids: int [V].
        exclude: whether the input's items are excluded from the answer.
        blocks: the number of blocks; each has a turn for every contender and begins with another one.
        after_turn: called when a contender has done its block.
    """
    requests = [app_ids[session[0] - 1].tolist() for session in inputs.sessions]
    answers = {name: EndToEnd(one, app_ids, exclude) for name, one in contenders.items()}
    spent = {name: _Spent() for name in contenders}
    for place, block in enumerate(_blocks(len(inputs), blocks)):
        for name in _rotated(list(contenders), place):
            spent[name].model.append(_seconds(contenders[name].model, inputs.sessions[block]))
            spent[name].end_to_end.append(_seconds(answers[name], requests[block]))
            after_turn()
    return {
        name: Speed(
            per_cpu_second=spent[name].rate(),
            ratio_to={base: spent[name].ratio_to(spent[base]) for base in BASES if base in contenders},
        )
        for name in contenders
    }


def warm_up(contender: Contender, sessions: Sequence[Ints]) -> None:
    """Let a contender compile, allocate and fill its caches."""
    for session in sessions:
        contender.model(session)
        contender.top(session, TOP, [])


def _median_ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return statistics.median(their / our for their, our in zip(theirs, ours, strict=True))


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
