"""Three lines on what to serve, by a rule that the report states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from srec.evaluation.comparison import FEWEST_SESSIONS, Compared
from srec.evaluation.players import HOW_TO_GET
from srec.evaluation.verdicts import signed
from srec.evaluation.visited import Visitors

NEAR_ENOUGH = 0.9
#: A warning comes where more than this is the case.
MOST_POPULAR, MOST_FIRST, MOST_BY_ORDER = 0.5, 0.2, 0.1
RULE = (
    "The model to serve is the one whose answers overlap least with the popular list, among those that have"
    f" at least {NEAR_ENOUGH:.0%} of the best recall; with fewer than {FEWEST_SESSIONS} players, none is"
    f" named. A warning comes if more than {MOST_POPULAR:.0%} of an answer are popular games, if more than"
    f" {MOST_FIRST:.0%} of the lists have the same first game, or if the order of the list changes more than"
    f" {MOST_BY_ORDER:.0%} of the answer."
)


@dataclass(frozen=True)
class Verdict:
    """What to serve.

    Attributes:
        serve: the model; None if the numbers do not say.
        lines: what to serve and why, what that loses in accuracy, and a warning.
    """

    serve: str | None
    lines: tuple[str, ...]


def verdict(found: Visitors, models: Mapping[str, Compared], headline: str) -> Verdict:
    """The three lines.

    Args:
        found: what a visitor gets.
        models: the models on the next game.
        headline: the metric of the next game.
    """
    next_best = max(models, key=lambda name: models[name].metrics[headline].value)
    chosen = _served(found)
    if chosen is None:
        why = HOW_TO_GET if not found.players else f"{found.players} held-out players are too few"
        accuracy = f"On the next game {next_best} has the best {headline}"
        return Verdict(
            None,
            (
                f"What to serve is not known: {why}.",
                f"{accuracy} ({_value(models, next_best, headline)}), which says nothing of off-head games.",
                _warning(found, next_best),
            ),
        )
    return Verdict(
        chosen, (_why(found, chosen), _lost(found, models, headline, chosen), _warning(found, chosen))
    )


def _served(found: Visitors) -> str | None:
    if found.main is None or found.main.sessions < FEWEST_SESSIONS:
        return None
    recalls = {name: one.metrics[found.recall].value for name, one in found.main.models.items()}
    enough = NEAR_ENOUGH * max(recalls.values())
    near = [name for name in recalls if recalls[name] >= enough]
    return min(near, key=lambda name: (found.models[name].sameness.overlap, -recalls[name]))


def _why(found: Visitors, chosen: str) -> str:
    assert found.main is not None
    recall = _value(found.main.models, chosen, found.recall)
    overlap = f"{found.models[chosen].sameness.overlap:.1f} of {found.settings.length}"
    best = _best(found)
    if best == chosen:
        return (
            f"Serve {chosen}, because its {found.recall} is the best ({recall}), and no model with"
            f" {NEAR_ENOUGH:.0%} of that overlaps less with the popular list ({overlap})."
        )
    return (
        f"Serve {chosen}, because it overlaps least with the popular list ({overlap}) among the models that"
        f" have at least {NEAR_ENOUGH:.0%} of the best {found.recall} ({recall}; that of {best} is"
        f" {_value(found.main.models, best, found.recall)})."
    )


def _lost(found: Visitors, models: Mapping[str, Compared], headline: str, chosen: str) -> str:
    best, next_best = _best(found), max(models, key=lambda name: models[name].metrics[headline].value)
    behind = found.behind[chosen]
    first = (
        f"Nothing is lost in {found.recall}"
        if best == chosen
        else f"Against {best}, the best in {found.recall}, the difference is {signed(behind)}"
    )
    there, here = (models[name].metrics[headline].value for name in (next_best, chosen))
    second = (
        f"nor in {headline} on the next game"
        if next_best == chosen
        else f"on the next game {headline} is {here:.4f}, and that of {next_best} is {there:.4f}"
    )
    return f"{first}; {second}."


def _warning(found: Visitors, name: str) -> str:
    said = list(_warnings(found, name))
    if said:
        return f"Warning: of {name}, {'; '.join(said)}."
    return f"No warning: {name} does not answer everybody with the popular games, and its order is steady."


def _warnings(found: Visitors, name: str) -> Iterator[str]:
    same, length = found.models[name].sameness, found.settings.length
    if same.overlap > MOST_POPULAR * length:
        yield f"{same.overlap:.1f} of {length} games are those that are popular anyway"
    if same.first_share > MOST_FIRST:
        yield f"{same.first_share:.0%} of the lists have the same first game"
    permuted = found.stability["permuted"].models if "permuted" in found.stability else {}
    stays = permuted[name].metrics["Jaccard@10"].value if name in permuted else 1.0
    if 1 - stays > MOST_BY_ORDER:
        yield f"the order in which games are typed changes {1 - stays:.0%} of the answer"


def _best(found: Visitors) -> str:
    assert found.main is not None
    models = found.main.models
    return max(models, key=lambda name: models[name].metrics[found.recall].value)


def _value(models: Mapping[str, Compared], name: str, metric: str) -> str:
    return f"{models[name].metrics[metric].value:.3f}"
