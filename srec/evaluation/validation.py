"""Measuring a model on the validation window, for the training loop to choose its epoch by."""

from collections.abc import Callable

from srec.data.dataset import Dataset
from srec.errors import SRecError
from srec.evaluation.metrics import accuracy
from srec.evaluation.protocol import rank_all
from srec.features.batches import examples
from srec.models.base import Scorer


def validator(dataset: Dataset, max_length: int) -> Callable[[Scorer], dict[str, float]]:
    """A function that gives a scorer's accuracy on the validation window, by metric.

    Args:
        dataset: whose validation window.
        max_length: the newest items of a session that are input.

    Raises:
        SRecError: there is nothing to validate on.
    """
    data = examples(dataset.sequences, "valid", max_length)
    if not len(data):
        raise SRecError("the validation window has no example: widen prepare.valid_days and prepare again")

    def validate(scorer: Scorer) -> dict[str, float]:
        return accuracy(rank_all(scorer, data, dataset.item_count).ranks)

    return validate
