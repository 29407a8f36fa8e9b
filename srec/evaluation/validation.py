"""Measures a model after each epoch, so that the training loop can choose one."""

from collections.abc import Callable
from typing import Literal

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.errors import SRecError
from srec.evaluation.metrics import accuracy
from srec.evaluation.protocol import rank_all
from srec.evaluation.settings import BATCH_SIZE
from srec.models.base import Scorer


def validator(
    dataset: Dataset,
    max_length: int,
    *,
    part: Literal["valid", "test"] = "valid",
    batch_size: int = BATCH_SIZE,
) -> Callable[[Scorer], dict[str, float]]:
    """A function that gives a scorer's accuracy on a window, by metric.

    Args:
        dataset: the dataset that has the window.
        max_length: how many of a session's newest items are input.
        part: "valid"; "test" only under the protocol "paper", which chooses its epochs there.
        batch_size: examples scored at a time; it bounds the memory and changes no rank.

    Raises:
        SRecError: the window has no examples.
    """
    data = examples(dataset.sequences, part, max_length)
    if not len(data):
        widen = f"widen prepare.{part}_days and prepare again"
        more = widen if dataset.has_games else "give more sessions"
        raise SRecError(f"there is no {part} example to measure on: {more}")

    def validate(scorer: Scorer) -> dict[str, float]:
        ranking = rank_all(
            scorer,
            data,
            dataset.item_count,
            top=0,
            exclude_inputs=not dataset.repeats,
            batch_size=batch_size,
        )
        return accuracy(ranking.ranks)

    return validate
