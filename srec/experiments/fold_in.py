"""The fold-in of one model, for a row of a leaderboard."""

import numpy as np

from srec.dataset.dataset import Dataset
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Estimate, compare_where_defined
from srec.evaluation.fold_in import gains, in_head, orders, tell
from srec.evaluation.players import Players
from srec.evaluation.sameness import overlaps
from srec.evaluation.settings import BATCH_SIZE, VisitorSettings
from srec.models.base import Scorer


def fold_in(
    dataset: Dataset,
    scorer: Scorer,
    players: Players,
    *,
    settings: VisitorSettings,
    resamples: int,
    batch_size: int = BATCH_SIZE,
) -> dict[str, Estimate]:
    """What held-out players get when they tell ``settings.main`` games: recall, NDCG, off-head and overlap.

    Args:
        dataset: what the model has learnt from; its test window is not part of an item's popularity.
        scorer: the model.
        players: whom it has not learnt from.
        settings: what is told, and what an answer is.
        resamples: of the players, for the intervals.
        batch_size: lists scored at a time; it bounds the memory and changes no figure.

    Returns:
        By name: "recall@K", "NDCG@K", "off-head@K" if such games are expected, and "overlap", in games; empty
        if no player has enough games.
    """
    items, _, _ = dataset.sequences.learnable("fit")
    counts = np.bincount(items, minlength=dataset.item_count + 1)
    generator = np.random.default_rng(settings.seed)
    held = players.chosen(settings.min_games, most=settings.players, generator=generator)
    ordered = orders(held, most_played=settings.most_played, draws=settings.draws, seed=settings.seed)
    told = tell(ordered, settings.main)
    if not len(told):
        return {}
    top_EK = Asked(scorer, counts, batch_size=batch_size).best(told.liked_EN, settings.length)
    found = gains(top_EK, told, in_head(counts, settings.head))
    found["overlap"] = overlaps(top_EK, told.liked_EN, counts)
    compared = compare_where_defined(
        {"": found}, told.players_E, baselines=(), resamples=resamples, seed=settings.seed
    )
    return dict(compared.models[""].metrics)
