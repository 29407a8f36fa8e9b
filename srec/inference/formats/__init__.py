"""What a run can be exported to: one file a format, and one line in the table.

SRec serves from the bundle, "onnx". The others are routes that other projects take; ``srec bench inference``
measures them, and none is the default. Each module has ``write(dataset, run, target)``, which
writes a directory with a manifest, and ``open_encoder(path)``, which makes it encode sessions again.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from srec.dataset.dataset import Dataset
from srec.errors import MissingLibrary, SettingsError

if TYPE_CHECKING:
    from srec.inference.formats.artefact import Encode
    from srec.training.runs import Run


class FormatModule(Protocol):
    """What the file of a format has."""

    def write(self, dataset: Dataset, run: "Run", target: Path) -> None:
        """Write a run as a directory of this format, unless it is there.

        Args:
            dataset: what the run was trained on.
            run: the trained model.
            target: where the directory shall appear.

        Raises:
            ArtifactError: the run belongs to another dataset, or the export scores differently.
        """

    def open_encoder(self, path: Path) -> "Encode":
        """The encoder of such a directory, on one thread.

        Raises:
            ArtifactError: it is not such a directory, or it is damaged.
        """


@dataclass(frozen=True)
class Format:
    """Where a format is. Its file is imported only when it is used: it imports libraries that only it needs.

    Attributes:
        module: the name of its file here.
        extra: the extra of the package that brings what it needs.
    """

    module: str
    extra: str


FORMATS: dict[str, Format] = {
    "onnx": Format("onnx", "train"),
    "torchscript": Format("torchscript", "train"),
    "torchserve": Format("torchserve", "torchserve"),
    "openvino": Format("openvino", "openvino"),
    "aotinductor": Format("aotinductor", "train"),
}


def format_module(name: str) -> FormatModule:
    """The module of a format.

    Args:
        name: a key of FORMATS.

    Raises:
        SettingsError: there is no such format; the message lists those there are.
        MissingLibrary: what it needs is not installed; the message says how to get it.
    """
    if name not in FORMATS:
        raise SettingsError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    chosen = FORMATS[name]
    try:
        return cast("FormatModule", import_module(f"srec.inference.formats.{chosen.module}"))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("srec"):
            raise
        raise MissingLibrary(error.name, chosen.extra) from error
