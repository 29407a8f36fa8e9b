"""What a dataset's catalogue tells a bundle of its games. Shapes: V items."""

import glob
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Dataset
from srec.inference.bundle import GameInfo
from srec.inference.spelling import is_beside, words_of
from srec.models.games import are_games, have_genres_of_games, have_tags_of_games
from srec.store.connections.duckdb import connect


@dataclass(frozen=True)
class Catalogue:
    """The games of a bundle.

    Attributes:
        infos: what visitors are told of each item.
        offered_V: bool [V], which items may be answered: games with a name.
    """

    infos: list[GameInfo]
    offered_V: npt.NDArray[np.bool_]

    @property
    def hidden(self) -> list[int]:
        """The app ids of those that may not."""
        return [info.app_id for info, offered in zip(self.infos, self.offered_V, strict=True) if not offered]


def read_games(dataset: Dataset) -> Catalogue:
    """The games of a dataset. One that is in no catalogue has no name."""
    columns = "app_id, name, year(release_date), price_usd_cents, is_free, developers, genres, type"
    with connect() as connection:
        rows: list[Any] = connection.execute(
            f"SELECT {columns} FROM read_parquet($file) ORDER BY item",
            {"file": glob.escape(str(dataset.path / "games.parquet"))},
        ).fetchall()
    infos = [
        GameInfo(
            app_id,
            "" if name == f"App {app_id}" else name,
            year,
            price,
            free,
            tuple(developers or ()),
            tuple(genres or ()),
        )
        for app_id, name, year, price, free, developers, genres, _ in rows
    ]
    offered_V = are_games([row[-1] for row in rows], np.diff(dataset.tags.offsets)[1:])
    offered_V &= have_tags_of_games(dataset.tags)
    offered_V &= have_genres_of_games([info.genres for info in infos])
    # Of those whose type is unknown, the name says which are season passes, soundtracks and the like.
    offered_V &= np.array([bool(row[-1]) or not is_beside(words_of(row[1])) for row in rows], np.bool_)
    offered_V &= np.array([bool(info.name) for info in infos], np.bool_)
    return Catalogue(infos, offered_V)
