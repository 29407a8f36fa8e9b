"""What players of real libraries get from the default recommender, and from what it must beat."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from srec.dataset.dataset import Dataset, Ints
from srec.environment import Environment
from srec.evaluation.asking import Asked
from srec.evaluation.fold_in import Told, gains, in_head, orders, tell
from srec.evaluation.front import front
from srec.evaluation.players import Players, from_file, padded
from srec.evaluation.sameness import overlaps
from srec.evaluation.settings import VisitorSettings
from srec.evaluation.stability import changes, stability
from srec.evaluation.visited import Point
from srec.experiments.withholding import cold_games
from srec.models import MODELS
from srec.models.base import Scorer
from srec.models.smart import Smart, SmartSettings
from srec.models.tags import TagScorerSettings
from srec.ranking import top_k
from srec_bench.results import DatasetSize
from srec_bench.visitors.result import OVERLAPS, Answered, Cold, Half, VisitorsResult
from srec_bench.visitors.tastes import TASTES
from srec_bench.visitors.ten_lines import TenLines

RIVALS = ("popularity", "tags", "item-knn", "ease")
LEAST, MOST_PLAYED, HEAD, LENGTH = 8, 10, 50, 12
WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))


def bench_visitors(
    dataset: Dataset,
    file: Path,
    *,
    told: int = 3,
    draws: int = 4,
    settings: SmartSettings | None = None,
) -> VisitorsResult:
    """Count the models and measure them.

    Args:
        dataset: what they are counted from; none of the players is in it.
        file: the players, as ``srec evaluate --players`` reads them.
        told: how many games each player names.
        draws: how often each player names games.
        settings: of the default recommender.
    """
    smart = Smart.fit(dataset, settings or SmartSettings(), "fit")
    scorers: dict[str, Scorer] = {"smart": smart, "sum of ten lines": TenLines(dataset)}
    for name in RIVALS:
        kind = MODELS[name].load()
        scorers[name] = kind.fit(dataset, kind.settings_type(), "fit")
    items, _, _ = dataset.sequences.learnable("fit")
    counts = np.bincount(items, minlength=dataset.item_count + 1)
    models = {name: Asked(scorer, counts) for name, scorer in scorers.items()}
    players = from_file(file, dataset).chosen(LEAST, most=1_000_000, generator=np.random.default_rng(0))
    ordered = orders(players, most_played=MOST_PLAYED, draws=draws, seed=0)
    groups = [[draw[first::2] for draw in ordered] for first in (0, 1)]
    tastes, same_first = _tastes(models["smart"], dataset, counts)
    return VisitorsResult(
        environment=Environment.here(),
        dataset=DatasetSize.of(dataset.manifest),
        players=len(players),
        told=told,
        draws=draws,
        even=_half(models, tell(groups[0], told)),
        odd=_half(models, tell(groups[1], told)),
        everybody=_half(models, tell(ordered, told)),
        stability=_stability(models, [games for draw in ordered for games in draw], dataset),
        cold=_cold(dataset, players, told=told, draws=draws, weight=smart.popularity_weight),
        weight=smart.popularity_weight,
        tastes=tastes,
        overlap=float(np.mean([one.popular for one in tastes.values()])),
        same_first=same_first,
    )


def _half(models: Mapping[str, Asked], told: Told) -> dict[str, Half]:
    found = {}
    for name, model in models.items():
        head = in_head(model.known_counts, HEAD)
        top_EK = model.best(told.liked_EN, LENGTH)
        recall, _, off = gains(top_EK, told, head).values()
        overlap = float(overlaps(top_EK, told.liked_EN, model.known_counts).mean())
        own = Point(None, overlap, float(recall.mean()), float(np.nanmean(off)))
        line = front(model, told, head, length=LENGTH, weights=WEIGHTS)
        at = [point for overlap in OVERLAPS if (point := line.at(overlap))]
        found[name] = Half(at_default=own, at=at)
    return found


def _stability(
    models: Mapping[str, Asked], games: Sequence[Ints], dataset: Dataset
) -> dict[str, dict[str, float]]:
    found = stability(models, changes(games, dataset.tags, seed=0), baselines=(), resamples=1, seed=0)
    return {
        kind: {name: float(model.metrics["Jaccard@10"].value) for name, model in of.models.items()}
        for kind, of in found.items()
    }


def _cold(dataset: Dataset, players: Players, *, told: int, draws: int, weight: float) -> dict[str, Cold]:
    counted = {"smart": SmartSettings(popularity=weight), "tags": TagScorerSettings()}
    settings = VisitorSettings(main=told, draws=draws, most_played=MOST_PLAYED, min_games=LEAST)
    found = cold_games(dataset, counted, players, settings=settings)
    cold = {}
    for name in counted:
        without, before = (one.models[name].metrics for one in (found.without, found.before))
        cold[name] = Cold(
            withheld=without["withheld@12"], others=without["others@12"], others_before=before["others@12"]
        )
    return cold


def _tastes(model: Asked, dataset: Dataset, counts: Ints) -> tuple[dict[str, Answered], int]:
    """The answer to each taste, and how many share the most frequent first game."""
    numbers = {int(app_id): item for item, app_id in enumerate(dataset.app_ids)}
    column = pq.read_table(dataset.path / "games.parquet", columns=["item", "name"]).sort_by("item")
    names = ["", *column["name"].to_pylist()]
    found: dict[str, Answered] = {}
    first: list[int] = []
    for taste, app_ids in TASTES.items():
        named = np.array([numbers[app_id] for app_id in app_ids if app_id in numbers], np.int64)
        if not len(named):
            continue
        top_K = model.best(padded([named]), LENGTH)[0]
        left_V = counts[1:].astype(np.float64)
        left_V[named - 1] = -np.inf
        popular = int(np.isin(top_K - 1, top_k(left_V, LENGTH)).sum())
        found[taste] = Answered(
            named=[names[item] for item in named], answer=[names[item] for item in top_K], popular=popular
        )
        first.append(int(top_K[0]))
    return found, int(np.bincount(first).max()) if first else 0
