"""Fold-in: some games of a held-out player are told, and the player's other games are expected.

recall@K is hits / min(K, expected); NDCG@K has binary gains and the ideal of min(K, expected) hits. Off-head
is the recall of those expected games that are not among the most popular ones of the training, over the
players who have such games. The told games are excluded from the answer.

Shapes: E lists, P players, N told games, V items, K places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints
from srec.evaluation.players import Players, padded

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """What is told, and what is expected.

    Attributes:
        liked_EN: int64 [E, N], the told games, padded with 0 on the right.
        players_E: int64 [E], the player of each list.
        expected: by list, the games that are expected.
    """

    liked_EN: Ints
    players_E: Ints
    expected: Sequence[Ints]

    def __len__(self) -> int:
        return len(self.players_E)


def orders(players: Players, *, most_played: int, draws: int, seed: int) -> list[list[Ints]]:
    """For each draw, each player's games in the random order in which they are told.

    Where hours are known, the player's most played games come first, because people name what they know.

    Args:
        players: the players.
        most_played: how many of a player's games, the most played ones, are told first.
        draws: how many orders for each player.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    known: list[Ints] = list(players.liked)
    if players.hours is not None:
        known = [
            games[np.argsort(-hours, kind="stable")]
            for games, hours in zip(players.liked, players.hours, strict=True)
        ]
    first = most_played if players.hours is not None else max(map(len, known), default=0)
    return [
        [np.concatenate((generator.permutation(games[:first]), games[first:])) for games in known]
        for _ in range(draws)
    ]


def tell(ordered: Sequence[Sequence[Ints]], count: int) -> Told:
    """The first games of each order are told; players who have no other game are left out.

    Args:
        ordered: by draw and player, as ``orders`` gives them.
        count: N, how many games are told.
    """
    kept = [(player, games) for draw in ordered for player, games in enumerate(draw) if len(games) > count]
    return Told(
        padded([games[:count] for _, games in kept]).reshape(-1, count),
        np.array([player for player, _ in kept], np.int64),
        [games[count:] for _, games in kept],
    )


def tell_most(ordered: Sequence[Sequence[Ints]], most: int) -> Told:
    """As many games of each order as may be told, so that one is left to expect; padded with 0 on the right.

    Args:
        ordered: by draw and player, as ``orders`` gives them; each has two games at least.
        most: the most games that are told.
    """
    kept = [(player, games) for draw in ordered for player, games in enumerate(draw)]
    counts = [min(most, len(games) - 1) for _, games in kept]
    return Told(
        padded([games[:count] for count, (_, games) in zip(counts, kept, strict=True)]),
        np.array([player for player, _ in kept], np.int64),
        [games[count:] for count, (_, games) in zip(counts, kept, strict=True)],
    )


def in_head(known_counts: Ints, size: int) -> Mask:
    """Whether an item is among the most popular ones: bool [V + 1], ties by the lower item.

    Args:
        known_counts: int [V + 1], the interactions of each item before the tested window.
        size: how many items are the head.
    """
    head = np.zeros(len(known_counts), bool)
    head[most_popular(known_counts)[:size]] = True
    return head


def most_popular(known_counts: Ints) -> Ints:
    """int64 [V]: all items, the most popular first, ties by the lower item."""
    return np.argsort(-known_counts[1:].astype(np.int64), kind="stable") + 1


def gains(top_EK: Ints, told: Told, head: Mask) -> dict[str, Floats]:
    """Each list's recall, NDCG and off-head recall: float64 [E]; NaN off-head if no such game is expected.

    Args:
        top_EK: int [E, K], the answers; 0 is an empty place.
        told: the lists.
        head: bool [V + 1], the items that do not count off-head.
    """
    count, length = top_EK.shape
    sizes = np.array([len(games) for games in told.expected], np.int64)
    rows = np.repeat(np.arange(count), sizes)
    expected = np.concatenate([np.zeros(0, np.int64), *told.expected]).astype(np.int64)
    keys = rows * len(head) + expected
    hits_EK = np.isin(np.arange(count)[:, None] * len(head) + top_EK, keys) & (top_EK > 0)
    off = np.bincount(rows[~head[expected]], minlength=count)
    discounts = 1 / np.log2(np.arange(length) + 2)
    ideal = np.concatenate(([1.0], np.cumsum(discounts)))
    found_off = (hits_EK & ~head[top_EK]).sum(axis=1) / np.maximum(np.minimum(off, length), 1)
    return {
        f"recall@{length}": hits_EK.sum(axis=1) / np.minimum(sizes, length),
        f"NDCG@{length}": (hits_EK * discounts).sum(axis=1) / ideal[np.minimum(sizes, length)],
        f"off-head@{length}": np.where(off > 0, found_off, np.nan),
    }
