"""What version 0.1 made of the toy world comes out the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_before import KNOWN, commands, described, machine
from typer.testing import CliRunner

from srec.cli import app

#: These hold floats that came out of sums, or were written by a library: other machines have other bytes.
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("before")
    for command in commands(folder):
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    return described(folder)


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


def test_a_dataset_a_run_and_a_bundle_are_what_they_were(made: dict[str, Any], known: dict[str, Any]) -> None:
    """Byte for byte; where this machine sums otherwise than the one of the record, all but what it sums."""
    before = known["files"]
    assert made.keys() == before.keys()
    if machine() == known["machine"]:
        assert made == before
    for name in made.keys() - set(SUMMED):
        assert made[name] == before[name], name


def test_their_manifests_say_the_same(made: dict[str, Any], known: dict[str, Any]) -> None:
    for name in ("dataset", "run", "bundle"):
        ours, theirs = made[f"{name}/manifest.json"], known["files"][f"{name}/manifest.json"]
        assert ours.keys() == theirs.keys()
        assert {key: ours[key] for key in ("kind", "version", "parameters", "files")} == {
            key: theirs[key] for key in ("kind", "version", "parameters", "files")
        }
