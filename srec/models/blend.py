"""A blend of counted models: the weighted sum of their scores, each scaled to the session's best.

The weights are fitted on the validation window, with models that know only what comes before it. Then the
models are counted again on all the data they may know. Which models take part depends on whether sessions
repeat items.

Shapes: B sessions, V items, E examples.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, ValidationError

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Part
from srec.errors import SettingsError
from srec.models import model_entry
from srec.models.base import ItemsBL, Scorer, ScoresBV
from srec.settings import Settings

_BATCH = 100
_WIDEST = 200
_REST = np.float32(1e-4)
_K = 20


class BlendSettings(Settings):
    """The models of the blend, and how the weights are searched."""

    section: ClassVar[str] = "blend"
    repeating: tuple[str, ...] = Field(
        ("vstan", "rules", "own-items"), description="the models if sessions repeat items"
    )
    games: tuple[str, ...] = Field(
        ("vstan", "rules", "popularity-recent"),
        description="the models if they do not; one that needs dates is left out if there are none",
    )
    parts: dict[str, dict[str, Any]] = Field(
        {}, description="by a model's name, its settings that differ from the defaults"
    )
    examples: int = Field(2000, ge=1, description="evenly spread validation examples that judge the weights")
    weights: tuple[float, ...] = Field(
        (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2), description="the weights to try; the first model's weight is 1"
    )


class Blend:
    """Scores an item by the weighted sum of the models' scores.

    Args:
        scorers: the models, by name.
        weights: the weight of each, by name.
    """

    settings_type: ClassVar[type[Settings]] = BlendSettings

    def __init__(self, scorers: Mapping[str, Scorer], weights: Mapping[str, float]) -> None:
        self._scorers, self.weights = scorers, weights

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part) -> Self:
        """Fit the weights on the validation window, then count the models."""
        assert isinstance(settings, BlendSettings)
        names = _taking_part(settings, dataset)
        before = {name: _counted(name, settings, dataset, "train") for name in names}
        weights = _fitted_weights(list(before.values()), dataset, settings)
        return cls(
            before if part == "train" else {name: _counted(name, settings, dataset, part) for name in names},
            dict(zip(before, weights, strict=True)),
        )

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The weighted sum, float32 [B, V]."""
        parts = [_scaled(scorer.score(items_BL)) for scorer in self._scorers.values()]
        return _sum(parts, [self.weights[name] for name in self._scorers])


def _taking_part(settings: BlendSettings, dataset: Dataset) -> list[str]:
    """The models to blend. Where there are no dates, those that need dates are left out."""
    asked = settings.repeating if dataset.repeats else settings.games
    names = [name for name in asked if dataset.has_games or model_entry(name).needs != "games"]
    if not names:
        wanted = "a model" if dataset.has_games else "a model that needs no dates"
        raise SettingsError(f"[blend] there is nothing to blend on {dataset.path}: name {wanted}")
    return names


def _counted(name: str, settings: BlendSettings, dataset: Dataset, part: Part) -> Scorer:
    entry = model_entry(name)
    if name == BlendSettings.section or entry.learnt:
        raise SettingsError(f"[blend] {name}: a blend takes counted models only, and no other blend")
    kind = entry.load()
    try:
        own = kind.settings_type(**settings.parts.get(name, {}))
    except ValidationError as error:
        raise SettingsError(f"[blend] parts.{name}: {error.errors()[0]['msg']}") from error
    scorer: Scorer = kind.fit(dataset, own, part)
    return scorer


def _scaled(scores_BV: ScoresBV) -> ScoresBV:
    """Scale each session's best score to 1, and bring scores below 0, which only order the rest, near 0.

    If one model does not recommend an item at all (-inf), another still may.
    """
    best_B1 = scores_BV.max(axis=1, keepdims=True)
    best_B1[best_B1 <= 0] = 1
    scaled_BV: ScoresBV = np.where(scores_BV > 0, scores_BV / best_B1, np.maximum(scores_BV, -1) * _REST)
    return scaled_BV


def _sum(parts: Sequence[ScoresBV], weights: Sequence[float]) -> ScoresBV:
    total_BV = np.zeros_like(parts[0])
    for weight, part_BV in zip(weights, parts, strict=True):
        if weight:
            total_BV += np.float32(weight) * part_BV
    return total_BV


def _fitted_weights(
    scorers: Sequence[Scorer], dataset: Dataset, settings: BlendSettings
) -> tuple[float, ...]:
    """The weights of the grid with the best MRR@20; the first ones on a tie or without any example."""
    data = examples(dataset.sequences, "valid", _WIDEST)
    grid = [(1.0, *rest) for rest in itertools.product(settings.weights, repeat=len(scorers) - 1)]
    gains = np.zeros(len(grid))
    chosen_E = np.unique(np.linspace(0, len(data) - 1, min(settings.examples, len(data)), dtype=np.int64))
    for at in range(0, len(chosen_E), _BATCH):
        chosen = chosen_E[at : at + _BATCH]
        items_BL, targets_B = data.inputs(chosen), data.targets[chosen].astype(np.int64) - 1
        parts = [_scaled(scorer.score(items_BL)) for scorer in scorers]
        for place, weights in enumerate(grid):
            scores_BV = _sum(parts, weights)
            if not dataset.repeats:
                rows, places = np.nonzero(items_BL)
                scores_BV[rows, items_BL[rows, places] - 1] = -np.inf
            asked_B1 = np.take_along_axis(scores_BV, targets_B[:, None], 1)
            # Ties are rare, so their order is ignored here.
            ranks_B = 1 + (scores_BV > asked_B1).sum(axis=1)
            gains[place] += (1 / ranks_B[(ranks_B <= _K) & (asked_B1[:, 0] > -np.inf)]).sum()
    return grid[int(gains.argmax())]
