"""The catalogue of a simulated Steam: games with topics, popularity, and metadata that reflect both."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from srec.simulate.words import COMMON_TAGS, TOPICS, studios, titles

#: App ids start here: far above any that Steam has given.
FIRST_APP_ID = 900_000_000

#: Reviews are written from START until END (seconds since 1970, UTC): 2013 to 2024.
START, END = 1_356_998_400, 1_735_689_600

_OLDEST = 1_072_915_200  # 2004
_DAY = 86_400
_TAGS_KEPT = 12
_PRICES = np.array([199, 499, 799, 999, 1499, 1999, 2499, 2999, 3999, 5999])

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Catalogue:
    """The games, G of them; K topics."""

    topics: Array  # int8 [G, 2]: the main and the second topic of each game, which may be the same
    popularity: Array  # float64 [G]: shares, heavy-tailed, summing to 1
    released: Array  # int64 [G]: seconds, at midnight
    quality: Array  # float64 [G]: what multiplies a game's chance of a negative review
    columns: dict[str, Any]  # canonical name -> Arrow array or list

    def to_arrow(self, positive: Array, negative: Array) -> pa.Table:
        """The games as a canonical table.

        Args:
            positive: int64 [G], the positive reviews that each game got.
            negative: int64 [G], the negative ones.
        """
        return pa.table(self.columns | {"reviews_positive": positive, "reviews_negative": negative})


def make_catalogue(count: int, noise: float, generator: np.random.Generator) -> Catalogue:
    """Invent games.

    A quarter is out before the reviews begin, so that the first users have a choice; the rest is released at
    a growing pace. Popularity is log-normal.

    Args:
        count: G.
        noise: the share of the games that swap their tags.
        generator: of everything that is drawn.
    """
    weights = topic_weights()
    topics = generator.choice(len(TOPICS), size=(count, 2), p=weights).astype(np.int8)
    popularity = generator.lognormal(0, 2.2, count)
    popularity /= popularity.sum()
    early = generator.random(count) < 0.25
    early[: count // 8] = True
    when = generator.random(count)
    released = np.where(early, _OLDEST + when * (START - _OLDEST), START + np.sqrt(when) * (END - START))
    released = released.astype(np.int64) // _DAY * _DAY
    free = generator.random(count) < 0.12
    price = np.where(free, 0, generator.choice(_PRICES, count))
    tags, kinds = _tags(topics, popularity, noise, generator)
    makers = studios(count // 4 + 1, generator)
    owners = generator.integers(len(makers), size=count).tolist()
    columns = {
        "app_id": pa.array(FIRST_APP_ID + np.arange(count), pa.int32()),
        "name": titles(topics[:, 0].tolist(), generator),
        "type": ["game"] * count,
        "release_date": pa.array(released // _DAY, pa.int32()).cast(pa.date32()),
        "is_free": free,
        "price_usd_cents": price.astype(np.int32),
        "developers": [[makers[owner]] for owner in owners],
        # A publisher sells the games of several studios.
        "publishers": [[makers[owner // 5 * 5]] for owner in owners],
        "genres": [
            list(dict.fromkeys([TOPICS[main].genre, TOPICS[second].genre] + ["Free To Play"] * gratis))
            for (main, second), gratis in zip(topics.tolist(), free.tolist(), strict=True)
        ],
        "categories": _some(
            generator, count, {"Single-player": 0.9, "Multi-player": 0.3, "Steam Cloud": 0.4}
        ),
        "platforms": _some(generator, count, {"windows": 1.0, "mac": 0.35, "linux": 0.25}),
        "tags": tags,
        "tags_kind": kinds,
    }
    return Catalogue(topics, popularity, released, generator.lognormal(0, 0.4, count), columns)


def topic_weights() -> Array:
    """float64 [K]: how popular each topic is among games and among users."""
    weights = 1 / (np.arange(len(TOPICS)) + 4.0)
    return np.asarray(weights / weights.sum())


def _tags(
    topics: Array, popularity: Array, noise: float, generator: np.random.Generator
) -> tuple[pa.Array, list[str | None]]:
    """Each game's most voted tags. How well they are known depends on the game's popularity, as on Steam."""
    count = len(topics)
    names = sorted({tag for topic in TOPICS for tag in topic.tags} | set(COMMON_TAGS))
    place = {name: at for at, name in enumerate(names)}
    loading = np.zeros((len(TOPICS), len(names)))
    for number, topic in enumerate(TOPICS):
        loading[number, [place[tag] for tag in topic.tags]] = 1 / (1 + 0.3 * np.arange(len(topic.tags)))
    weight = 0.7 * loading[topics[:, 0]] + 0.3 * loading[topics[:, 1]]
    for tag, share in COMMON_TAGS.items():
        weight[:, place[tag]] += 0.4 * (generator.random(count) < share)
    weight *= generator.lognormal(0, 0.5, weight.shape)
    swapped = np.flatnonzero(generator.random(count) < noise)
    weight[swapped] = weight[generator.permutation(swapped)]

    chosen = np.argsort(-weight, axis=1, kind="stable")[:, :_TAGS_KEPT]
    strength = np.take_along_axis(weight, chosen, axis=1)
    scale = 10 + 3000 * np.sqrt(popularity / popularity.max())
    votes = np.maximum(1, np.rint(strength * scale[:, None])).astype(np.int32)
    rank = np.argsort(np.argsort(-popularity, kind="stable")) / count
    kinds = np.select([rank < 0.7, rank < 0.9, rank < 0.95], ["votes", "ranked", "unordered"], "")
    unordered = kinds == "unordered"
    chosen[unordered] = np.sort(chosen[unordered], axis=1)
    # Once the tags are sorted by name, those that the game does not have may be anywhere.
    kept = (np.take_along_axis(weight, chosen, axis=1) > 0) & (kinds != "")[:, None]
    offsets = np.concatenate(([0], np.cumsum(kept.sum(axis=1)))).astype(np.int32)
    entries = pa.StructArray.from_arrays(
        [
            pa.array(names).take(pa.array(chosen[kept])),
            pa.array(votes[kept], mask=np.repeat(kinds != "votes", kept.sum(axis=1))),
        ],
        ["tag", "votes"],
    )
    return pa.ListArray.from_arrays(offsets, entries), [kind or None for kind in kinds.tolist()]


def _some(generator: np.random.Generator, count: int, shares: dict[str, float]) -> list[list[str]]:
    drawn = generator.random((count, len(shares))) < np.array(list(shares.values()))
    return [[name for name, has in zip(shares, row, strict=True) if has] for row in drawn.tolist()]
