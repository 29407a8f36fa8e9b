"""A simulated Steam: its rules are known, so tests and benchmarks know what can be learnt from it.

The rules. Games have a main and a second topic, tags that reflect them, a heavy-tailed popularity that
decays after the release, and three likely successors each. Users like one to three topics and write a
heavy-tailed number of reviews, at times that only move forward. The next game of a user is, with probability
0.35, a successor of the one before (the first of the three in 60 % of the cases); with 0.45 a game to the
user's taste; with 0.20 one of those popular at the time. A successor that is not out yet gives way to taste,
a game the user knows to another popular one. A game outside the user's taste is three times as likely to get
a negative review. The noise knob replaces that share of the games by draws from all-time popularity, of the
verdicts by a fixed chance, and swaps that share of the games' tags: at 1 there is nothing to learn but
popularity.

The marginals are those of 118 million real reviews: 54.7 % of the users wrote one, 97.7 % at most 15, 3.02
on average, and 5.9 reviews are positive to each negative one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from srec.artifacts import is_current, write_directory
from srec.settings import Settings
from srec.simulate.games import END, FIRST_APP_ID, Array, make_catalogue
from srec.simulate.reviews import EDITED, TURNED, Reviewers
from srec.simulate.words import LANGUAGES

KIND = "world"
VERSION = 1

_REAL_REVIEWS, _REAL_GAMES = 118_000_000, 77_882
_FEWEST_GAMES = 200

SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("app_id", pa.int32()),
        ("positive", pa.bool_()),
        ("created_at", pa.timestamp("s")),
        ("updated_at", pa.timestamp("s")),
        ("review_id", pa.int64()),
        ("playtime_minutes", pa.int32()),
        ("language", pa.dictionary(pa.int8(), pa.string())),
    ]
)


class SimulateSettings(Settings):
    """The size of a simulated world and how much of it can be learnt."""

    section: ClassVar[str] = "simulate"
    reviews: int = Field(1_000_000, ge=1, description="reviews, not counting edits of them")
    games: int | None = Field(
        None,
        ge=16,
        description="games; by default scaled from the real ratio by the square root of the reviews",
    )
    seed: int = Field(0, ge=0, description="the same seed gives the same world")
    noise: float = Field(0.0, ge=0, le=1, description="0: all structure; 1: nothing to learn but popularity")

    @property
    def game_count(self) -> int:
        """How many games there are."""
        scaled = round(_REAL_GAMES * (self.reviews / _REAL_REVIEWS) ** 0.5)
        return self.games or max(_FEWEST_GAMES, scaled)


def simulate(
    target: Path, settings: SimulateSettings, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write a world, ``reviews.parquet`` and ``games.parquet`` with canonical columns, unless it is there.

    Args:
        target: the directory to write, whole or not at all.
        settings: its size, seed and noise.
        progress: called with the reviews written so far, and with how many there will be.

    Raises:
        ArtifactError: ``target`` exists and is not a world.
    """
    parameters = settings.model_dump(mode="json")
    if is_current(target, KIND, VERSION, inputs={}, parameters=parameters):
        return
    catalogue = make_catalogue(settings.game_count, settings.noise, np.random.default_rng([settings.seed, 0]))
    reviewers = Reviewers(catalogue, settings.noise, settings.seed)
    verdicts = np.zeros((2, settings.game_count), np.int64)
    with write_directory(target, KIND, VERSION, parameters=parameters) as draft:
        written = rows = 0
        with pq.ParquetWriter(draft.path / "reviews.parquet", SCHEMA, compression="zstd") as writer:
            for number, chunk in enumerate(reviewers.chunks(settings.reviews)):
                table = _table(chunk, np.random.default_rng([settings.seed, 4, number]), written)
                writer.write_table(table)
                for verdict in (0, 1):
                    games = chunk["game"][chunk["positive"] == verdict]
                    verdicts[verdict] += np.bincount(games, minlength=settings.game_count)
                written, rows = written + len(chunk["game"]), rows + len(table)
                if progress is not None:
                    progress(written, settings.reviews)
        pq.write_table(catalogue.to_arrow(verdicts[1], verdicts[0]), draft.path / "games.parquet")
        draft.facts |= {"simulated": True, "rows": rows, "reviews": written, "games": settings.game_count}


def _table(chunk: dict[str, Array], generator: np.random.Generator, before: int) -> pa.Table:
    """A chunk as Parquet rows: each review, then those that were edited once more, at the later date."""
    count = len(chunk["game"])
    edited = np.flatnonzero((generator.random(count) < EDITED) & (chunk["seconds"] < END - 2))
    rows = np.concatenate((np.arange(count), edited))
    created = chunk["seconds"][rows]
    updated = created.copy()
    later = 1 + generator.exponential(100 * 86_400, len(edited)).astype(np.int64)
    updated[count:] = np.minimum(updated[count:] + later, END - 1)
    positive = chunk["positive"][rows]
    positive[count:] ^= generator.random(len(edited)) < TURNED
    chunk["positive"][edited] = positive[count:]
    minutes = generator.lognormal(np.where(chunk["positive"], 6.3, 4.8), 1.3)
    languages = pa.DictionaryArray.from_arrays(chunk["language"][rows], list(LANGUAGES))
    columns = {
        "user_id": 1 + chunk["user"][rows],
        "app_id": (FIRST_APP_ID + chunk["game"][rows]).astype(np.int32),
        "positive": positive,
        "created_at": created.astype("datetime64[s]"),
        "updated_at": updated.astype("datetime64[s]"),
        "review_id": 1 + before + rows,
        "playtime_minutes": np.minimum(minutes, 1e6).astype(np.int32)[rows],
        "language": languages,
    }
    return pa.table([pa.array(column) for column in columns.values()], schema=SCHEMA)
