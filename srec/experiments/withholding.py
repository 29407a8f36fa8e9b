"""Cold games of counted models: fitted without some games, and asked for them among all.

Learnt models take too long to be trained again for this; ``srec.evaluation.cold`` measures any scorer.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from srec.dataset.dataset import Dataset
from srec.evaluation.asking import Asked
from srec.evaluation.cold import cold, withheld_mask
from srec.evaluation.comparison import Comparison
from srec.evaluation.fold_in import Mask, orders
from srec.evaluation.players import Players
from srec.evaluation.settings import VisitorSettings
from srec.models import model_entry
from srec.settings import Settings

BASELINE = "tags"


@dataclass(frozen=True)
class ColdGames:
    """The same models with and without some games, asked the same.

    Attributes:
        withheld: how many games were withheld.
        without: the recall of withheld games and of the others, of models that were fitted without them.
        before: the same of models that were fitted with them.
    """

    withheld: int
    without: Comparison
    before: Comparison


def cold_games(
    dataset: Dataset,
    counted: Mapping[str, Settings],
    players: Players,
    *,
    settings: VisitorSettings,
    share: float = 0.1,
    resamples: int = 1000,
) -> ColdGames:
    """Fit counted models with and without a share of the games, and ask both for what players expect.

    Args:
        dataset: what the models learn from.
        counted: the models by name, with their settings.
        players: held-out ones.
        settings: what is told, and what an answer is; its seed draws the withheld games.
        share: of the games, to withhold.
        resamples: of the players, for the intervals.
    """
    withheld = withheld_mask(dataset.item_count, share, settings.seed)
    generator = np.random.default_rng(settings.seed)
    held = players.chosen(settings.min_games, most=settings.players, generator=generator)
    ordered = orders(held, most_played=settings.most_played, draws=settings.draws, seed=settings.seed)
    compared = []
    for known in (without_games(dataset, withheld), dataset):
        items, _, _ = known.sequences.learnable("fit")
        counts = np.bincount(items, minlength=known.item_count + 1)
        models = {
            name: Asked(model_entry(name).load().fit(known, one, "fit"), counts)
            for name, one in counted.items()
        }
        compared.append(
            cold(
                models,
                ordered,
                withheld,
                count=settings.main,
                baselines=[name for name in (BASELINE,) if name in counted],
                resamples=resamples,
                seed=settings.seed,
            )
        )
    return ColdGames(int(withheld.sum()), *compared)


def without_games(dataset: Dataset, withheld: Mask) -> Dataset:
    """A view of a dataset in which nobody likes or dislikes some games; the catalogue still has them.

    Args:
        dataset: it must live as long as the view.
        withheld: bool [V + 1].
    """
    known = dataset.sequences
    kept = ~withheld[known.items]
    place = np.concatenate(([0], np.cumsum(kept)))
    view = copy.copy(dataset)
    view.__dict__["sequences"] = replace(
        known,
        items=known.items[kept],
        times=known.times[kept],
        weights=None if known.weights is None else known.weights[kept],
        offsets=place[known.offsets],
        train_ends=place[known.train_ends],
        valid_ends=place[known.valid_ends],
        test_begins=place[known.test_begins],
    )
    view.__dict__["dislikes"] = dataset.dislikes.without(withheld)
    return view
