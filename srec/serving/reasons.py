"""What brought a game, in words, as ``reason`` in cards.js says it."""

from collections.abc import Sequence

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
