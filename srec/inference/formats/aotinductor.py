"""AOTInductor: torch.export, compiled ahead of time by torch's Inductor and a C++ compiler into a library.

The library is native code for this kind of CPU and version of torch, and loading it runs it.
"""

import os
import shutil
from pathlib import Path

import torch

from srec.dataset.dataset import Dataset
from srec.errors import SRecError
from srec.inference.export import FoldedEncoder
from srec.inference.formats.artefact import Encode, checked, torch_encode, write_artefact
from srec.models.compiler import temporary_cache
from srec.training.runs import Run

KIND, FILE = "aotinductor", "encoder.pt2"
SHORTEST = 3  # torch.export cannot leave lengths of 1 and 2 free: shorter inputs are padded


def write(dataset: Dataset, run: Run, target: Path) -> None:
    """Write the compiled encoder, unless it is there.

    Raises:
        SRecError: there is no C++ compiler.
    """
    write_artefact(KIND, dataset, run, target=target, write=_compile, read=_read)


def open_encoder(path: Path) -> Encode:
    """The encoder of such a directory."""
    return _read(checked(path, KIND))


def exported(encoder: FoldedEncoder) -> torch.export.ExportedProgram:
    """The encoder's graph: B is free, and so is L from SHORTEST on."""
    free = {0: torch.export.Dim("B"), 1: torch.export.Dim("L", min=SHORTEST)}
    example_BL = torch.tensor([[1] * SHORTEST, [1] * (SHORTEST - 1) + [0]])
    return torch.export.export(encoder, (example_BL,), dynamic_shapes={"items": free})


def need_compiler() -> None:
    """Refuse where there is no C++ compiler.

    Raises:
        SRecError: there is none; the message says what to do.
    """
    names = [os.environ["CXX"]] if "CXX" in os.environ else ["g++", "clang++"]
    if not any(map(shutil.which, names)):
        raise SRecError(
            f"aotinductor needs a C++ compiler and found no {' or '.join(names)}: install one, or set CXX"
        )


def _compile(encoder: FoldedEncoder, folder: Path) -> None:
    need_compiler()
    with temporary_cache():
        # Headers that are compiled ahead would lie in the system's temporary folder for ever.
        torch._inductor.aoti_compile_and_package(
            exported(encoder),
            package_path=str(folder / FILE),
            inductor_configs={"aot_inductor.precompile_headers": False},
        )


def _read(folder: Path) -> Encode:
    return torch_encode(torch._inductor.aoti_load_package(str(folder / FILE)), SHORTEST)
