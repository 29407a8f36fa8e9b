"""The reviews of a simulated Steam, in chunks of users: who, which game, when, and whether they liked it."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from srec.simulate.games import END, START, Array, Catalogue, topic_weights
from srec.simulate.words import LANGUAGES

#: Users made at a time: memory does not grow with the world, and the same seed gives the same world.
CHUNK_USERS = 100_000

#: The next game: a successor of the one before, else one to the user's taste, else what is popular now.
SUCCESSOR, TASTE = 0.35, 0.45
#: How likely each of a game's successors is.
SUCCESSORS = np.array([0.6, 0.25, 0.15])
#: One negative review to 5.9 positive; a game outside the user's taste is three times as likely to get one.
NEGATIVE, MISMATCH = 1 / 6.9, 3.0
#: Shares of reviews edited later, and of the edits that change the verdict.
EDITED, TURNED = 0.015, 0.1

_ERAS = 48
_YEAR = 365.25 * 86_400
#: Attempts to find a game new to the user before any released one will do.
_ATTEMPTS = 3
# P(reviews > n) = (1 + n / _SCALE) ** -_SHAPE, cut at _MOST, which brings the mean from 3.14 to 3.02.
_SCALE, _SHAPE, _MOST = 1.556, 1.597, 150


class Reviewers:
    """Users who review the games of a catalogue, drawn chunk by chunk.

    Args:
        catalogue: the games.
        noise: 0 follows the rules of ``world``; 1 leaves nothing to learn but popularity.
        seed: the same seed gives the same reviews.

    Shapes: U users of a chunk, N reviews of a chunk, G games, K topics, E eras.
    """

    def __init__(self, catalogue: Catalogue, noise: float, seed: int) -> None:
        self.catalogue, self.noise, self.seed = catalogue, noise, seed
        games = len(catalogue.popularity)
        self.most = min(_MOST, games // 8)
        self.by_release: Array = np.argsort(catalogue.released, kind="stable")
        self.release_order = catalogue.released[self.by_release]
        self.all_time = np.cumsum(catalogue.popularity)
        self._index_topics()
        self._index_eras()
        self.successors = self._draw_successors(np.random.default_rng([seed, 1]))
        self.negative_rate = self._calibrate(np.random.default_rng([seed, 2]))

    def chunks(self, reviews: int) -> Iterator[dict[str, Array]]:
        """All reviews, in chunks of whole users; only the last user may be cut short.

        Args:
            reviews: how many in all.

        Yields:
            Arrays [N], by user and time: user (int64, from 0), game (int32, from 0), seconds (int64),
            positive (bool), doubt (float64, how likely a negative verdict was, without a common factor),
            language (int8, the place in LANGUAGES).
        """
        users, number = 0, 0
        while reviews > 0:
            generator = np.random.default_rng([self.seed, 3, number])
            counts = self._counts(generator, CHUNK_USERS)
            counts = np.diff(np.minimum(np.cumsum(counts), reviews), prepend=0)
            chunk = self._chunk(generator, counts[counts > 0])
            chunk["positive"] = generator.random(len(chunk["doubt"])) >= chunk["doubt"] * self.negative_rate
            chunk["user"] += users
            yield chunk
            users, number, reviews = users + CHUNK_USERS, number + 1, reviews - len(chunk["user"])

    def _index_topics(self) -> None:
        """Games by topic: each is listed under its main topic (0.75) and its second one (0.25)."""
        topics = self.catalogue.topics
        games = len(topics)
        listed = np.concatenate((topics[:, 0], topics[:, 1]))
        order = np.argsort(listed, kind="stable")
        self.member: Array = np.tile(np.arange(games, dtype=np.int32), 2)[order]
        self.weight = np.repeat([0.75, 0.25], games)[order] * self.catalogue.popularity[self.member]
        self.topic_ends = np.searchsorted(listed[order], np.arange(len(topic_weights()) + 1))

    def _index_eras(self) -> None:
        """Cumulated popularity in each era: a game is out and fresh, or a classic that keeps a little."""
        self.era_starts = np.linspace(START, END, _ERAS + 1)[:-1]
        age = (self.era_starts[:, None] - self.catalogue.released) / _YEAR
        fresh = np.where(age >= 0, 0.08 + np.exp(-np.maximum(age, 0) / 0.75), 0)
        cumulated = np.cumsum(fresh[:, self.member] * self.weight, axis=1)
        cumulated /= cumulated[:, -1:]
        self.topic_bounds = np.concatenate((np.zeros((_ERAS, 1)), cumulated), axis=1)[:, self.topic_ends]
        # All eras in one ascending array, so that one search serves reviews of any time.
        self.eras = (cumulated + np.arange(_ERAS)[:, None]).ravel()

    def _draw_successors(self, generator: np.random.Generator) -> Array:
        """int32 [G, 3]: games of the same main topic, popular ones more often."""
        games = len(self.catalogue.popularity)
        weight = np.cumsum(self.weight**0.7)
        bounds = np.concatenate(([0.0], weight))[self.topic_ends]
        main = self.catalogue.topics[:, 0].astype(int)
        low, high = bounds[main, None], bounds[main + 1, None]
        drawn = low + generator.random((games, len(SUCCESSORS))) * (high - low)
        place = np.searchsorted(weight, drawn, "right")
        return np.asarray(self.member.take(np.minimum(place, len(weight) - 1)))

    def _calibrate(self, generator: np.random.Generator) -> float:
        """The factor with which negative reviews make up their share, found on users of no chunk."""
        return NEGATIVE / float(self._chunk(generator, self._counts(generator, 50_000))["doubt"].mean())

    def _counts(self, generator: np.random.Generator, users: int) -> Array:
        """int64 [U]: how many reviews each user writes."""
        drawn = np.ceil(_SCALE * ((1 - generator.random(users)) ** (-1 / _SHAPE) - 1))
        return np.clip(drawn, 1, self.most).astype(np.int64)

    def _chunk(self, generator: np.random.Generator, counts: Array) -> dict[str, Array]:
        """The reviews of the users with these counts."""
        # Busiest first: those who write a t-th review are always the first ones.
        counts = np.sort(counts)[::-1]
        users = np.repeat(np.arange(len(counts)), counts)
        seconds = self._times(generator, counts)
        tastes = generator.choice(len(topic_weights()), size=(len(counts), 3), p=topic_weights())
        # One to three topics: a repeated one weighs more.
        breadth = generator.choice(3, size=len(counts), p=[0.4, 0.4, 0.2])
        for place in (1, 2):
            tastes[:, place] = np.where(breadth >= place, tastes[:, place], tastes[:, 0])
        game = self._games(generator, counts, seconds, tastes)
        languages = np.array(list(LANGUAGES.values()))
        language = generator.choice(len(languages), size=len(counts), p=languages)
        return {
            "user": users,
            "game": game,
            "seconds": seconds,
            "doubt": self._doubt(generator, game, tastes[users]),
            "language": language[users].astype(np.int8),
        }

    def _times(self, generator: np.random.Generator, counts: Array) -> Array:
        """int64 [N]: increasing for each user, in a span that starts ever more often as the years go by."""
        span = np.where(counts > 1, np.minimum(generator.exponential(0.05 + 0.01 * counts), 0.9), 0)
        # How much of a span lies before the end is left to chance: so reviews neither thin out nor pile up
        # in the last weeks, which are the test.
        inside = generator.random(len(counts))
        first = np.sqrt(generator.random(len(counts))) * (1 - span * inside)
        span = np.minimum(span, 1 - first)
        starts = np.cumsum(counts) - counts
        gaps = generator.exponential(size=int(counts.sum()))
        gaps[starts] = 0
        passed = np.cumsum(gaps)
        passed -= np.repeat(passed[starts], counts)
        # One gap more follows the last review, or the end would cut many right after one.
        length = passed[starts + counts - 1] + generator.exponential(size=len(counts))
        moments = np.repeat(first, counts) + passed * np.repeat(span / length, counts)
        place = np.arange(len(gaps)) - np.repeat(starts, counts)
        return np.asarray(START + (moments * (END - START - _MOST)).astype(np.int64) + place)

    def _games(self, generator: np.random.Generator, counts: Array, seconds: Array, tastes: Array) -> Array:
        """int32 [N]: no user reviews a game twice."""
        starts = np.cumsum(counts) - counts
        chosen = np.empty(len(seconds), np.int32)
        history = np.empty((int(counts.max(initial=0)), len(counts)), np.int32)
        for step in range(len(history)):
            active = int(np.searchsorted(-counts, -step, "left"))
            flat = starts[:active] + step
            now, past = seconds[flat], history[:step, :active]
            game = self._next(generator, past, now, tastes[:active])
            again = np.arange(active)
            for attempt in count():
                again = again[(past[:, again] == game[again]).any(axis=0)]
                if not len(again):
                    break
                game[again] = self._other(generator, now[again], anything=attempt >= _ATTEMPTS)
            history[step, :active] = chosen[flat] = game
        return chosen

    def _next(self, generator: np.random.Generator, past: Array, now: Array, tastes: Array) -> Array:
        """int32 [U]: the game each user reviews next, which may be one of the past (int32 [steps, U])."""
        users, era = len(now), self._era(now)
        drawn = generator.random(users)
        topic = tastes[np.arange(users), generator.integers(tastes.shape[1], size=users)]
        tasteful = drawn < SUCCESSOR + TASTE
        low = np.where(tasteful, self.topic_bounds[era, topic], 0)
        high = np.where(tasteful, self.topic_bounds[era, topic + 1], 1)
        game = self._find(era, low + generator.random(users) * (high - low))
        if len(past):
            slot = generator.choice(len(SUCCESSORS), size=users, p=SUCCESSORS)
            successor = self.successors[past[-1], slot]
            out = self.catalogue.released[successor] <= self.era_starts[era]
            game = np.where((drawn < SUCCESSOR) & out, successor, game)
        return np.where(generator.random(users) < self.noise, self._ever(generator, users), game)

    def _other(self, generator: np.random.Generator, now: Array, *, anything: bool) -> Array:
        """int32 [U]: another game: by popularity, or any that is out."""
        users, era = len(now), self._era(now)
        if anything:
            out = np.searchsorted(self.release_order, self.era_starts[era], "right")
            out = np.where(generator.random(users) < self.noise, len(self.by_release), out)
            return self.by_release.take((generator.random(users) * out).astype(np.int64))
        game = self._find(era, generator.random(users))
        return np.where(generator.random(users) < self.noise, self._ever(generator, users), game)

    def _find(self, era: Array, share: Array) -> Array:
        """int32 [U]: the games at these places, in [0, 1), of each era's cumulated popularity."""
        place = np.searchsorted(self.eras, era + np.minimum(share, 1 - 1e-9), "right")
        return np.asarray(self.member.take(np.minimum(place - era * len(self.member), len(self.member) - 1)))

    def _ever(self, generator: np.random.Generator, users: int) -> Array:
        """int32 [U]: games by their popularity alone."""
        place = np.searchsorted(self.all_time, generator.random(users), "right")
        return np.minimum(place, len(self.all_time) - 1).astype(np.int32)

    def _era(self, now: Array) -> Array:
        return np.asarray((now - START) * _ERAS // (END - START))

    def _doubt(self, generator: np.random.Generator, game: Array, tastes: Array) -> Array:
        """float64 [N]: what makes a negative verdict likely: a poor game, or one outside the user's taste."""
        meets = (self.catalogue.topics[game][:, :, None] == tastes[:, None, :]).any(axis=(1, 2))
        doubt = self.catalogue.quality[game] * np.where(meets, 1.0, MISMATCH)
        return np.where(generator.random(len(game)) < self.noise, 1.0, doubt)
