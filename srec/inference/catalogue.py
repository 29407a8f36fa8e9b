"""What a dataset's catalogue tells a bundle of its games. Shapes: V items."""

import glob
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Dataset, Ragged
from srec.inference.games import GameInfo
from srec.inference.others import Others
from srec.inference.spelling import is_beside, words_of
from srec.models.games import are_games, have_genres_of_games, have_tags_of_games
from srec.store.connections.duckdb import connect

_COLUMNS = "app_id, name, year(release_date), price_usd_cents, is_free, developers, genres, platforms, type"


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


def read_others(dataset: Dataset) -> Others | None:
    """The games of the store's catalogue that are no items, the best known first; None if there are none."""
    file = dataset.path / "others.parquet"
    if not file.is_file():
        return None
    with connect() as connection:
        rows: list[Any] = connection.execute(
            f"SELECT {_COLUMNS}, tags FROM read_parquet($file, file_row_number = true)"
            " ORDER BY file_row_number",
            {"file": glob.escape(str(file))},
        ).fetchall()
    numbers = {name: number for number, name in enumerate(dataset.tags.names)}
    entries = [
        (row, numbers[entry["tag"]], entry["weight"])
        for row, found in enumerate(rows)
        for entry in found[-1] or ()
        if entry["tag"] in numbers and entry["weight"]
    ]
    rows_M, ids_M, weights_M = np.array(entries, np.float64).reshape(-1, 3).T
    tags = Ragged(
        offsets=np.searchsorted(rows_M, np.arange(-1, len(rows) + 1)).astype(np.int64),
        ids=ids_M.astype(np.int32),
        weights=weights_M.astype(np.float32),
        names=dataset.tags.names,
    )
    infos = [_info(*row[:-2]) for row in rows]
    offered_V = _offered([row[-2] for row in rows], infos, tags)
    return Others(infos, tags.offsets, tags.ids, np.asarray(tags.weights), np.flatnonzero(~offered_V))


def read_games(dataset: Dataset) -> Catalogue:
    """The games of a dataset. One that is in no catalogue has no name. If none has, ids are names."""
    with connect() as connection:
        rows: list[Any] = connection.execute(
            f"SELECT {_COLUMNS} FROM read_parquet($file) ORDER BY item",
            {"file": glob.escape(str(dataset.path / "games.parquet"))},
        ).fetchall()
    infos = [_info(*row[:-1]) for row in rows]
    if not any(info.name for info in infos):
        infos = [replace(info, name=f"App {info.app_id}") for info in infos]
    return Catalogue(infos, _offered([row[-1] for row in rows], infos, dataset.tags))


def _info(app_id: int, name: str, *facts: Any) -> GameInfo:
    year, price, free, *lists = facts
    developers, genres, platforms = (tuple(values or ()) for values in lists)
    named = "" if name == f"App {app_id}" else name
    return GameInfo(app_id, named, year, price, free, developers, genres, platforms)


def _offered(types: list[str | None], infos: list[GameInfo], tags: Ragged) -> npt.NDArray[np.bool_]:
    """Bool [V], the games with a name among what has a row in a catalogue."""
    offered_V = are_games(types, np.diff(tags.offsets)[1:])
    offered_V &= have_tags_of_games(tags)
    offered_V &= have_genres_of_games([info.genres for info in infos])
    # Of those whose type is unknown, the name says which are season passes, soundtracks and the like.
    known = zip(types, infos, strict=True)
    offered_V &= np.array(
        [bool(kind) or not is_beside(words_of(info.name)) for kind, info in known], np.bool_
    )
    offered_V &= np.array([bool(info.name) for info in infos], np.bool_)
    return offered_V
