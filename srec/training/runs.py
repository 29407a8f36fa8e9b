"""A run directory: what one model has learnt or counted, its settings and, of a learnt one, its epochs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file
from typing_extensions import TypedDict

from srec.artifacts import verify
from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, first_line
from srec.models import model_entry
from srec.models.base import Scorer
from srec.models.session_model import SessionModel, TorchScorer
from srec.models.stored import Storable
from srec.models.sums import Sum
from srec.reading import LARGEST, declared, parse_json, read_bytes
from srec.settings import settings_of
from srec.training.settings import TrainingSettings

KIND = "run"
VERSION = 1
WEIGHTS = "weights.safetensors"


class _Parameters(TypedDict):
    model: str
    settings: dict[str, Any]
    training: NotRequired[dict[str, Any]]  # of a learnt model


class _Inputs(TypedDict):
    dataset: str


class _Made(TypedDict):
    """What the manifest of a run must have."""

    inputs: _Inputs
    parameters: _Parameters
    valid: dict[str, float]
    parameter_count: int
    seconds: dict[str, float]


class _Counted(_Made):
    popularity_weight: NotRequired[Annotated[float, Field(ge=0, le=1)]]


class _Trained(_Made):
    chosen_epoch: Annotated[int, Field(ge=1)]
    peak_memory_mb: dict[str, list[int]]


class Run:
    """A complete run directory.

    Raises:
        ArtifactError: it is missing, incomplete or of another format version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = verify(self.path, KIND, VERSION)
        declared(self.manifest, _Counted if self.counted else _Trained, str(self.path))
        self.model_name: str = self.manifest["parameters"]["model"]

    @property
    def counted(self) -> bool:
        """Whether the model was counted; else it was trained."""
        return "chosen_epoch" not in self.manifest

    @property
    def summed(self) -> bool:
        """Whether it was counted, and its scores are a sum of stored parts."""
        return "popularity_weight" in self.manifest

    @property
    def popularity_weight(self) -> float:
        """The weight of popularity in the answers of a sum, where a visitor says none."""
        return float(self.manifest["popularity_weight"])

    @property
    def training(self) -> TrainingSettings:
        """The settings of the loop that trained it."""
        return settings_of(TrainingSettings, self.manifest["parameters"].get("training", {}))

    @property
    def settings(self) -> Mapping[str, Any]:
        """The model's settings, by name."""
        found: dict[str, Any] = self.manifest["parameters"]["settings"]
        return found

    @property
    def chosen_epoch(self) -> int:
        """The epoch that was chosen, counted from 1."""
        return int(self.manifest["chosen_epoch"])

    @property
    def valid(self) -> Mapping[str, float]:
        """The metrics of what was chosen, an epoch or a weight of popularity, on the window that chose it."""
        found: dict[str, float] = self.manifest["valid"]
        return found

    @property
    def parameter_count(self) -> int:
        """How many numbers the model learnt."""
        return int(self.manifest["parameter_count"])

    @property
    def seconds(self) -> Mapping[str, float]:
        """What each stage of the training or counting took."""
        found: dict[str, float] = self.manifest["seconds"]
        return found

    @property
    def peak_memory_mb(self) -> Mapping[str, Sequence[int]]:
        """The peak of the process's memory after each epoch of each stage."""
        found: dict[str, list[int]] = self.manifest["peak_memory_mb"]
        return found

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl."""
        file = self.path / "metrics.jsonl"
        lines = read_bytes(file, LARGEST).splitlines()
        found: list[dict[str, Any]] = declared(
            [parse_json(line, str(file)) for line in lines], list[dict[str, Any]], str(file)
        )
        return found

    def scorer(self, dataset: Dataset) -> Scorer:
        """The model as a Scorer, trained or counted.

        Raises:
            ArtifactError: as ``load`` and ``load_counted``.
        """
        return self.load_counted(dataset) if self.counted else TorchScorer(self.load(dataset))

    def load_counted(self, dataset: Dataset) -> Storable:
        """The counted model; of a sum a ``Sum``, whatever model it is.

        Raises:
            ArtifactError: the run was made from another dataset, its arrays are damaged, or it was trained.
        """
        self._check(dataset)
        if not self.counted:
            raise ArtifactError(f"{self.path} was trained, so there is nothing counted in it")
        kind = model_entry(self.model_name).load()
        if not hasattr(kind, "restore"):
            raise ArtifactError(f"{self.path} has no epoch, and {self.model_name} is not counted")
        try:
            arrays = load_arrays(self.path / WEIGHTS)
            if not self.summed:
                model: Storable = kind.restore(
                    arrays, settings_of(kind.settings_type, self.settings), dataset.item_count
                )
                return model
            found = Sum.of(arrays, self.popularity_weight)
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ArtifactError(f"the arrays of {self.path} cannot be read: {first_line(error)}") from error
        if problem := found.parts.problem(dataset.item_count):
            raise ArtifactError(f"the arrays of {self.path} do not fit together: {problem}")
        return found

    def load(self, dataset: Dataset) -> SessionModel:
        """The trained model.

        Raises:
            ArtifactError: the run was trained on another dataset, its weights are damaged, or it was counted.
        """
        self._check(dataset)
        if self.counted:
            raise ArtifactError(f"{self.path} was counted, so it has no network to take out")
        kind = model_entry(self.model_name).load()
        settings = settings_of(kind.settings_type, self.settings)
        model: SessionModel = kind.build(dataset, settings)
        try:
            model.load_state_dict(load_file(self.path / WEIGHTS))
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            raise ArtifactError(f"the weights of {self.path} cannot be read: {first_line(error)}") from error
        return model

    def _check(self, dataset: Dataset) -> None:
        if self.manifest["inputs"]["dataset"] != dataset.fingerprint:
            raise ArtifactError(
                f"{self.path} was trained on another dataset than {dataset.path}: train again"
            )
