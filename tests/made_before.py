"""The toy world of version 0.1: a record of every file, byte for byte.

``python tests/made_before.py FOLDER`` records the contents of a folder that ``make`` filled.
"""

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

DIRECTORIES = ("dataset", "run", "bundle")
#: Facts of a manifest that change each time.
TIMELY = ("created_at", "srec", "seconds", "peak_memory_mb", "lineage", "sha256")
KNOWN = Path(__file__).with_name("made_before.json")
#: The weights of that run, for machines that sum in another order.
WEIGHTS = KNOWN.with_suffix(".safetensors")
LIBRARIES = ("duckdb", "numpy", "onnx", "onnxscript", "pyarrow", "scikit-learn", "torch")

COMMANDS = """
simulate {0}/world --set simulate.reviews=4000 --set simulate.games=80 --set simulate.seed=5
ingest {0}/store.duckdb {0}/world --source simulated
prepare {0}/store.duckdb {0}/dataset --set prepare.popular_games=5 --set prepare.test_days=200 \
--set prepare.valid_days=200 --set tags.dimension=8 --threads 1
train {0}/dataset {0}/run --model gce-gnn --set gce-gnn.dimension=8 --set training.epochs=1 --threads 1
export {0}/dataset {0}/run {0}/bundle
"""


def commands(folder: Path) -> list[list[str]]:
    """The commands that make the toy world in a folder."""
    return [line.split() for line in COMMANDS.format(folder).strip().splitlines()]


def described(folder: Path) -> dict[str, Any]:
    """Every file of the three directories, by name: its hash or, for a manifest, its constant facts."""
    found: dict[str, Any] = {}
    for name in DIRECTORIES:
        for file in sorted((folder / name).rglob("*")):
            key = file.relative_to(folder).as_posix()
            if file.name == "manifest.json":
                found[key] = manifest(file)
            elif file.is_file():
                found[key] = hashlib.sha256(content(file)).hexdigest()
    return found


def manifest(file: Path) -> dict[str, Any]:
    known = json.loads(file.read_text(encoding="utf-8"))
    known["files"] = sorted(known["files"])
    if known["kind"] == "dataset":
        del known["inputs"]  # a store's revision has something random in it
    return {key: value for key, value in known.items() if key not in TIMELY}


def content(file: Path) -> bytes:
    """The bytes of a file; a network loses its notes on which line of code each part was traced from."""
    if file.suffix != ".onnx":
        return file.read_bytes()
    model = onnx.load(file)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
    for value in (*model.graph.initializer, *model.graph.input, *model.graph.output):
        value.ClearField("metadata_props")
    return bytes(model.SerializeToString(deterministic=True))


def machine() -> dict[str, str]:
    """Everything that decides the last bits: the libraries, and how this processor's kernels sum."""
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(8, 33), torch.nn.Tanh(), torch.nn.Linear(33, 50))
    loss = torch.nn.functional.cross_entropy(layer(torch.randn(100, 8)), torch.arange(100) % 50)
    loss.backward()
    values = [loss, *(parameter.grad for parameter in layer.parameters())]
    digest = hashlib.sha256(b"".join(value.detach().numpy().tobytes() for value in values))
    left, right = np.random.default_rng(0).random((2, 90, 90), np.float32)
    digest.update((left @ right).tobytes())
    return {library: version(library) for library in LIBRARIES} | {"kernels": digest.hexdigest()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    made = {"machine": machine(), "files": described(Path(sys.argv[1]))}
    KNOWN.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
