"""A recipe that fits how many reviews a shop has, and what may be expected of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from srec.prepare.doubts import Size, doubts
from srec.updating.look import DAYS, FILTERS, LISTS, Left, Look

KEPT = 0.8  # a filter may lose a fifth of what users like who like two games or more
PEOPLE = 100  # that figures should be measured on
TESTED = 500  # next games that figures should be measured on
SHARES = (0.1, 0.2)
LATEST = 0.25  # of the time that reviews span, at most, is held out to test on
POPULAR_SHARE = 0.002  # of the games count as popular; the 100 of the default are those of a whole Steam


@dataclass(frozen=True)
class Proposal:
    """What a recipe says.

    Attributes:
        users: positive reviews that each user must have.
        games: positive reviews that each game must have.
        popular_games: how many count as popular; 0 excludes nobody.
        split: what is held out.
        share: of the users that are held out.
        min_games: liked games of each one that is measured.
        days: of the test window, and of the one before.
        left: about what the filters leave.
    """

    users: int
    games: int
    popular_games: int
    split: str
    share: float
    min_games: int
    days: int
    left: Left

    @property
    def size(self) -> Size:
        """What will be there to learn from."""
        return Size(self.left.users, self.left.games, None, None, None)


def propose(found: Look) -> Proposal:
    """The settings for reviews like these.

    Args:
        found: what they are like.
    """
    most = found.left[FILTERS[-1]]
    fitting = [one for one in FILTERS if found.left[one].liked >= KEPT * most.liked]
    users, games = fitting[0]
    popular = round(POPULAR_SHARE * found.games)
    left = found.left[users, games]
    share, min_games = _measured_on(left)
    return Proposal(
        users,
        games,
        popular_games=popular if popular >= 10 else 0,
        split="users" if share * left.people[min_games] >= PEOPLE / 5 else "time",
        share=share,
        min_games=min_games,
        days=_window(found),
        left=left,
    )


def _measured_on(left: Left) -> tuple[float, int]:
    """The share of users to hold out, and how many games each of them likes: as long lists as possible."""
    for least in LISTS:
        for share in SHARES:
            if share * left.people[least] >= PEOPLE:
                return share, least
    return SHARES[-1], LISTS[-1]


def _window(found: Look) -> int:
    """The shortest window with enough next games, if it is not too large a part of all time."""
    span = (found.last - found.first).days
    possible = [days for days in DAYS if days <= LATEST * span] or [DAYS[0]]
    return next((days for days in possible if found.recent[days] >= TESTED), possible[-1])


def expectations(found: Look, made: Proposal) -> Iterator[str]:
    """What to expect, a line each: what is there, what is left, what is measured, and what to doubt."""
    yield (
        f"{found.reviews:,} {'simulated ' * found.simulated}reviews of {found.games:,} games by"
        f" {found.users:,} users, {found.positive / found.reviews:.0%} positive, from {found.first:%Y-%m-%d}"
        f" to {found.last:%Y-%m-%d}"
    )
    for reason, count in found.rejected.items():
        yield f"{count:,} rows cannot be used: {reason}"
    yield (
        f"{found.several:,} users like two games or more; only they teach what goes together. The recipe"
        f" keeps about {made.left.users:,} users, {made.left.games:,} games and {made.left.liked:,} likings"
    )
    if made.split == "users":
        people = int(made.share * made.left.people[made.min_games])
        yield (
            f"It is measured on about {people:,} people whom no model has seen, with {made.min_games} games"
            " or more each" + (f"; on fewer than {PEOPLE}, small differences are chance" * (people < PEOPLE))
        )
    else:
        tested = found.recent[made.days]
        yield (
            f"It is measured on the {tested:,} likings of the last {made.days} days"
            + f"; on fewer than {TESTED}, small differences are chance" * (tested < TESTED)
        )
    for doubt in doubts(made.size):
        yield f"Doubtful: {doubt}"
