"""The toy world comes out the same as with version 0.1."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from made_before import KNOWN, WEIGHTS, commands, described, machine
from safetensors.torch import load_file
from typer.testing import CliRunner

from srec.cli import app

#: These contain floats from sums, or were written by a library: their bytes differ on other machines.
SUMMED = (
    "bundle/encoder.onnx",
    "bundle/golden.json",
    "bundle/items.npy",
    "bundle/manifest.json",
    "dataset/games.parquet",
    "dataset/manifest.json",
    "dataset/tags/components.npy",
    "dataset/tags/factors.npy",
    "dataset/unknown.parquet",
    "run/manifest.json",
    "run/metrics.jsonl",
    "run/weights.safetensors",
)
#: What 0.1 did not write: the games of the catalogue without reviews.
OTHERS = ("bundle/others/", "dataset/others.parquet")
#: Games have platforms since, and the others name all files with their contents, or the dataset by them.
CHANGED = (
    "bundle/config.json",
    "bundle/games.json",
    "bundle/manifest.json",
    "dataset/manifest.json",
    "run/manifest.json",
)
#: Facts of a dataset that are counted, and so the same on every machine.
COUNTED = ("context", "dropped_test_interactions", "repeats", "simulated", "split", "statistics", "steps")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("before")
    for command in commands(made):
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    return made


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, Any]:
    return described(folder)


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


def test_a_dataset_a_run_and_a_bundle_are_what_they_were(made: dict[str, Any], known: dict[str, Any]) -> None:
    """Byte for byte; if this machine sums differently from the recorded one, everything except the sums."""
    before = known["files"]
    assert {name for name in made if not name.startswith(OTHERS)} == before.keys()
    kept = before.keys() - set(CHANGED)
    if machine() == known["machine"]:
        assert {name: made[name] for name in kept} == {name: before[name] for name in kept}
    for name in kept - set(SUMMED):
        assert made[name] == before[name], name


def test_their_manifests_say_the_same(made: dict[str, Any], known: dict[str, Any]) -> None:
    for name in ("dataset", "run", "bundle"):
        ours, theirs = made[f"{name}/manifest.json"], known["files"][f"{name}/manifest.json"]
        assert ours.keys() == theirs.keys()
        for key in ours.keys() & {"kind", "version", "parameters", "files", *COUNTED}:
            if key == "files":
                ours[key] = [file for file in ours[key] if not f"{name}/{file}".startswith(OTHERS)]
            assert ours[key] == theirs[key], f"{name}: {key}"


def test_the_weights_are_those_of_the_record_but_for_the_order_of_sums(folder: Path) -> None:
    ours, theirs = load_file(folder / "run" / "weights.safetensors"), load_file(WEIGHTS)
    assert ours.keys() == theirs.keys()
    for name, weights in theirs.items():
        torch.testing.assert_close(ours[name], weights, rtol=1e-3, atol=1e-4)
