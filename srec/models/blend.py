"""A blend of models: the weighted sum of what they say, on scales that all share.

A model that counts says two things, its scaled scores and the places that they give; the others say their
standardised scores. The weights are learnt on the validation window, by models that know only what comes
before it: those that make the items that came next most likely (softmax over each session's candidates). Then
the models learn anew from all the data they may know. Which models take part depends on whether sessions
repeat items.

Shapes: B sessions, V items, E examples, C candidates of an example, M things that are said.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError
from scipy.optimize import minimize

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Part
from srec.errors import SettingsError
from srec.models import model_entry
from srec.models.base import ItemsBL, Scorer, ScoresBV
from srec.models.stored import Array, Arrays, Storable, stored
from srec.settings import Settings

#: A learnt model of a blend, by its name: as it is when it knows the given part of the data.
Learnt = Callable[[str, Part], Scorer]

_BATCH = 100
_WIDEST = 200
_REST = np.float32(1e-4)
_BEST = 20  # of each model, the items that are an example's candidates
_PLACED = 150  # places further down say nothing
_PLACES = " places"
_WEIGHTS = "weights of the blend"
_RIDGE = 1e-3


class BlendSettings(Settings):
    """The models of the blend, and how the weights are learnt."""

    section: ClassVar[str] = "blend"
    repeating: tuple[str, ...] = Field(
        ("vstan", "rules", "own-items", "item-knn", "slim"), description="the models if sessions repeat items"
    )
    games: tuple[str, ...] = Field(
        ("smart", "rules", "item-knn", "tags", "popularity", "popularity-recent"),
        description="the models if they do not; one that needs dates and tags is left out if there are none",
    )
    learnt: tuple[str, ...] = Field((), description="the learnt models that take part as well")
    parts: dict[str, dict[str, Any]] = Field(
        {"item-knn": {"decay": 0.7}},
        description="by a model's name, its settings that differ from the defaults",
    )
    examples: int = Field(4000, ge=1, description="evenly spread validation examples that teach the weights")


class Blend:
    """Scores an item by the weighted sum of what the models say.

    Args:
        scorers: the models, by name.
        weights: the weight of each model's scores, by name, and of a counted one's places, by "NAME places".
        dense: the names of those whose every score says something, as a cosine, a sum or a logit does. The
            others count: their scores above 0 say something, and those below only order the rest.
    """

    settings_type: ClassVar[type[Settings]] = BlendSettings

    def __init__(
        self, scorers: Mapping[str, Scorer], weights: Mapping[str, float], dense: Collection[str] = ()
    ) -> None:
        self._scorers, self.weights, self._dense = scorers, dict(weights), dense

    @classmethod
    def fit(cls, dataset: Dataset, settings: Settings, part: Part, *, learnt: Learnt | None = None) -> Self:
        """Learn the weights on the validation window, then count the models.

        Args:
            dataset: the dataset to count.
            settings: the models and how they are weighed.
            part: what the models may know.
            learnt: trains the learnt models; without it a blend has counted models only.

        Raises:
            SettingsError: a model cannot take part, or none is left.
        """
        assert isinstance(settings, BlendSettings)
        counted = _taking_part(settings, dataset)
        if settings.learnt and learnt is None:
            raise SettingsError("[blend] learnt models take part in a leaderboard's blends only: learnt = []")

        def made(known: Part) -> dict[str, Scorer]:
            scorers = {name: _counted(name, settings, dataset, known) for name in counted}
            return scorers | {name: learnt(name, known) for name in settings.learnt if learnt is not None}

        before = cls(made("train"), {}, _dense(counted) | set(settings.learnt))
        weights = before._learnt_weights(dataset, settings.examples)
        return cls(before._scorers if part == "train" else made(part), weights, before._dense)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """The weighted sum, float32 [B, V]."""
        total_BV = None
        for name in self._heard():
            for said, part_BV in self._parts(name, items_BL).items():
                weighed_BV = np.float32(self.weights[said]) * part_BV
                total_BV = weighed_BV if total_BV is None else total_BV + weighed_BV
        assert total_BV is not None
        return total_BV

    def _heard(self) -> dict[str, Scorer]:
        """The models whose weights are not all 0."""
        return {
            name: scorer
            for name, scorer in self._scorers.items()
            if any(self.weights[said] for said in self._said(name))
        }

    def arrays(self) -> dict[str, Array]:
        """The weights and the arrays of each model that counts, behind its place and name: "0.smart.offsets".

        Raises:
            SettingsError: a model cannot be stored.
        """
        found: dict[str, Array] = {}
        for at, (name, scorer) in enumerate(self._heard().items()):
            if not isinstance(scorer, Storable):
                raise SettingsError(f"[blend] {name} cannot be stored, so no blend of it can")
            weights = np.array([self.weights[said] for said in self._said(name)], np.float64)
            own = {_WEIGHTS: weights, **scorer.arrays()}
            found |= {f"{at}.{name}.{key}": array for key, array in own.items()}
        return found

    @classmethod
    def restore(cls, arrays: Arrays, settings: Settings, item_count: int) -> Self:
        """The blend of stored arrays; see ``Storable``."""
        assert isinstance(settings, BlendSettings)
        own: dict[tuple[int, str], dict[str, Array]] = {}
        for key, array in arrays.items():
            place, name, of_model = key.split(".", 2)
            own.setdefault((int(place), name), {})[of_model] = array
        scorers: dict[str, Scorer] = {}
        found = cls(scorers, {}, _dense(name for _, name in own))
        for (_, name), its in sorted(own.items()):
            kind, its_settings = _kind(name, settings)
            scorers[name] = kind.restore(its, its_settings, item_count)
            said = found._said(name)
            found.weights |= dict(zip(said, stored(its, _WEIGHTS, "f", len(said)).tolist(), strict=True))
        if not found._heard():
            raise ValueError("no model has a weight")
        return found

    def _said(self, name: str) -> tuple[str, ...]:
        """What a model says, by the names of the weights; its scores first."""
        return (name,) if name in self._dense else (name, name + _PLACES)

    def _parts(self, name: str, items_BL: ItemsBL) -> dict[str, ScoresBV]:
        """What a model says, float32 [B, V] each, on scales that all models share.

        A dense model's scores have the mean 0 and the standard deviation 1. Of another each session's best
        score is 1, and scores below 0, which only order the rest, are near 0. If it does not recommend an
        item at all (-inf), another still may. The best place says 1, the second 2/3, the third 1/2.
        """
        scores_BV = self._scorers[name].score(items_BL)
        if name in self._dense:
            centred_BV = scores_BV - scores_BV.mean(axis=1, keepdims=True)
            return {name: centred_BV / np.maximum(centred_BV.std(axis=1, keepdims=True), 1e-9)}
        best_B1 = scores_BV.max(axis=1, keepdims=True)
        best_B1[best_B1 <= 0] = 1
        scaled_BV = np.where(scores_BV > 0, scores_BV / best_B1, np.maximum(scores_BV, -1) * _REST)
        kept = min(_PLACED, scores_BV.shape[1])
        top_BK = np.argpartition(-scores_BV, kept - 1, axis=1)[:, :kept]
        found_BK = np.take_along_axis(scores_BV, top_BK, axis=1)
        order_BK = np.argsort(-found_BK, axis=1, kind="stable")
        said_BK = np.where(np.take_along_axis(found_BK, order_BK, axis=1) > 0, 2 / (2 + np.arange(kept)), 0)
        places_BV = np.zeros_like(scaled_BV)
        np.put_along_axis(
            places_BV, np.take_along_axis(top_BK, order_BK, axis=1), said_BK.astype(np.float32), axis=1
        )
        return {name: scaled_BV, name + _PLACES: places_BV}

    def _learnt_weights(self, dataset: Dataset, most: int) -> dict[str, float]:
        """The weights that make what came next in the validation window most likely; equal ones without one.

        No weight is below 0: of two models that say nearly the same, one would be taken from the other.
        """
        chosen = self._choices(dataset, most)
        names = [said for name in self._scorers for said in self._said(name)]
        equal = np.array([float(name in self._scorers) for name in names])

        def loss(weights_M: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
            value, slope_M = _RIDGE * float(weights_M @ weights_M), 2 * _RIDGE * weights_M
            for parts_CM in chosen:
                logits_C = parts_CM @ weights_M
                likely_C = np.exp(logits_C - logits_C.max())
                value += (np.log(likely_C.sum()) + logits_C.max() - logits_C[0]) / len(chosen)
                slope_M = slope_M + (likely_C @ parts_CM / likely_C.sum() - parts_CM[0]) / len(chosen)
            return value, slope_M

        bounds = [(0, None)] * len(equal)
        found = minimize(loss, equal, jac=True, method="L-BFGS-B", bounds=bounds).x if chosen else equal
        if not found.any():
            found = equal
        return dict(zip(names, found.round(4).tolist(), strict=True))

    def _choices(self, dataset: Dataset, most: int) -> list[npt.NDArray[np.float64]]:
        """The scaled scores [C, M] of each validation example's candidates; the first of them came next.

        The candidates are the best items of each model. An example whose next item is none of them says
        nothing about the order of lists, so it is left out.
        """
        data = examples(dataset.sequences, "valid", _WIDEST)
        chosen_E = np.unique(np.linspace(0, len(data) - 1, min(most, len(data)), dtype=np.int64))
        # Up to this score a model says nothing about an item.
        floors = [[-np.inf] if name in self._dense else [0, 0] for name in self._scorers]
        floor_M = np.array([floor for one in floors for floor in one], np.float32)
        found = []
        for at in range(0, len(chosen_E), _BATCH):
            chosen = chosen_E[at : at + _BATCH]
            items_BL, targets_B = data.inputs(chosen), data.targets[chosen].astype(np.int64) - 1
            said = [part for name in self._scorers for part in self._parts(name, items_BL).values()]
            parts_BVM = np.stack(said, axis=-1)
            ranked_BVM = parts_BVM.copy()
            if not dataset.repeats:
                rows, places = np.nonzero(items_BL)
                ranked_BVM[rows, items_BL[rows, places] - 1] = -np.inf
            shown = min(_BEST, ranked_BVM.shape[1])
            best_BCM = np.argpartition(-ranked_BVM, shown - 1, axis=1)[:, :shown]
            said_BCM = np.take_along_axis(ranked_BVM, best_BCM, axis=1) > floor_M
            for parts_VM, best_CM, said_CM, target in zip(
                parts_BVM, best_BCM, said_BCM, targets_B, strict=True
            ):
                candidates = np.unique(best_CM[said_CM])
                if target in candidates:
                    others = candidates[candidates != target]
                    found.append(parts_VM[np.append(target, others)].astype(np.float64))
        return found


def _taking_part(settings: BlendSettings, dataset: Dataset) -> list[str]:
    """The counted models to blend. Where there are no dates, those that need dates are left out."""
    asked = settings.repeating if dataset.repeats else settings.games
    names = [name for name in asked if dataset.has_games or model_entry(name).needs != "games"]
    if not names:
        wanted = "a model" if dataset.has_games else "a model that needs no dates"
        raise SettingsError(f"[blend] there is nothing to blend on {dataset.path}: name {wanted}")
    for name in names:
        if name == BlendSettings.section or model_entry(name).learnt:
            raise SettingsError(f"[blend] {name}: a blend counts counted models only, and no other blend")
    for name in settings.learnt:
        if not model_entry(name).learnt:
            raise SettingsError(f"[blend] {name} is not learnt: name it in games or repeating")
    return names


def _dense(counted: Iterable[str]) -> set[str]:
    """Those of the counted models whose every score says something."""
    return {name for name in counted if getattr(model_entry(name).load(), "dense", False)}


def _kind(name: str, settings: BlendSettings) -> tuple[Any, Settings]:
    """The class of a counted model, and its settings in the blend."""
    kind = model_entry(name).load()
    try:
        return kind, kind.settings_type(**settings.parts.get(name, {}))
    except ValidationError as error:
        raise SettingsError(f"[blend] parts.{name}: {error.errors()[0]['msg']}") from error


def _counted(name: str, settings: BlendSettings, dataset: Dataset, part: Part) -> Scorer:
    kind, own = _kind(name, settings)
    scorer: Scorer = kind.fit(dataset, own, part)
    return scorer
