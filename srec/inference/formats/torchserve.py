"""A TorchServe archive (.mar): the bundle, and a handler that passes requests on to SRec's app.

TorchServe is no longer maintained: this is for those who still run it. Its workers' Python needs SRec
installed; the archive holds a bundle and a few lines of Python.
"""

import tempfile
import zipfile
from pathlib import Path

from model_archiver.model_archiver import ModelArchiver
from model_archiver.model_archiver_config import ModelArchiverConfig

from srec import __version__
from srec.artifacts import fingerprint, is_current, write_directory
from srec.dataset.dataset import Dataset
from srec.inference.bundle import Bundle
from srec.inference.export import export
from srec.inference.formats.artefact import VERSION, Encode, checked
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.training.runs import Run

KIND, FILE = "torchserve", "srec.mar"
# TorchServe wants a file with exactly one class of its own.
_HANDLER = """import srec.serving.torchserve


class Handler(srec.serving.torchserve.Handler):
    pass
"""


def write(dataset: Dataset, run: Run, target: Path) -> None:
    """Write the archive, unless it is there.

    Raises:
        ArtifactError: the run belongs to another dataset, or the bundle scores differently.
    """
    inputs = {"dataset": dataset.fingerprint, "run": fingerprint(run.path)}
    if is_current(target, KIND, VERSION, inputs=inputs, parameters={}):
        return
    with (
        tempfile.TemporaryDirectory() as name,
        write_directory(target, KIND, VERSION, inputs=inputs) as draft,
    ):
        folder = Path(name)
        handler, content = folder / "srec_handler.py", folder / "content"
        handler.write_text(_HANDLER, encoding="utf-8")
        export(dataset, run, content / "bundle")
        ModelArchiver.generate_model_archive(
            ModelArchiverConfig(
                model_name="srec",
                handler=str(handler),
                version=__version__,
                extra_files=str(content),
                export_path=str(draft.path),
            )
        )


def open_encoder(path: Path) -> Encode:
    """The encoder of the bundle in the archive."""
    file = checked(path, KIND) / FILE
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
        return OnnxEncoder(Bundle(Path(folder) / "bundle").encoder).encode
