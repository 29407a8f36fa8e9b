"""``srec bench dislikes``: how many disliked games an answer has, with and without what dislikes teach."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Dataset, Floats, Ints
from srec.environment import Environment
from srec.errors import SettingsError
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Bootstrap, Difference, Estimate
from srec.evaluation.dislikes import FIRST, disliked
from srec.evaluation.fold_in import Told, gains, orders, tell_most
from srec.evaluation.players import Players, held_out, padded
from srec.models.smart import Smart, SmartSettings
from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.results import BenchResult, DatasetSize

FOLDS, TOLD, LENGTH = 5, 3, 12
NOTHING, LEARNT, BOTH = "no dislikes", "learnt", "learnt and told"


class Way(Frozen):
    """A way to use dislikes.

    Attributes:
        recall: recall@12 of the expected games.
        intrusion: the share of the players' dislikes that are among 20, without those that are told.
        recall_change: against no use of dislikes, over the same players.
        intrusion_change: the same of the intrusion.
    """

    recall: Estimate
    intrusion: Estimate
    recall_change: Difference
    intrusion_change: Difference


class DislikesResult(BenchResult):
    """The default recommender without dislikes, with those that it learns from, and with told ones too.

    Attributes:
        dataset: the size of the dataset.
        folds: into how many parts its users are divided; each is asked of models that know the others.
        weights: the chosen weights of popularity, by fold, without dislikes and with them.
        everybody: all players with a dislike and two likes, by way. Who has one dislike tells none.
        several: those of two dislikes and more, who tell half of them, by way.
        fall: how many places the five nearest games of a newly disliked one fall, by fold, the mean.
        fell: the share of them that fall, by fold.
    """

    benchmark: Literal["dislikes"] = "dislikes"
    dataset: DatasetSize
    folds: int
    weights: Mapping[str, Sequence[float]]
    everybody: Mapping[str, Way]
    several: Mapping[str, Way]
    fall: Sequence[Estimate]
    fell: Sequence[Estimate]


def bench_dislikes(dataset: Dataset, *, seed: int = 0) -> DislikesResult:
    """Ask models about people whom they do not know, each user of the dataset once.

    Args:
        dataset: prepared with any split; its users are divided anew.
        seed: draws the folds, what is told, and the resamples.

    Raises:
        SettingsError: nobody in the dataset dislikes a game and likes two.
    """
    generator = np.random.default_rng(seed)
    fold_U = generator.integers(FOLDS, size=len(dataset.sequences))
    columns: dict[str, list[Floats]] = {NOTHING: [], LEARNT: [], BOTH: []}
    weights: dict[str, list[float]] = {NOTHING: [], LEARNT: []}
    several, responses = [], []
    for fold in range(FOLDS):
        view = _view(dataset, test_U=fold_U == fold, valid_U=fold_U == (fold + 1) % FOLDS)
        players = _players(view)
        if not len(players):
            raise SettingsError("no user dislikes a game and likes two: there is nothing to measure")
        told = tell_most(orders(players, most_played=0, draws=1, seed=seed), TOLD)
        items, _, _ = view.sequences.learnable("fit")
        counts = np.bincount(items, minlength=view.item_count + 1)
        models = {
            way: Asked(Smart.fit(view, settings, "fit"), counts)
            for way, settings in ((NOTHING, SmartSettings(dislikes=0)), (LEARNT, SmartSettings()))
        }
        for way, model in models.items():
            assert model.sum is not None
            weights[way].append(model.sum.popularity_weight)
        halves = [generator.permutation(players.disliked[player]) for player in told.players_E]
        several.append(np.array([len(one) > 1 for one in halves]))
        for way, model in ((NOTHING, models[NOTHING]), (LEARNT, models[LEARNT]), (BOTH, models[LEARNT])):
            columns[way].append(_measured(model, told, halves, read=way == BOTH))
        found = disliked(
            {LEARNT: models[LEARNT]},
            players,
            told,
            tags=view.tags,
            length=LENGTH,
            resamples=1000,
            seed=seed,
        )
        responses.append(found[LEARNT].response)
    whole = {way: np.concatenate(parts) for way, parts in columns.items()}
    is_several = np.concatenate(several)
    return DislikesResult(
        environment=Environment.here(),
        dataset=DatasetSize.of(dataset.manifest),
        folds=FOLDS,
        weights=weights,
        everybody=_ways(whole, seed),
        several=_ways({way: values[is_several] for way, values in whole.items()}, seed),
        fall=[one.places for one in responses if one],
        fell=[one.fallen for one in responses if one],
    )


def _view(dataset: Dataset, *, test_U: npt.NDArray[np.bool_], valid_U: npt.NDArray[np.bool_]) -> Dataset:
    """The dataset with other users held out whole."""
    known = dataset.sequences
    first, last = known.offsets[:-1], known.offsets[1:]
    valid_ends = np.where(test_U, first, last)
    view = copy.copy(dataset)
    view.manifest = dataset.manifest | {"split": {"kind": "users"}}
    view.__dict__["sequences"] = replace(
        known,
        train_ends=np.where(test_U | valid_U, first, last),
        valid_ends=valid_ends,
        test_begins=valid_ends,
    )
    return view


def _players(view: Dataset) -> Players:
    """The held-out users with a dislike and two likes."""
    everybody = held_out(view)
    assert everybody is not None
    kept = [
        at for at in range(len(everybody)) if len(everybody.disliked[at]) and len(everybody.liked[at]) > 1
    ]
    liked, disliked = ([lists[at] for at in kept] for lists in (everybody.liked, everybody.disliked))
    return Players(liked, disliked, None, everybody.source, everybody.digest)


def _measured(model: Asked, told: Told, halves: Sequence[Ints], *, read: bool) -> Floats:
    """Each player's recall and intrusion, float64 [E, 2]; told dislikes are in no answer either way."""
    named_EM = padded([one[: len(one) // 2] for one in halves])
    top_EK = model.best(told.liked_EN, FIRST, disliked_EM=named_EM, read_dislikes=read)
    nothing = np.zeros(len(model.known_counts), bool)
    recall_E = next(iter(gains(top_EK[:, :LENGTH], told, nothing).values()))
    away = [one[len(one) // 2 :] for one in halves]
    intrusion_E = [np.isin(games, top_K).mean() for top_K, games in zip(top_EK, away, strict=True)]
    return np.column_stack((recall_E, intrusion_E))


def _ways(columns: Mapping[str, Floats], seed: int) -> dict[str, Way]:
    values = np.concatenate(list(columns.values()), axis=1)
    boot = Bootstrap(values, np.arange(len(values)), resamples=1000, generator=np.random.default_rng(seed))
    return {
        way: Way(
            recall=boot.mean(2 * at),
            intrusion=boot.mean(2 * at + 1),
            recall_change=boot.difference(2 * at, 0),
            intrusion_change=boot.difference(2 * at + 1, 1),
        )
        for at, way in enumerate(columns)
    }


def markdown(results: Mapping[str, DislikesResult]) -> Iterator[str]:
    """The section of docs/results.md."""
    if not results:
        return
    yield from ("### Dislikes", "")
    for name, result in results.items():
        yield (
            f"`srec bench dislikes`: each user who dislikes a game and likes two tells {TOLD} likes at most;"
            f" the other likes are expected among {LENGTH}, and the dislikes should not be among {FIRST}. The"
            f" models know {result.folds - 1} of {result.folds} parts of the users and are asked about the"
            " other one, at the weights of popularity that their validation users choose. Users of several"
            f" dislikes tell half of them; the others count. File: [{name}](../benchmarks/results/{name})."
        )
        yield ""
        rows = [
            [players, way, *_cells(one, ways[NOTHING])]
            for players, ways in (("all", result.everybody), ("of several dislikes", result.several))
            for way, one in ways.items()
        ]
        headings = ("players", "dislikes", "recall@12", "change", "intrusion@20", "change")
        yield from markdown_table(headings, rows).splitlines()
        fall, fell = (np.mean([one.value for one in of]) for of in (result.fall, result.fell))
        yield ""
        yield (
            f"When a game of an answer is disliked, its five nearest games by tags fall {fall:,.0f} places on"
            f" average; {fell:.0%} of them fall."
        )
        yield ""


def _cells(one: Way, before: Way) -> list[str]:
    cells = []
    for value, change, old in (
        (one.recall, one.recall_change, before.recall),
        (one.intrusion, one.intrusion_change, before.intrusion),
    ):
        low, middle, high = (part / old.value for part in (change.low, change.value, change.high))
        cells += [f"{value.value:.4f}", "-" if one is before else f"{middle:+.1%} [{low:+.1%}, {high:+.1%}]"]
    return cells
