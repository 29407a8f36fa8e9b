"""What models answer to the same lists of told games, and how they compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from srec.dataset.batches import Examples
from srec.dataset.dataset import Floats, Ints
from srec.evaluation import slices
from srec.evaluation.comparison import Comparison, Difference, compare, compare_where_defined
from srec.evaluation.fold_in import Mask, Told, gains
from srec.evaluation.visited import Part

Values = dict[str, dict[str, Floats]]


@dataclass(frozen=True)
class Answered:
    """The answers of all models to the same lists.

    Attributes:
        told: the lists, of N games each.
        answers: by model, int [E, K].
        head: bool [V + 1], the items that do not count off-head.
        baselines: the models that the others are compared with.
        resamples: how often the players are drawn again.
        seed: of the resamples.
    """

    told: Told
    answers: Mapping[str, Ints]
    head: Mask
    baselines: Sequence[str]
    resamples: int
    seed: int

    def compared(self) -> Comparison:
        """Recall, NDCG and off-head recall, side by side."""
        return self._compared(self._values, np.ones(len(self.told), bool))

    def parts(self, known_counts: Ints) -> list[Part]:
        """The recall by how popular the told games are, and by how many games a player has.

        Args:
            known_counts: int [V + 1], the interactions of each item before the tested window.
        """
        told = self.told.liked_EN.shape[1]
        starts = np.arange(len(self.told)) * told
        lists = Examples(self.told.liked_EN.ravel(), starts, starts + told, self.told.players_E)
        sizes = np.array([len(games) for games in self.told.expected]) + told
        masks = slices.by_taste(lists, known_counts) + slices.by_library(sizes)
        return [Part(name, self._compared(self._recalls, mask)) for name, mask in masks]

    def behind(self) -> dict[str, Difference]:
        """Each model's recall minus that of the best."""
        recalls, metric = self._recalls, self._recall
        best = max(recalls, key=lambda name: float(recalls[name][metric].mean()))
        found = compare(
            recalls,
            self.told.players_E,
            baselines=[best],
            resamples=self.resamples,
            generator=np.random.default_rng(self.seed),
        )
        none = Difference(0.0, 0.0, 0.0, found.sessions, "no clear difference")
        return {
            name: one.differences[best][metric] if name != best else none
            for name, one in found.models.items()
        }

    @cached_property
    def _values(self) -> Values:
        return {name: gains(top_EK, self.told, self.head) for name, top_EK in self.answers.items()}

    @property
    def _recall(self) -> str:
        return next(iter(next(iter(self._values.values()))))

    @property
    def _recalls(self) -> Values:
        return {name: {self._recall: of[self._recall]} for name, of in self._values.items()}

    def _compared(self, values: Values, mask: Mask) -> Comparison:
        chosen = {
            name: {metric: values_E[mask] for metric, values_E in of.items()} for name, of in values.items()
        }
        return compare_where_defined(
            chosen,
            self.told.players_E[mask],
            baselines=self.baselines,
            resamples=self.resamples,
            seed=self.seed,
        )
