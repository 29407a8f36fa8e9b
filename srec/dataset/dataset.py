"""Reading a dataset directory: flat arrays, memory-mapped, nothing executed.

Items are 1..V inside (0 is padding); the games' Steam app ids live only at the edges, in ``app_ids``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from srec.artifacts import fingerprint, read_manifest
from srec.errors import ArtifactError

KIND = "dataset"
VERSION = 2

Ints = npt.NDArray[np.integer[Any]]
Part = Literal["train", "fit"]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Sequences:
    """Sessions as one flat array: session u is ``items[offsets[u]:offsets[u + 1]]``, oldest first.

    A session is split by time: up to ``train_ends[u]`` it is training, from there up to ``valid_ends[u]``
    validation, and from ``test_begins[u]`` on test (absolute positions in the flat arrays). What lies between
    ``valid_ends[u]`` and ``test_begins[u]`` is input of the test only, and nobody learns from it.
    """

    items: Ints  # int32 [N], 1..V
    times: Ints  # int64 [N], seconds since 1970, UTC
    offsets: Ints  # int64 [U + 1]
    train_ends: Ints  # int64 [U]
    valid_ends: Ints  # int64 [U]
    test_begins: Ints  # int64 [U]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def learnable(self, part: Part) -> tuple[Ints, Ints, Ints]:
        """What a model may learn from: items, times and sessions of each position, sessions ascending.

        Args:
            part: "train" ends where validation begins, "fit" where the test begins.
        """
        ends = self.train_ends if part == "train" else self.valid_ends
        kept = ends - self.offsets[:-1]
        runs = np.stack((kept, np.diff(self.offsets) - kept), axis=1).ravel()
        known = np.repeat(np.arange(len(runs)) % 2 == 0, runs)
        sessions = np.repeat(np.arange(len(self), dtype=np.int32), kept)
        return self.items[known], self.times[known], sessions


@dataclass(frozen=True)
class Ragged:
    """A list of ids for each item (row 0 is the padding and empty), as one flat array."""

    offsets: Ints  # int64 [V + 2]
    ids: Ints  # int32 [M]
    weights: Floats | None  # float32 [M], or None where every value counts the same
    names: tuple[str, ...]  # the name of each id

    def row(self, item: int) -> Ints:
        """The ids of one item."""
        return self.ids[self.offsets[item] : self.offsets[item + 1]]


class Dataset:
    """A dataset directory as ``srec prepare`` writes it.

    Raises:
        ArtifactError: the directory is missing, incomplete or of another format version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = read_manifest(path, KIND, VERSION)

    @property
    def simulated(self) -> bool:
        """Whether the reviews come from the simulator, which every output must say."""
        return bool(self.manifest["simulated"])

    @property
    def repeats(self) -> bool:
        """Whether an item may come again in a session, so that the input's items stay in the answer."""
        return bool(self.manifest["repeats"])

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the content, for what is made from it."""
        return fingerprint(self.path)

    @cached_property
    def sequences(self) -> Sequences:
        """The positive reviews, by user and time."""
        names = ("items", "times", "offsets", "train_ends", "valid_ends", "test_begins")
        return Sequences(*(self.array(f"sequences/{name}") for name in names))

    @cached_property
    def app_ids(self) -> Ints:
        """int32 [V + 1]: the Steam app id of each item; entry 0 is 0."""
        return self.array("app_ids")

    @property
    def item_count(self) -> int:
        """V, the number of items."""
        return len(self.app_ids) - 1

    @cached_property
    def tags(self) -> Ragged:
        """Each item's tags with weights in (0, 1]."""
        return self._ragged("tags", weighted=True)

    @cached_property
    def tag_factors(self) -> Floats:
        """float32 [V + 1, D]: the non-negative factors of the item x tag matrix; row 0 is zero."""
        return self.array("tags/factors")

    @cached_property
    def context(self) -> Mapping[str, Ragged]:
        """Each kind of metadata (developer, genre, ...), as ids of its values for each item."""
        kinds = self.manifest["context"]
        return {kind: self._ragged(f"context/{kind}", weighted=False) for kind in kinds}

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array of the directory, memory-mapped and read-only."""
        file = self.path / f"{name}.npy"
        try:
            loaded: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{file} cannot be read: {error}") from error
        return loaded

    def _ragged(self, name: str, *, weighted: bool) -> Ragged:
        file = self.path / name / "names.json"
        try:
            names = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{file} cannot be read: {error}") from error
        weights = self.array(f"{name}/weights") if weighted else None
        return Ragged(self.array(f"{name}/offsets"), self.array(f"{name}/ids"), weights, tuple(names))


def opened(dataset: Dataset | str | Path) -> Dataset:
    """The dataset that is given, or the one at a path."""
    return dataset if isinstance(dataset, Dataset) else Dataset(Path(dataset))
