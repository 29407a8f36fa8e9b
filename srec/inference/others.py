"""The games of the catalogue that nobody reviewed, in a bundle: what is known of them, and their tags.

Shapes: W such games, M tag entries.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.errors import ArtifactError
from srec.inference.games import GameInfo
from srec.reading import read_array, read_json

FOLDER = "others"
_ARRAYS = ("tag_offsets", "tag_ids", "tag_weights", "hidden_rows")


@dataclass(frozen=True)
class Others:
    """Games without reviews, the best known first.

    Attributes:
        games: what visitors are told of each.
        tag_offsets: int64 [W + 2]; the first row is empty, as in a bundle.
        tag_ids: int32 [M], the bundle's tags.
        tag_weights: float32 [M].
        hidden_rows: int [...], the rows that are found by name and never answered.
    """

    games: list[GameInfo]
    tag_offsets: Ints
    tag_ids: Ints
    tag_weights: Floats
    hidden_rows: Ints

    @cached_property
    def hidden(self) -> set[int]:
        """The app ids of the hidden rows."""
        return {self.games[row].app_id for row in self.hidden_rows.tolist()}

    def write(self, target: Path) -> None:
        """Write them into a folder of a bundle being made, a list for each fact."""
        target.mkdir()
        columns = {one.name: [getattr(game, one.name) for game in self.games] for one in fields(GameInfo)}
        (target / "games.json").write_text(
            json.dumps(columns, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
        )
        for name in _ARRAYS:
            np.save(target / f"{name}.npy", getattr(self, name))

    @classmethod
    def read(cls, folder: Path, taken: set[int], tags: int) -> Self:
        """Those of a bundle.

        Args:
            folder: theirs.
            taken: the app ids of the bundle's other games.
            tags: how many tags the bundle has.

        Raises:
            ArtifactError: they are damaged, or do not fit the bundle.
        """
        try:
            columns: dict[str, list[Any]] = read_json(folder / "games.json", dict[str, list[Any]])
            lists = {name: _tuples(columns[name]) for name in ("developers", "genres", "platforms")}
            rows = zip(*((columns | lists)[one.name] for one in fields(GameInfo)), strict=True)
            games = [GameInfo(*row) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise ArtifactError(f"{folder} cannot be read: {error}") from error
        kinds = {name: "f" if name == "tag_weights" else "i" for name in _ARRAYS}
        made = cls(
            games, **{name: read_array(folder / f"{name}.npy", kind, 1) for name, kind in kinds.items()}
        )
        if problem := made._problem(taken, tags):
            raise ArtifactError(f"{folder} does not fit together: {problem}")
        return made

    def _problem(self, taken: set[int], tags: int) -> str | None:
        count, entries = len(self.games), len(self.tag_ids)
        if not all(game.sound and game.name for game in self.games):
            return "every game must have a name, and facts of their types"
        ids = {game.app_id for game in self.games}
        if len(ids) != count or ids & taken:
            return "every game must have an app id of its own"
        ends = self.tag_offsets[[0, -1]].tolist() if self.tag_offsets.shape == (count + 2,) else []
        if ends != [0, entries] or (np.diff(self.tag_offsets) < 0).any():
            return f"tag_offsets must rise from 0 to {entries}"
        if self.tag_weights.shape != (entries,) or not ((self.tag_ids >= 0) & (self.tag_ids < tags)).all():
            return "tag_ids must name tags"
        if not ((self.hidden_rows >= 0) & (self.hidden_rows < count)).all():
            return "hidden_rows must be rows"
        return None


def _tuples(values: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    kept: dict[tuple[str, ...], tuple[str, ...]] = {}  # thousands of games have the same
    return [kept.setdefault(tuple(value), tuple(value)) for value in values]
