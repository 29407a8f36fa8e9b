"""Held-out players: people whom no model has seen, and the games that they like and dislike.

They come from a dataset whose split holds out whole users, or from a file of libraries.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from srec.dataset.dataset import Dataset, Floats, Ints
from srec.errors import MissingLibrary, SourceError

COLUMNS = ("user_id", "app_id", "hours")
HOW_TO_GET = (
    "there are no held-out players: prepare with prepare.split=users, or give a file of libraries (--players)"
)


@dataclass(frozen=True)
class Players:
    """Players, one list each; a game is in a list once.

    Attributes:
        liked: by player, int32: the items that they like, 1..V.
        disliked: by player, int32: the items that they dislike.
        hours: by player, float32: how long each liked item was played; None where that is not known.
        source: where they come from, for the report.
        digest: names their content.
    """

    liked: Sequence[Ints]
    disliked: Sequence[Ints]
    hours: Sequence[Floats] | None
    source: str
    digest: str

    def __len__(self) -> int:
        return len(self.liked)

    def chosen(self, least: int, *, most: int, generator: np.random.Generator) -> "Players":
        """Those who like enough games; some of them, drawn at random, where they are too many.

        Args:
            least: the fewest liked games of a player.
            most: the most players to keep.
            generator: draws them.
        """
        kept = [at for at, games in enumerate(self.liked) if len(games) >= least]
        if len(kept) > most:
            kept = sorted(generator.choice(kept, most, replace=False).tolist())
        hours = None if self.hours is None else [self.hours[at] for at in kept]
        liked, disliked = ([lists[at] for at in kept] for lists in (self.liked, self.disliked))
        return Players(liked, disliked, hours, self.source, self.digest)


def held_out(dataset: Dataset, part: Literal["test", "valid"] = "test") -> Players | None:
    """The users that a dataset holds out whole; None if its split is of another kind."""
    if dataset.split != "users":
        return None
    known = dataset.sequences
    first, last = known.offsets[:-1], known.offsets[1:]
    away = {
        "test": known.test_begins == first,
        "valid": (known.train_ends == first) & (known.valid_ends == last),
    }[part]
    users = np.flatnonzero(away & (last > first))
    return Players(
        [np.unique(known.items[first[user] : last[user]]) for user in users],
        [dataset.dislikes.of(int(user)) for user in users],
        None,
        f"the dataset's held-out users ({part})",
        f"{dataset.fingerprint} {part}",
    )


def anybody(dataset: Dataset, least: int, *, most: int, generator: np.random.Generator) -> Players:
    """Users of a dataset, whom models may know: for what needs no expected games.

    Args:
        dataset: whose users.
        least: the fewest games of a user.
        most: the most users; of more, some are drawn.
        generator: draws them.
    """
    known = dataset.sequences
    users = np.flatnonzero(np.diff(known.offsets) >= least)
    if len(users) > most:
        users = np.sort(generator.choice(users, most, replace=False))
    return Players(
        [np.unique(known.items[known.offsets[user] : known.offsets[user + 1]]) for user in users],
        [np.zeros(0, np.int32)] * len(users),
        None,
        "users of the dataset, whom the models may know",
        dataset.fingerprint,
    )


def from_file(path: str | Path, dataset: Dataset) -> Players:
    """The players of a Parquet file, one row a player and game: user_id, app_id, hours.

    A game of 0 hours is neither liked nor disliked. Games that the dataset does not know are left out.

    Args:
        path: the file.
        dataset: numbers the games.

    Raises:
        SourceError: the file cannot be read, or lacks a column.
        MissingLibrary: PyArrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise MissingLibrary("pyarrow", "train") from None
    try:
        table = pq.read_table(path, columns=list(COLUMNS))
        users, app_ids = (table[name].combine_chunks() for name in COLUMNS[:2])
        hours = table["hours"].cast(pa.float32()).fill_null(0).to_numpy()
    except (OSError, KeyError, pa.ArrowException) as error:
        raise SourceError(f"{path}: players are Parquet with {', '.join(COLUMNS)}: {error}") from error
    order = np.argsort(dataset.app_ids, kind="stable")
    known = dataset.app_ids[order]
    wanted = app_ids.fill_null(0).to_numpy()
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    kept = (known[places] == wanted) & (wanted > 0) & (hours > 0)
    items = order[places][kept].astype(np.int32)
    owners = users.dictionary_encode().indices.fill_null(-1).to_numpy()[kept]
    # The longest hours come first, so that a repeated row counts once and with these.
    ordered = np.lexsort((-hours[kept], items, owners))
    owners, items, hours = owners[ordered], items[ordered], hours[kept][ordered]
    first = np.append(True, (owners[1:] != owners[:-1]) | (items[1:] != items[:-1])) & (owners >= 0)
    owners, items, hours = owners[first], items[first], hours[first]
    cuts = np.flatnonzero(owners[1:] != owners[:-1]) + 1
    liked = np.split(items, cuts) if len(items) else []
    return Players(
        liked,
        [np.zeros(0, np.int32)] * len(liked),
        np.split(hours, cuts) if len(items) else [],
        f"{len(liked):,} players of {Path(path).name}",
        hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16],
    )


def padded(lists: Sequence[Ints]) -> Ints:
    """int64 [E, L]: lists of items, padded with 0 on the right."""
    widest = max(map(len, lists), default=0)
    items_EL = np.zeros((len(lists), widest), np.int64)
    for row_L, items in zip(items_EL, lists, strict=True):
        row_L[: len(items)] = items
    return items_EL
