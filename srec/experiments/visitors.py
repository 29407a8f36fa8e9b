"""What a visitor gets, measured of every model: on held-out players if there are any, else on known lists.

Shapes: E lists, K places, V items.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow.parquet as pq

from srec.dataset.dataset import Dataset, Ints
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Comparison
from srec.evaluation.dislikes import disliked
from srec.evaluation.fold_in import Told, in_head, orders, tell, tell_most
from srec.evaluation.front import front
from srec.evaluation.players import Players, anybody, padded
from srec.evaluation.sameness import sameness
from srec.evaluation.settings import BATCH_SIZE, VisitorSettings
from srec.evaluation.stability import changes, stability
from srec.evaluation.tastes import tastes
from srec.evaluation.visited import Disliked, Example, Front, Visited, Visitors
from srec.experiments.answered import Answered
from srec.models.base import Scorer

BASELINES = ("popularity", "tags", "item-knn")


def visitors(
    dataset: Dataset,
    scorers: Mapping[str, Scorer],
    settings: VisitorSettings,
    *,
    players: Players | None,
    part: Literal["test", "valid"] = "test",
    resamples: int = 1000,
    batch_size: int = BATCH_SIZE,
    others: Sequence[str] = (),
) -> Visitors:
    """Measure what every model gives a visitor.

    Args:
        dataset: reviews of games.
        scorers: the models by name; none may have learnt from the players.
        settings: what is told, and what an answer is.
        players: held-out ones. Without them the lists are those of any users, and what needs people whom no
            model has seen (fold-in, front and dislikes) is left out.
        part: the window that follows what the models know.
        resamples: of the players, for the intervals.
        batch_size: lists scored at a time; it bounds the memory and changes no figure.
        others: further models of ``scorers`` that the rest is compared with, beside the baselines.
    """
    items, _, _ = dataset.sequences.learnable("fit" if part == "test" else "train")
    counts = np.bincount(items, minlength=dataset.item_count + 1)
    models = {name: Asked(scorer, counts, batch_size=batch_size) for name, scorer in scorers.items()}
    generator = np.random.default_rng(settings.seed)
    if players is None:
        held = anybody(dataset, settings.min_games, most=settings.players, generator=generator)
    else:
        held = players.chosen(settings.min_games, most=settings.players, generator=generator)
    return _Measured(dataset, models, held, settings, resamples, others).result(players)


class _Measured:
    """All models on the same lists."""

    def __init__(
        self,
        dataset: Dataset,
        models: Mapping[str, Asked],
        players: Players,
        settings: VisitorSettings,
        resamples: int,
        others: Sequence[str],
    ) -> None:
        self.dataset, self.models, self.players = dataset, models, players
        self.settings, self.resamples = settings, resamples
        self.baselines = [name for name in (*BASELINES, *others) if name in models]
        self.counts = next(iter(models.values())).known_counts
        self.head = in_head(self.counts, settings.head)
        self.tastes = tastes(dataset.tags, self.counts)
        self.ordered = orders(
            players, most_played=settings.most_played, draws=settings.draws, seed=settings.seed
        )

    def result(self, held_out: Players | None) -> Visitors:
        """Everything; without what only held-out players show if there are none."""
        settings = self.settings
        main = self._answered(settings.main)
        shown = [count for count in settings.told if held_out]
        others = {count: main if count == settings.main else self._answered(count) for count in shown}
        fold_in = {count: one.compared() for count, one in others.items() if len(one.told)}
        liked_EL = padded([np.array(taste.items) for taste in self.tastes])
        examples = {name: model.best(liked_EL, settings.length) for name, model in self.models.items()}
        dislikes = self._dislikes(held_out) if held_out else {}
        found = {
            name: Visited(
                sameness(main.answers[name], main.told.liked_EN, self.counts),
                sameness(examples[name], liked_EL, self.counts),
                model.sum.popularity_weight if model.sum else None,
                self._front(model, main.told) if fold_in else None,
                dislikes.get(name),
            )
            for name, model in self.models.items()
        }
        first = [one.first_item for model in found.values() for one in (model.sameness, model.on_tastes)]
        return Visitors(
            settings=settings,
            source=self.players.source,
            players=len(self.players) if held_out else 0,
            baselines=self.baselines,
            fold_in=fold_in,
            parts=main.parts(self.counts) if fold_in else [],
            behind=main.behind() if fold_in else {},
            stability=self._stability(),
            models=found,
            examples=self._examples(examples),
            names=_names(self.dataset, [liked_EL, np.array(first), *examples.values()]),
        )

    def _answered(self, count: int) -> Answered:
        told, length = tell(self.ordered, count), self.settings.length
        return Answered(
            told,
            {name: model.best(told.liked_EN, length) for name, model in self.models.items()},
            self.head,
            self.baselines,
            self.resamples,
            self.settings.seed,
        )

    def _front(self, model: Asked, told: Told) -> Front:
        weights, length = self.settings.popularity_weights, self.settings.length
        return front(model, told, self.head, length=length, weights=weights)

    def _dislikes(self, held_out: Players) -> dict[str, Disliked]:
        """Of all players with something to tell and something to expect: many who dislike a game like few."""
        settings = self.settings
        generator = np.random.default_rng(settings.seed)
        players = held_out.chosen(2, most=settings.players, generator=generator)
        ordered = orders(players, most_played=settings.most_played, draws=1, seed=settings.seed)
        return disliked(
            self.models,
            players,
            tell_most(ordered, settings.main),
            tags=self.dataset.tags,
            length=settings.length,
            resamples=self.resamples,
            seed=settings.seed,
        )

    def _stability(self) -> dict[str, Comparison]:
        asked = changes(self.ordered[0], self.dataset.tags, seed=self.settings.seed)
        if not len(asked.lists_EL):
            return {}
        return stability(
            self.models,
            asked,
            baselines=self.baselines,
            resamples=self.resamples,
            seed=self.settings.seed,
        )

    def _examples(self, answers: Mapping[str, Ints]) -> list[Example]:
        app_ids = self.dataset.app_ids
        return [
            Example(
                taste.tag,
                app_ids[list(taste.items)].tolist(),
                {name: app_ids[top_EK[row][top_EK[row] > 0]].tolist() for name, top_EK in answers.items()},
            )
            for row, taste in enumerate(self.tastes)
        ]


def _names(dataset: Dataset, items: Sequence[Ints]) -> dict[int, str]:
    """The names of these games, by app id."""
    shown = np.unique(np.concatenate([one.ravel() for one in items]))
    wanted = {*dataset.app_ids[shown[shown > 0].astype(np.int64)].tolist()}
    games = pq.read_table(dataset.path / "games.parquet", columns=["app_id", "name"])
    pairs = zip(games["app_id"].to_pylist(), games["name"].to_pylist(), strict=True)
    return {app_id: name or str(app_id) for app_id, name in pairs if app_id in wanted}
