"""The result of ``srec bench visitors``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from srec.evaluation.comparison import Estimate
from srec.evaluation.visited import Point
from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.results import BenchResult, DatasetSize

#: The overlaps at which fronts are compared: those of the sum of ten lines at its four weights.
OVERLAPS = (1.3, 2.8, 4.1, 5.1)


class Half(Frozen):
    """A model on some of the players.

    Attributes:
        at_default: at the model's own weight of popularity; its own answer where it has none.
        at: on the model's front, at each of OVERLAPS that it reaches.
    """

    at_default: Point
    at: Sequence[Point]


class Cold(Frozen):
    """A model that a tenth of the games was withheld from, asked for them among all games.

    Attributes:
        withheld: recall@12 of the withheld games, with its 95 % interval over players.
        others: recall@12 of the other games.
        others_before: the same of a model that nothing was withheld from.
    """

    withheld: Estimate
    others: Estimate
    others_before: Estimate


class Answered(Frozen):
    """A taste, and what the default recommender answers."""

    named: Sequence[str]
    answer: Sequence[str]
    popular: int


class VisitorsResult(BenchResult):
    """What players of libraries get from each model, and what tastes get from the default one.

    Attributes:
        dataset: the size of what the models are counted from.
        players: how many there are, with how many games at least.
        told: how many of a player's ten most played games are named.
        draws: how often for each player.
        even: by model, on the players with even numbers.
        odd: by model, on the others.
        everybody: by model, on all of them.
        stability: by kind of change to a list of 3 to 7 games, by model, the mean Jaccard@10 of the answers.
        cold: of the default recommender and of the tags, by model.
        weight: the default recommender's weight of popularity, chosen on the dataset's validation users.
        tastes: by taste.
        overlap: of the tastes' answers, how many games are the most popular ones left, on average.
        same_first: how many tastes share the most frequent first game.
    """

    benchmark: Literal["visitors"] = "visitors"
    dataset: DatasetSize
    players: int
    told: int
    draws: int
    even: Mapping[str, Half]
    odd: Mapping[str, Half]
    everybody: Mapping[str, Half]
    stability: Mapping[str, Mapping[str, float]]
    cold: Mapping[str, Cold]
    weight: float
    tastes: Mapping[str, Answered]
    overlap: float
    same_first: int


def rows(of: Mapping[str, Half]) -> list[list[str]]:
    """A row a model: at its own weight, then at each overlap."""
    found = []
    for name, half in of.items():
        points = {point.overlap: point for point in half.at}
        own = half.at_default
        cells = [_pair(points.get(overlap)) for overlap in OVERLAPS]
        found.append([name, _pair(own), f"{own.overlap:.1f}", *cells])
    return found


HEADINGS = ("model", "at its own weight", "overlap", *(f"at {overlap}" for overlap in OVERLAPS))


def markdown(results: Mapping[str, VisitorsResult]) -> Iterator[str]:
    """The section of docs/results.md."""
    if not results:
        return
    yield from ("### What a visitor gets", "")
    for name, result in results.items():
        yield (
            f"`srec bench visitors`: {result.players:,} players of real libraries name {result.told} of their"
            f" 10 most played games, {result.draws} times each; the others that they played are expected"
            f" among 12. All models are counted from {result.dataset.interactions:,} reviews by other people"
            f" of {result.dataset.items:,} games. The figures are the recall of all expected games / of those"
            " outside the 50 most popular, at equal overlaps with the popular list, where a model reaches the"
            " overlap. The weights of `smart` were chosen by hand, with an eye on these players, and not on a"
            " validation window. The file has two halves of the players too."
            f" File: [{name}](../benchmarks/results/{name})."
        )
        yield from ("", *markdown_table(HEADINGS, rows(result.everybody)).splitlines(), "")
        yield "How much of an answer stays (Jaccard@10) when a list of 3 to 7 games changes a little:"
        yield from ("", *_stability(result.stability).splitlines(), "")
        yield "A tenth of the games withheld from the models, and asked for among all games (recall@12):"
        rows_of = [[name, *map(_interval, vars(cold).values())] for name, cold in result.cold.items()]
        headings = ("model", "withheld games", "the others", "the others, nothing withheld")
        yield from ("", *markdown_table(headings, rows_of).splitlines(), "")
        yield (
            f"{len(result.tastes)} tastes, as `smart` answers them at its own weight ({result.weight}):"
            f" {result.overlap:.1f} of 12 are the popular list, and no first game is that of more than"
            f" {result.same_first} of them."
        )
        yield ""
        for taste, answered in result.tastes.items():
            yield (
                f"- **{taste}** ({', '.join(answered.named)}): {', '.join(answered.answer)}."
                f" ({answered.popular} popular)"
            )
        yield ""


def _stability(stability: Mapping[str, Mapping[str, float]]) -> str:
    models = next(iter(stability.values()))
    rows = [[name, *(f"{of[name]:.2f}" for of in stability.values())] for name in models]
    return markdown_table(("model", *stability), rows)


def terminal_lines(result: VisitorsResult) -> Iterator[str]:
    """The result for the terminal."""
    for row in rows(result.everybody):
        yield "  ".join(f"{cell:>13}" for cell in row)
    yield from _stability(result.stability).splitlines()
    for name, cold in result.cold.items():
        yield f"{name}, cold: {_interval(cold.withheld)}, others {_interval(cold.others)}"
    yield f"tastes: overlap {result.overlap:.2f}, most with one first game {result.same_first}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.4f} [{estimate.low:.4f}, {estimate.high:.4f}]"


def _pair(point: Point | None) -> str:
    return "-" if point is None else f"{point.recall:.3f} / {point.off_head or 0:.3f}"
