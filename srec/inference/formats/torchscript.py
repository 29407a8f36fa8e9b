"""TorchScript, traced and frozen: what the post deployed. PyTorch has deprecated it for torch.export.

The file is a program: loading it runs whatever its author put there.
"""

import warnings
from pathlib import Path
from typing import IO

import torch

from srec.dataset.dataset import Dataset
from srec.inference.export import FoldedEncoder
from srec.inference.formats.artefact import Encode, checked, torch_encode, write_artefact
from srec.training.runs import Run

KIND, FILE = "torchscript", "encoder.pt"


def write(dataset: Dataset, run: Run, target: Path) -> None:
    """Write the traced encoder, unless it is there."""
    write_artefact(KIND, dataset, run, target=target, write=trace, read=lambda folder: read(folder / FILE))


def open_encoder(path: Path) -> Encode:
    """The encoder of such a directory."""
    return read(checked(path, KIND) / FILE)


def trace(encoder: FoldedEncoder, folder: Path) -> None:
    """Trace, freeze and write an encoder; B and L stay free, because no shape depends on a value.

    Args:
        encoder: in evaluation mode.
        folder: where its file goes.
    """
    example_BL = torch.tensor([[1, 1, 1], [1, 1, 0]])
    with torch.no_grad():
        traced = torch.jit.trace(encoder, (example_BL,), check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(torch.jit.freeze(traced), str(folder / FILE))


def read(file: Path | IO[bytes]) -> Encode:
    """A traced encoder, from a file or an open one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        source = str(file) if isinstance(file, Path) else file
        module = torch.jit.load(source, map_location="cpu")  # type: ignore[no-untyped-call]
    return torch_encode(module)
