"""Whether a new model may be published in place of the served one."""

from collections.abc import Iterator

import numpy as np

from srec.dataset.dataset import Dataset
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Bootstrap, Difference, Estimate
from srec.evaluation.gate import failures
from srec.evaluation.players import anybody, padded
from srec.evaluation.results import Report
from srec.evaluation.stability import SHORTEST, K, agreement
from srec.evaluation.verdicts import signed
from srec.models.base import Scorer
from srec.updating.settings import UpdateSettings

SERVED = "served"
LISTS = 1000
_JACCARD = f"Jaccard@{K}"


def against_served(report: Report, new: str) -> tuple[str, Difference] | None:
    """How far the new model is above the served one, on the newest window, and in which metric.

    It is the recall of held-out players if there are any, and else the next game. None without a served one.

    Args:
        report: it has measured the new model, and the served one as ``SERVED``.
        new: the name of the new model.
    """
    if SERVED not in report.models:
        return None
    visitors = report.visitors
    if visitors is not None and visitors.main is not None:
        return visitors.recall, visitors.main.models[new].differences[SERVED][visitors.recall]
    return report.headline, report.models[new].differences[SERVED][report.headline]


def kept(dataset: Dataset, new: Scorer, served: Scorer) -> Estimate | None:
    """How much of the served model's answers the new one gives: Jaccard@10 on lists of users.

    Args:
        dataset: whose users are asked; each names three games.
        new: the new model.
        served: the served model, as a scorer of the dataset's items.

    Returns:
        The mean with its interval; None if nobody has three games.
    """
    generator = np.random.default_rng(0)
    users = anybody(dataset, SHORTEST, most=LISTS, generator=generator)
    lists_EL = padded([generator.permutation(games)[:SHORTEST] for games in users.liked])
    if not len(lists_EL):
        return None
    counts = np.bincount(dataset.sequences.items, minlength=dataset.item_count + 1)
    first_EK, second_EK = (Asked(one, counts).best(lists_EL, K) for one in (new, served))
    same_E = agreement(first_EK, second_EK)[_JACCARD]
    boot = Bootstrap(same_E[:, None], np.arange(len(same_E)), resamples=1000, generator=generator)
    return boot.mean(0)


def refusals(report: Report, new: str, *, stays: Estimate | None, settings: UpdateSettings) -> Iterator[str]:
    """A line for each reason not to publish the new model.

    Args:
        report: as for ``against_served``.
        new: the name of the new model.
        stays: what ``kept`` found; None if there is nothing to compare with.
        settings: what is allowed.

    Raises:
        SettingsError: the settings name a figure that there is not.
    """
    found = against_served(report, new)
    if found is not None:
        metric, difference = found
        if difference.verdict == "worse":
            yield f"{metric} is worse than that of the served version: {signed(difference)}"
    if stays is not None and stays.value < settings.least_kept:
        yield (
            f"only {stays.value:.2f} of the served version's answers stay ({_JACCARD});"
            f" update.least_kept is {settings.least_kept:g}"
        )
    yield from failures(report, below=settings.least, above=settings.most)
