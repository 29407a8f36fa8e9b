"""The bundle: all that serving needs in one directory. No torch, no pickle, nothing in it is executed.

Its model is a network (``encoder.onnx`` and ``items.npy``), a sum of parts (the folder ``sum``) or another
counted model (the folder ``counted``).
Row j of every array is item j + 1. Shapes: V items, D dimension, M tag entries.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NotRequired

import numpy as np
import numpy.typing as npt
from pydantic import Field
from typing_extensions import TypedDict

from srec.artifacts import identity, verify
from srec.dataset.dataset import Floats, Ints
from srec.errors import ArtifactError, MissingLibrary, SettingsError, first_line
from srec.inference.games import GameInfo
from srec.inference.golden import Golden
from srec.inference.others import FOLDER, Others
from srec.models import model_entry
from srec.models.base import Scorer
from srec.models.stored import Arrays, Storable
from srec.models.sums import Parts, Sum
from srec.reading import read_array, read_json

KIND = "bundle"
VERSION = 2  # of a bundle with a network
SUM_VERSION = 3  # of a bundle with a sum, which readers of version 2 cannot answer from
COUNTED_VERSION = 4  # of a bundle with another counted model
ENCODER = "encoder.onnx"
SUM = "sum"
COUNTED = "counted"
_ARRAYS = ("app_ids", "popularity", "tag_offsets", "tag_ids", "tag_weights")
_INTS = ("app_ids", "tag_offsets", "tag_ids", "offsets", "ids")
#: The kind of the numbers of each array, and its dimensions.
_SHAPES = {
    name: ("i" if name in _INTS else "f", 1) for name in (*_ARRAYS, *(one.name for one in fields(Parts)))
}
_SHAPES |= {"items": ("f", 2), "inputs": ("f", 2)}


class _Config(TypedDict):
    """What ``config.json`` must have."""

    model: str
    max_length: Annotated[int, Field(ge=1, le=10_000)]
    simulated: bool
    dataset: str
    hidden: NotRequired[list[int]]
    popularity_weight: NotRequired[float]


class _Golden(TypedDict):
    liked: list[int]
    app_ids: list[int]
    scores: list[float]


@dataclass(frozen=True)
class Network:
    """A learnt model.

    Attributes:
        encoder: the ONNX model: "items" int64 [B, L], padded with 0 on the right, to "vectors" [B, D].
        items: float32 [V, D].
    """

    encoder: bytes
    items: Floats


@dataclass(frozen=True)
class BundleContents:
    """What ``write_bundle`` writes.

    Attributes:
        model: the model to answer with.
        popularity: float32 [V]; ranks the answer to an empty list, and the hits of a search.
        tag_offsets: int64 [V + 2]; the first row is the padding's and empty.
        tag_ids: int32 [M].
        tag_weights: float32 [M].
        tag_names: the name of each tag id.
        games: one for each item.
        golden: what the trained model answers to some requests.
        config: "model", "max_length", "simulated", "dataset", and what else is worth knowing.
        others: the games of the catalogue that nobody reviewed, if any.
    """

    model: Network | Sum | Storable
    popularity: Floats
    tag_offsets: Ints
    tag_ids: Ints
    tag_weights: Floats
    tag_names: list[str]
    games: list[GameInfo]
    golden: list[Golden]
    config: dict[str, Any]
    others: Others | None = None

    @cached_property
    def app_ids(self) -> Ints:
        """int32 [V]."""
        return np.array([game.app_id for game in self.games], np.int32)

    @property
    def version(self) -> int:
        """The format version of the bundle."""
        if isinstance(self.model, Network):
            return VERSION
        return SUM_VERSION if isinstance(self.model, Sum) else COUNTED_VERSION


def write_bundle(target: Path, contents: BundleContents) -> None:
    """Write the files of a bundle into a directory being made.

    Args:
        target: the directory.
        contents: what to write.
    """
    config, model = dict(contents.config), contents.model
    if isinstance(model, Network):
        (target / ENCODER).write_bytes(model.encoder)
        np.save(target / "items.npy", model.items)
    elif isinstance(model, Sum):
        _save(target / SUM, model.parts.arrays())
        config["popularity_weight"] = model.popularity_weight
    else:
        _save(target / COUNTED, model.arrays())
    for name in _ARRAYS:
        np.save(target / f"{name}.npy", getattr(contents, name))
    _write(target / "tag_names.json", contents.tag_names)
    _write(target / "config.json", config)
    if contents.others:
        contents.others.write(target / FOLDER)
    for name in ("games", "golden"):
        _write(target / f"{name}.json", [asdict(one) for one in getattr(contents, name)])


class Bundle:
    """A bundle, checked when it is opened: every checksum, every shape, every number finite.

    Attributes:
        items: float32 [V, D], the vectors of a network's items; None if the model was counted.
        sum: the model if it is a sum; else None.
        counted: the model if it is another counted one; else None.
        others: the games of the catalogue that nobody reviewed; None if there are none.
        manifest: how and from what it was made.

    Raises:
        ArtifactError: it is missing, damaged, or does not fit together; one line says what is wrong.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path = Path(path)
        summed, counted = (path / SUM).is_dir(), (path / COUNTED).is_dir()
        version = SUM_VERSION if summed else COUNTED_VERSION if counted else VERSION
        self.manifest = verify(path, KIND, version)
        self.fingerprint = identity(self.manifest)
        self.app_ids, self.popularity = map(self._array, _ARRAYS[:2])
        self.tag_offsets, self.tag_ids, self.tag_weights = map(self._array, _ARRAYS[2:])
        self.tag_names: list[str] = self._json("tag_names", list[str])
        self.config: dict[str, Any] = self._json("config", _Config)
        self.items: Floats | None = None if summed or counted else self._array("items")
        self.sum: Sum | None = self._sum() if summed else None
        self.counted: Scorer | None = self._counted() if counted else None
        self.games: list[GameInfo] = self._json("games", list, _game_reader())
        self.golden = [
            Golden(*(tuple(row[one.name]) for one in fields(Golden)))
            for row in self._json("golden", list[_Golden])
        ]
        self._check()
        there, taken = (path / FOLDER).is_dir(), set(self.app_ids.tolist())
        self.others = Others.read(path / FOLDER, taken, len(self.tag_names)) if there else None

    @cached_property
    def catalogue(self) -> list[GameInfo]:
        """All its games, those that nobody reviewed last."""
        return [*self.games, *(self.others.games if self.others else ())]

    @property
    def encoder(self) -> Path:
        """The ONNX file."""
        return self.path / ENCODER

    @property
    def simulated(self) -> bool:
        """Whether the games are invented."""
        return bool(self.config["simulated"])

    def _sum(self) -> Sum:
        names = (one.name for one in fields(Parts) if (self.path / SUM / f"{one.name}.npy").is_file())
        try:
            parts = Parts.of({name: self._array(f"{SUM}/{name}") for name in names})
        except KeyError as missing:
            raise ArtifactError(f"{self.path / SUM} lacks {missing.args[0]}.npy") from None
        weight = self.config.get("popularity_weight")
        if problem := parts.problem(len(self.app_ids)):
            raise ArtifactError(f"{self.path / SUM} does not fit together: {problem}")
        if not isinstance(weight, float) or not 0 <= weight <= 1:
            raise ArtifactError(f"{self.path / 'config.json'} must have a popularity_weight from 0 to 1")
        return Sum(parts, weight)

    def _counted(self) -> Scorer:
        settings = self.config.get("settings", {})
        try:
            kind = model_entry(self.config["model"]).load()
            names = [file.stem for file in (self.path / COUNTED).iterdir()]
            # The model knows what its arrays are like.
            arrays = {name: self._array(f"{COUNTED}/{name}", ("if", None)) for name in names}
            model: Storable = kind.restore(arrays, kind.settings_type(**settings), len(self.app_ids))
        except ModuleNotFoundError as error:
            raise MissingLibrary(str(error.name), "counted") from None
        except (AttributeError, KeyError, TypeError, ValueError, SettingsError) as error:
            raise ArtifactError(
                f"{self.path / COUNTED} does not fit together: {first_line(error)}"
            ) from error
        return model

    def _array(self, name: str, shape: tuple[str, int | None] | None = None) -> npt.NDArray[Any]:
        file = self.path / f"{name}.npy"
        array = read_array(file, *(shape or _SHAPES[file.stem]))
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ArtifactError(f"{file} holds numbers that are not finite")
        return array

    def _json(self, name: str, kind: Any, read: Callable[[dict[str, Any]], Any] | None = None) -> Any:
        return read_json(self.path / f"{name}.json", kind, read)

    def _check(self) -> None:
        count, tags = len(self.games), len(self.tag_ids)
        ends = self.tag_offsets[[0, -1]].tolist() if len(self.tag_offsets) else []
        if not all(isinstance(game, GameInfo) and game.sound for game in self.games):
            raise ArtifactError(f"{self.path / 'games.json'} does not list games")
        known = set(self.app_ids.tolist())
        rules = {
            "items.npy must be a matrix with a row for each game": self.items is None
            or (len(self.items) == count and self.items.dtype == np.float32 and self.items.shape[1] > 0),
            "app_ids.npy must hold the games' ids, each once": self.app_ids.tolist()
            == [game.app_id for game in self.games]
            and len(known) == count,
            "popularity.npy must have a number for each game": self.popularity.shape == (count,),
            "tag_offsets.npy must rise from 0 to the number of tag entries": self.tag_offsets.shape
            == (count + 2,)
            and ends == [0, tags]
            and bool((np.diff(self.tag_offsets) >= 0).all()),
            "tag_ids.npy must name tags": self.tag_weights.shape == (tags,)
            and bool(((self.tag_ids >= 0) & (self.tag_ids < len(self.tag_names))).all()),
            "golden.json must list games, and a score for each one answered": all(
                known.issuperset((*golden.liked, *golden.app_ids))
                and len(golden.app_ids) == len(golden.scores)
                for golden in self.golden
            ),
            "config.json must list what is hidden by app ids": known.issuperset(
                self.config.get("hidden", [])
            ),
        }
        for rule, holds in rules.items():
            if not holds:
                raise ArtifactError(f"{self.path} does not fit together: {rule}")


def _game_reader() -> Callable[[dict[str, Any]], GameInfo]:
    """Makes a game of each JSON object while the file is read, so that not all of them exist twice."""
    lists: dict[tuple[str, ...], tuple[str, ...]] = {}  # thousands of games have the same

    def read(row: dict[str, Any]) -> GameInfo:
        for key in ("developers", "genres", "platforms"):
            row.setdefault(key, ())  # bundles of 0.1 have no platforms
            row[key] = lists.setdefault(tuple(row[key]), tuple(row[key]))
        return GameInfo(**row)

    return read


def _save(folder: Path, arrays: Arrays) -> None:
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
