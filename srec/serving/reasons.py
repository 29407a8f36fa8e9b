"""What brought a game, and which filter leaves few, in words, as cards.js and page.js say it."""

from collections.abc import Mapping, Sequence

from srec.inference.answers import Recommended
from srec.serving.words import Words

_SOME = 0.1  # of a score: what a dislike takes away is said from here on


def reason(game: Recommended, names: Sequence[str], say: Words) -> str:
    """The games with the largest parts of a score, in proportion, and the one that took most away.

    Args:
        game: with its parts.
        names: of the games that the parts are for.
        say: the texts.
    """
    if game.parts is None or game.quality is None or game.popularity is None:
        return say("in_common" if game.shared_tags else "often_next")
    brought = sorted((-part, name) for part, name in zip(game.parts, names, strict=True) if part > 0)
    why = _mainly([(-part, name) for part, name in brought], game.quality, game.popularity, say=say)
    least = min(zip(game.parts, names, strict=True), default=(0.0, ""))
    return say("less_for", why=why, name=least[1]) if least[0] < -_SOME * abs(game.score) else why


def fewer(there: int, without: Mapping[str, int], say: Words) -> str:
    """Which filters leave few games, the one that takes most away first; empty if none does.

    Args:
        there: how many games come.
        without: how many there would be without each filter.
        say: the texts.
    """
    loosened = sorted(
        ((left, name) for name, left in without.items() if left > there), key=lambda pair: -pair[0]
    )[:2]
    named = {
        "released_from": f"{say('years')} {say('from')}",
        "released_to": f"{say('years')} {say('to')}",
        "most_cents": say("price"),
    }
    told = [say("loosen", filter=named.get(name) or say(name), left=left) for left, name in loosened]
    return (say("few", count=there) + "".join(told)).strip() if told else ""


def _mainly(brought: Sequence[tuple[float, str]], quality: float, popularity: float, *, say: Words) -> str:
    taste = sum(part for part, _ in brought)
    if max(popularity, quality) > taste:
        return say("few_dislike" if quality > popularity else "by_everybody")
    if not brought:
        return say("often_next")
    (first, name), *others = brought
    if not others or first > 4 * others[0][0]:
        return say("because", first=name)
    kind = "mostly" if first > 1.5 * others[0][0] else "both"
    if kind == "both" and len(others) > 1 and others[0][0] < 1.5 * others[1][0]:
        kind = "and_others"
    return say(kind, first=name, second=others[0][1])
