"""Three lines on what to serve, by a rule that the report states."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from srec.evaluation.comparison import FEWEST_SESSIONS, Compared
from srec.evaluation.players import HOW_TO_GET
from srec.evaluation.settings import VisitorSettings
from srec.evaluation.verdicts import signed
from srec.evaluation.visited import Visitors

#: A warning comes where more than this is the case.
MOST_FIRST, MOST_BY_ORDER = 0.2, 0.1


def rule(settings: VisitorSettings) -> str:
    """How the model to serve is found, and when there is a warning."""
    limit = f"{settings.most_popular:.0%}"
    return (
        f"The model to serve has the best recall of those whose answers are at most {limit} popular games,"
        " because what everybody gets is no recommendation; if all have more, it has the best recall of all."
        f" With fewer than {FEWEST_SESSIONS} players, none is named. A warning comes if answers are more than"
        f" {limit} popular games, if more than {MOST_FIRST:.0%} of the lists have the same first game, if the"
        " popular list has a clearly better recall, or if the order of the list changes more than"
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
    own = [name for name in found.main.models if not _too_popular(found, name)]
    return _best(found, own or list(found.main.models))


def _too_popular(found: Visitors, name: str) -> bool:
    return found.models[name].sameness.overlap > found.settings.most_popular * found.settings.length


def _why(found: Visitors, chosen: str) -> str:
    assert found.main is not None
    limit = f"{found.settings.most_popular:.0%} popular games"
    recall = _value(found.main.models, chosen, found.recall)
    best = f"Serve {chosen}, because it has the best {found.recall} ({recall})"
    if _too_popular(found, chosen):
        return f"{best}, and the answers of every model are more than {limit}."
    overlap = f"{found.models[chosen].sameness.overlap:.1f} of {found.settings.length}"
    return f"{best} of the models whose answers are at most {limit} ({overlap})."


def _lost(found: Visitors, models: Mapping[str, Compared], headline: str, chosen: str) -> str:
    best, next_best = (
        _best(found, found.models),
        max(models, key=lambda name: models[name].metrics[headline].value),
    )
    behind = found.behind[chosen]
    first = (
        f"Nothing is lost in {found.recall}"
        if best == chosen
        else f"Against {best}, the best in {found.recall} of all, the difference is {signed(behind)}"
    )
    there, here = (models[name].metrics[headline].value for name in (next_best, chosen))
    second = (
        f"nor in {headline} on the next game"
        if next_best == chosen
        else f"on the next game {headline} is {here:.4f}, and that of {next_best} is {there:.4f}"
    )
    return f"{first}; {second}{_above(found, chosen)}."


def _above(found: Visitors, chosen: str) -> str:
    """Which other model would find more at the same overlap, if its weight of popularity were another."""
    assert found.main is not None
    own, overlap = (
        found.main.models[chosen].metrics[found.recall].value,
        found.models[chosen].sameness.overlap,
    )
    points = {
        name: one.front.at(overlap)
        for name, one in found.models.items()
        if name != chosen and one.front and one.popularity_weight is not None
    }
    recalls = {name: point.recall for name, point in points.items() if point and point.recall > own}
    if not recalls:
        return ""
    best = max(recalls, key=lambda name: recalls[name])
    return (
        f"; at the same overlap {best} would have {recalls[best]:.3f}, with another weight of popularity than"
        f" {found.models[best].popularity_weight:g}"
    )


def _warning(found: Visitors, name: str) -> str:
    said = list(_warnings(found, name))
    if said:
        return f"Warning: of {name}, {'; '.join(said)}."
    return f"No warning: {name} does not answer everybody with the popular games, and its order is steady."


def _warnings(found: Visitors, name: str) -> Iterator[str]:
    same, length = found.models[name].sameness, found.settings.length
    if _too_popular(found, name):
        yield f"{same.overlap:.1f} of {length} games are those that are popular anyway"
    if same.first_share > MOST_FIRST:
        yield f"{same.first_share:.0%} of the lists have the same first game"
    compared = {} if found.main is None else found.main.models[name].differences.get("popularity", {})
    if found.recall in compared and compared[found.recall].verdict == "worse":
        yield f"{found.recall} is below that of the popular list: {signed(compared[found.recall])}"
    permuted = found.stability["permuted"].models if "permuted" in found.stability else {}
    stays = permuted[name].metrics["Jaccard@10"].value if name in permuted else 1.0
    if 1 - stays > MOST_BY_ORDER:
        yield f"the order in which games are typed changes {1 - stays:.0%} of the answer"


def _best(found: Visitors, names: Iterable[str]) -> str:
    """The best of these models in recall; of equal ones, the one with the less popular answers."""
    assert found.main is not None
    models = found.main.models
    return max(
        names,
        key=lambda name: (models[name].metrics[found.recall].value, -found.models[name].sameness.overlap),
    )


def _value(models: Mapping[str, Compared], name: str, metric: str) -> str:
    return f"{models[name].metrics[metric].value:.3f}"
