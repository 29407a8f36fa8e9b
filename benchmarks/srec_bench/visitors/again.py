"""``srec bench again``: how much of an answer stays when a model is made again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from srec.dataset.dataset import Dataset
from srec.environment import Environment
from srec.errors import SRecError
from srec.evaluation.asking import Asked
from srec.evaluation.comparison import Estimate, compare
from srec.evaluation.players import anybody
from srec.evaluation.stability import LONGEST, changes, trained_again
from srec.models import MODELS
from srec.models.base import Scorer
from srec.models.session_model import TorchScorer
from srec.reports.markdown import markdown_table
from srec.settings import Recipe
from srec.training.run import train
from srec.training.settings import training_of
from srec_bench.results import BenchResult, DatasetSize

COUNTED = ("smart", "popularity", "tags", "item-knn", "rules", "ease")
SEED, WEEK = "another seed", "a week more"
METRICS = ("RBO@10", "Jaccard@10")
_LISTS, _RESAMPLES = 2000, 1000


class AgainResult(BenchResult):
    """Answers of models that were made twice.

    Attributes:
        dataset: the size of the dataset; its validation window is the week that is added.
        lists: how many lists of 3 to 7 games of one user were asked.
        added: how many reviews the week has.
        models: by model, by what changed ("another seed", "a week more"), the mean RBO@10 and Jaccard@10 of
            the two answers, with 95 % intervals over the lists.
    """

    benchmark: Literal["again"] = "again"
    dataset: DatasetSize
    lists: int
    added: int
    models: Mapping[str, Mapping[str, Mapping[str, Estimate]]]


def bench_again(
    dataset: Dataset,
    learnt: tuple[str, ...],
    work: Path,
    *,
    recipe: Recipe,
    say: Callable[[str], None] = lambda line: None,
) -> AgainResult:
    """Make each model twice, with two seeds, and with and without the validation window.

    Args:
        dataset: its validation window is what is added: prepare it with ``valid_days`` 7.
        learnt: models that are trained; the counted ones are always there.
        work: the folder that keeps the runs.
        recipe: the settings that differ from the defaults.
        say: called with what is being made.
    """
    known = dataset.sequences
    counts = np.bincount(known.learnable("fit")[0], minlength=dataset.item_count + 1)
    people = anybody(dataset, LONGEST + 1, most=_LISTS, generator=np.random.default_rng(0))
    generator = np.random.default_rng(0)
    lists_EL = changes([generator.permutation(one) for one in people.liked], dataset.tags, seed=0).lists_EL
    if not len(lists_EL):
        raise SRecError(f"{dataset.path}: no user has {LONGEST + 1} games, so there is no list to ask")
    found = {}
    for name in (*COUNTED, *learnt):
        say(f"making {name} again")
        made = _learnt if name in learnt else _counted
        first, others = made(dataset, name, work, recipe)
        found[name] = {
            what: _compared(Asked(first, counts), Asked(other, counts), lists_EL, dataset)
            for what, other in others.items()
        }
    return AgainResult(
        environment=Environment.here(),
        dataset=DatasetSize.of(dataset.manifest),
        lists=len(lists_EL),
        added=int((known.valid_ends - known.train_ends).sum()),
        models=found,
    )


def _counted(dataset: Dataset, name: str, work: Path, recipe: Recipe) -> tuple[Scorer, dict[str, Scorer]]:
    kind = MODELS[name].load()
    settings = recipe.get(kind.settings_type)
    first, again, before = (kind.fit(dataset, settings, part) for part in ("fit", "fit", "train"))
    return first, {SEED: again, WEEK: before}


def _learnt(dataset: Dataset, name: str, work: Path, recipe: Recipe) -> tuple[Scorer, dict[str, Scorer]]:
    """With a first seed and another; and as it was chosen, before it was trained on the window too."""
    kind = MODELS[name].load()
    settings, training = recipe.get(kind.settings_type), training_of(kind, recipe)
    made: list[Scorer] = []
    for seed, refit in ((0, True), (1, True), (0, False)):
        changed = training.model_copy(update={"seed": seed, "refit": refit})
        target = work / f"{name}-{seed}{'' if refit else '-before'}"
        made.append(
            TorchScorer(train(dataset, target, name, settings=settings, training=changed).load(dataset))
        )
    return made[0], {SEED: made[1], WEEK: made[2]}


def _compared(first: Asked, second: Asked, lists_EL: np.ndarray, dataset: Dataset) -> dict[str, Estimate]:
    stays = trained_again(first, second, lists_EL, app_ids=dataset.app_ids)
    compared = compare(
        {"": stays},
        np.arange(len(lists_EL)),
        baselines=(),
        resamples=_RESAMPLES,
        generator=np.random.default_rng(0),
    )
    return dict(compared.models[""].metrics)


def markdown(results: Mapping[str, AgainResult]) -> Iterator[str]:
    """The section of docs/results.md."""
    for name, result in results.items():
        yield from ("### The same model made again", "")
        yield (
            f"`srec bench again`: {result.lists:,} lists of 3 to 7 games of one user, asked of a model and of"
            f" the same model with another seed, or before the last week's {result.added:,} reviews came"
            f" ({result.dataset.interactions:,} in all). How much of the ten answers stays, with 95 %"
            f" intervals; a counted model draws nothing. File: [{name}](../benchmarks/results/{name})."
        )
        rows = [
            [
                model,
                *(_cell(of[what][metric]) for what in (SEED, WEEK) for metric in ("RBO@10", "Jaccard@10")),
            ]
            for model, of in result.models.items()
        ]
        headings = ("model", f"{SEED}: RBO@10", "Jaccard@10", f"{WEEK}: RBO@10", "Jaccard@10")
        yield from ("", *markdown_table(headings, rows).splitlines(), "")


def _cell(one: Estimate) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
