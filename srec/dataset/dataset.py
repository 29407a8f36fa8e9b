"""Reading a dataset directory: flat arrays, memory-mapped, nothing executed.

Items are 1..V inside (0 is padding); the games' Steam app ids live only at the edges, in ``app_ids``.
"""

import shutil
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from srec.artifacts import identity, verify
from srec.dataset.dislikes import DISLIKES, Dislikes
from srec.dataset.flat import ragged_problem, sequences_problem
from srec.dataset.lists import NumberedSessions, TestSessions
from srec.dataset.splits import SHOWS
from srec.dataset.writing import KIND, VERSION, DatasetManifest
from srec.errors import ArtifactError, MissingLibrary
from srec.reading import declared, read_array, read_json

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.integer[Any]]
Part = Literal["train", "fit"]
Floats = npt.NDArray[np.floating[Any]]
Found = TypeVar("Found")
#: The kind of the numbers of an array, and its dimensions; of all others, whole numbers in a row.
_SHAPES = {"factors": ("f", 2), "weights": ("f", 1)}


@dataclass(frozen=True)
class Sequences:
    """Sessions as one flat array: session u is ``items[offsets[u]:offsets[u + 1]]``, oldest first.

    Up to ``train_ends[u]`` a session is training, from there up to ``valid_ends[u]`` validation, and
    from ``test_begins[u]`` on test (absolute positions in the flat arrays). What lies between
    ``valid_ends[u]`` and ``test_begins[u]`` is input of the test only, and nobody learns from it.
    """

    items: Ints  # int32 [N], 1..V
    times: Ints  # int64 [N], seconds since 1970, UTC; 0 where unknown
    offsets: Ints  # int64 [U + 1]
    train_ends: Ints  # int64 [U]
    valid_ends: Ints  # int64 [U]
    test_begins: Ints  # int64 [U]
    weights: Floats | None = None  # float32 [N], (0, 1]: how much each was liked; None where all count 1

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def learnable(self, part: Part) -> tuple[Ints, Ints, Ints]:
        """What a model may learn from: items, times and sessions of each position, sessions ascending.

        Args:
            part: "train" ends where validation begins, "fit" where the test begins.
        """
        known, kept = self._known(part)
        sessions = np.repeat(np.arange(len(self), dtype=np.int32), kept)
        return self.items[known], self.times[known], sessions

    def learnable_weights(self, part: Part) -> Floats | None:
        """How much each position of ``learnable`` was liked, float32 in (0, 1]; None if all count 1."""
        return None if self.weights is None else self.weights[self._known(part)[0]]

    def _known(self, part: Part) -> tuple[npt.NDArray[np.bool_], Ints]:
        """Whether a position may be learnt from, and how many positions of each session may."""
        ends = self.train_ends if part == "train" else self.valid_ends
        kept = ends - self.offsets[:-1]
        runs = np.stack((kept, np.diff(self.offsets) - kept), axis=1).ravel()
        return np.repeat(np.arange(len(runs)) % 2 == 0, runs), kept


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
    """A dataset directory, as ``srec.prepare`` or ``Dataset.from_sessions`` writes it.

    Its interactions are a table for everybody who reads Arrow's PyCapsule interface, such as pandas, polars,
    DuckDB and PyArrow; see ``to_arrow``.

    Args:
        path: of the directory.

    Raises:
        ArtifactError: the directory is missing, incomplete or of another format version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest: dict[str, Any] = verify(self.path, KIND, VERSION)
        declared(self.manifest, DatasetManifest, str(self.path))

    @classmethod
    def from_sessions(
        cls,
        sessions: Sequence[Sequence[int]],
        target: str | Path | None = None,
        *,
        test: TestSessions = 0.1,
        valid_share: float = 0.1,
        repeats: bool | None = None,
    ) -> Self:
        """A dataset of sessions in memory, for papers and tests: without times, names, tags or metadata.

        Args:
            sessions: lists of item ids, positive 32-bit integers, each oldest first. The sessions are in
                the order of time, because the latest are held out.
            target: the directory to write; None means a temporary one, which is removed with the object.
            test: the share of the sessions, the latest, that is tested on at every item but the first; or
                the examples to test on, as pairs of an input and its next item, and then all ``sessions``
                are learnt from. Items that no other session has are left out of a tested share.
            valid_share: the share of the other sessions, the latest, that is held out to validate on.
            repeats: whether the input's items may be answers; None means if any session repeats an item.

        Returns:
            The dataset; its items are numbered in the order of their ids.

        Raises:
            SettingsError: the sessions cannot be split so, or an id is no positive 32-bit integer.

        Example:
            >>> dataset = Dataset.from_sessions([[10, 20, 30], [20, 30, 10]], test=[([10, 20], 30)])
            >>> dataset.item_count, dataset.app_ids.tolist()
            (3, [0, 10, 20, 30])
        """
        numbered = NumberedSessions.split(sessions, test=test, valid_share=valid_share, repeats=repeats)
        if target is not None:
            numbered.write(Path(target))
            return cls(target)
        folder = Path(mkdtemp(prefix="srec-dataset-"))
        try:
            numbered.write(folder / "dataset")
            made = cls(folder / "dataset")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
        return made

    def to_arrow(self) -> "pa.Table":
        """One row an interaction, sessions one after the other, each oldest first.

        Returns:
            A PyArrow table of ``session`` (int32, from 0), ``app_id`` (int32), ``item`` (int32, 1..V),
            ``time`` (int64, seconds since 1970, UTC; 0 where unknown, and in bare sessions the number of the
            session) and ``part`` (train, valid, test, or input: known at the test, and learnt from by
            nobody); also ``weight`` (float32) where hours are known.

        Raises:
            MissingLibrary: PyArrow is not installed.
        """
        try:
            import pyarrow as pa
        except ModuleNotFoundError:
            raise MissingLibrary("pyarrow", "train") from None
        known = self.sequences
        lengths = np.diff(known.offsets)
        at = np.arange(len(known.items))
        ends = (known.train_ends, known.valid_ends, known.test_begins)
        part = sum((at >= np.repeat(end, lengths)).astype(np.int8) for end in ends)
        names = pa.array(["train", "valid", "input", "test"])
        columns = {
            "session": np.repeat(np.arange(len(known), dtype=np.int32), lengths),
            "app_id": self.app_ids[known.items],
            "item": np.asarray(known.items),
            "time": np.asarray(known.times),
            "part": pa.DictionaryArray.from_arrays(part, names),
        }
        if known.weights is not None:
            columns["weight"] = np.asarray(known.weights)
        return pa.table(columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table of ``to_arrow``, for readers of Arrow's PyCapsule interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    @property
    def simulated(self) -> bool:
        """Whether the reviews come from the simulator, which every output must say."""
        return bool(self.manifest["simulated"])

    @property
    def repeats(self) -> bool:
        """Whether an item may come again in a session, so that the input's items stay in the answer."""
        return bool(self.manifest["repeats"])

    @property
    def split(self) -> str:
        """What is held out: "time", "last", "users" or, for sessions that came as such, "sessions"."""
        facts = self.manifest["split"]
        return str(facts.get("kind", "time" if "valid_until" in facts else "sessions"))

    @property
    def shows(self) -> str:
        """What figures on the test can and cannot show, for reports to quote."""
        return str(self.manifest["split"].get("shows", SHOWS[self.split]))

    @property
    def has_games(self) -> bool:
        """Whether it has dated reviews of games, with their tags; else it has bare sessions."""
        return "tags" in self.manifest

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the content, for what is made from it."""
        return identity(self.manifest)

    @cached_property
    def sequences(self) -> Sequences:
        """What users liked, by user and time."""
        names = ["items", "times", "offsets", "train_ends", "valid_ends", "test_begins"]
        if "sequences/weights.npy" in self.manifest["files"]:
            names.append("weights")
        found = Sequences(*(self.array(f"sequences/{name}") for name in names))
        return self._sound("sequences", found, sequences_problem(found, self.item_count))

    @cached_property
    def dislikes(self) -> Dislikes:
        """What users disliked; nothing in bare sessions."""
        if f"{DISLIKES}/items.npy" not in self.manifest["files"]:
            return Dislikes.none(len(self.sequences))
        found = Dislikes(*(self.array(f"{DISLIKES}/{name}") for name in ("items", "times", "offsets")))
        return self._sound(DISLIKES, found, found.problem(len(self.sequences), self.item_count))

    @cached_property
    def app_ids(self) -> Ints:
        """int32 [V + 1]: the Steam app id of each item; entry 0 is 0."""
        found = self.array("app_ids")
        fits = len(found) and found[0] == 0 and found.min() >= 0
        return self._sound("app_ids.npy", found, None if fits else "it must have 0, and the id of each game")

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
        found = self.array("tags/factors")
        fits = len(found) == self.item_count + 1
        return self._sound("tags/factors.npy", found, None if fits else "every game must have a row")

    @cached_property
    def context(self) -> Mapping[str, Ragged]:
        """Each kind of metadata (developer, genre, ...), as ids of its values for each item."""
        kinds = self.manifest["context"]
        return {kind: self._ragged(f"context/{kind}", weighted=False) for kind in kinds}

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array of the directory, memory-mapped and read-only.

        Args:
            name: the path of its file in the directory, without ``.npy``.

        Raises:
            ArtifactError: the file is missing or damaged.
        """
        return read_array(self.path / f"{name}.npy", *_SHAPES.get(Path(name).name, ("i", 1)))

    def _ragged(self, name: str, *, weighted: bool) -> Ragged:
        file = self.path / name / "names.json"
        names = read_json(file, list[str])
        weights = self.array(f"{name}/weights") if weighted else None
        found = Ragged(self.array(f"{name}/offsets"), self.array(f"{name}/ids"), weights, tuple(names))
        return self._sound(name, found, ragged_problem(found, self.item_count))

    def _sound(self, name: str, found: Found, problem: str | None) -> Found:
        if problem:
            raise ArtifactError(f"{self.path / name} does not fit together: {problem}")
        return found


def opened(dataset: Dataset | str | Path) -> Dataset:
    """The dataset that is given, or the one at a path."""
    return dataset if isinstance(dataset, Dataset) else Dataset(Path(dataset))
