"""``srec bench newcomers``: what ten people who name few games get from the page, with its reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from srec.dataset.dataset import Dataset
from srec.environment import Environment
from srec.inference.answers import Filters
from srec.inference.bundle import Bundle
from srec.inference.naming import Names
from srec.inference.recommender import Recommender
from srec.results import Frozen
from srec.serving.address import ADULT, EARLY
from srec.serving.reasons import reason
from srec.serving.words import Words
from srec_bench.results import BenchResult, DatasetSize

LENGTH = 8


@dataclass(frozen=True)
class Newcomer:
    """What somebody says, by names as one types them."""

    taste: str
    liked: Sequence[str]
    disliked: Sequence[str] = ()
    popularity: float | None = None


NEWCOMERS = (
    Newcomer("Puzzles with a story", ("Portal 2", "The Talos Principle", "Antichamber")),
    Newcomer("Hard platformers", ("Super Meat Boy", "Spelunky", "VVVVVV")),
    Newcomer("Space and trade", ("FTL", "Kerbal Space Program", "Elite Dangerous")),
    Newcomer("Stories and walks", ("Gone Home", "Firewatch", "The Stanley Parable"), ("Counter-Strike",)),
    Newcomer("Grand strategy", ("eu4", "Crusader Kings II", "civ 5")),
    Newcomer("Survival together", ("Don't Starve Together", "Terraria", "7dtd")),
    Newcomer("Horror", ("Amnesia: The Dark Descent", "Outlast", "SOMA")),
    Newcomer("Racing only", ("DiRT Rally", "Assetto Corsa")),
    Newcomer("Shooters, but no Valve", ("DOOM", "BioShock Infinite", "Metro 2033"), ("cs go", "tf2")),
    Newcomer("One odd game, only my taste", ("Papers, Please",), popularity=0.0),
)


class Got(Frozen):
    """What one of them gets.

    Attributes:
        taste: in words.
        liked: the games that the names mean, with how many users of the dataset each has.
        disliked: likewise.
        answer: each game with its reason, the best first.
    """

    taste: str
    liked: Sequence[tuple[str, int]]
    disliked: Sequence[tuple[str, int]]
    answer: Sequence[tuple[str, str]]


class NewcomersResult(BenchResult):
    """What newcomers get.

    Attributes:
        dataset: the size of what the recommender is made of.
        got: by newcomer.
    """

    benchmark: Literal["newcomers"] = "newcomers"
    dataset: DatasetSize
    got: Sequence[Got]


def bench_newcomers(bundle: Bundle, dataset: Dataset) -> NewcomersResult:
    """Ask as the page does, with the filters that it begins with.

    Args:
        bundle: what answers.
        dataset: what it was made of.

    Raises:
        SRecError: a name means no game of the bundle for sure.
    """
    recommender, names, say = Recommender(bundle), Names(bundle), Words("en")
    name_of = {game.app_id: game.name for game in bundle.games}
    counts = np.bincount(dataset.sequences.items, minlength=dataset.item_count + 1).tolist()
    count_of = dict(zip(dataset.app_ids.tolist(), counts, strict=True))
    got = []
    for one in NEWCOMERS:
        liked, disliked = names.app_ids(one.liked), names.app_ids(one.disliked)
        answer = recommender.recommend(
            liked,
            k=LENGTH,
            disliked=disliked,
            popularity=one.popularity,
            filters=Filters(must_not=(*EARLY, *ADULT)),
        )
        named = [name_of[app_id] for app_id in answer.sum.named] if answer.sum else []
        said = [[(name_of[app_id], count_of[app_id]) for app_id in ids] for ids in (liked, disliked)]
        why = [(game.name, reason(game, named, say)) for game in answer.games]
        got.append(Got(taste=one.taste, liked=said[0], disliked=said[1], answer=why))
    return NewcomersResult(environment=Environment.here(), dataset=DatasetSize.of(dataset.manifest), got=got)


def markdown(found: NewcomersResult) -> Iterator[str]:
    """A section for each, as docs/tastes.md has them."""
    for one in found.got:
        yield f"## {one.taste}"
        yield ""
        for said, games in (("Liked", one.liked), ("Not for me", one.disliked)):
            if games:
                yield f"{said}: {', '.join(f'{name} ({count:,} users)' for name, count in games)}."
                yield ""
        yield "| game | why |"
        yield "|---|---|"
        yield from (f"| {name} | {why} |" for name, why in one.answer)
        yield ""
