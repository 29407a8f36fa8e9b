"""Every format of the table encodes sessions as the torch model does, and refuses damaged files."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from trained_runs import ITEMS, trained

from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, MissingLibrary, SettingsError, SRecError
from srec.inference.export import encoder_onnx
from srec.inference.formats import FORMATS, aotinductor, format_module
from srec.inference.formats.artefact import EncodedScorer
from srec.models import MODELS
from srec.models.session_model import SessionModel, TorchScorer
from srec.training.runs import Run

NEEDS = {"openvino": "openvino", "torchserve": "model_archiver"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Run]:
    return trained(tmp_path_factory.mktemp("formats"))


@pytest.fixture(scope="module", autouse=True)
def _one_conversion() -> Iterator[None]:
    """Three formats begin with the same ONNX network; converting one model takes seconds each time."""
    made: dict[bytes, bytes] = {}

    def once(model: SessionModel) -> bytes:
        weights = safetensors.torch.save(model.state_dict())
        if weights not in made:
            made[weights] = encoder_onnx(model)
        return made[weights]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srec.inference.export.encoder_onnx", once)
        if importlib.util.find_spec("openvino"):
            patch.setattr("srec.inference.formats.openvino.encoder_onnx", once)
        yield


@pytest.fixture(scope="module", params=list(FORMATS))
def exported(
    request: pytest.FixtureRequest, world: tuple[Dataset, Run], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    name = request.param
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    path = tmp_path_factory.mktemp("exported") / name
    format_module(name).write(*world, path)
    return name, path


def sessions(most: int = 9) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.choice(ITEMS, (rng.integers(1, 4), length)) + 1 for length in range(1, most)]


def assert_scores_alike(encode: object, model: TorchScorer) -> None:
    scorer = EncodedScorer(encode, model.table_VD[1:].numpy())
    for items_BL in sessions():
        wanted_BV = model.score(items_BL)
        np.testing.assert_allclose(scorer.score(items_BL), wanted_BV, rtol=1e-4, atol=1e-5)
        padded_BL = np.pad(items_BL, ((0, 0), (0, 2)))
        np.testing.assert_allclose(scorer.score(padded_BL), wanted_BV, rtol=1e-4, atol=1e-5)


def test_it_encodes_as_the_torch_model(exported: tuple[str, Path], world: tuple[Dataset, Run]) -> None:
    name, path = exported
    dataset, run = world
    assert_scores_alike(format_module(name).open_encoder(path), TorchScorer(run.load(dataset)))


def test_it_is_written_once(exported: tuple[str, Path], world: tuple[Dataset, Run]) -> None:
    name, path = exported
    before = path.stat().st_mtime_ns
    format_module(name).write(*world, path)
    assert path.stat().st_mtime_ns == before


def test_a_changed_byte_is_refused(exported: tuple[str, Path], tmp_path: Path) -> None:
    name, path = exported
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in path.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    largest = max(copy.iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    with pytest.raises(ArtifactError, match="has changed since it was written"):
        format_module(name).open_encoder(copy)


@pytest.mark.parametrize("name", [name for name, entry in MODELS.items() if entry.learnt])
def test_every_torch_model_can_be_traced(tmp_path: Path, name: str) -> None:
    dataset, run = trained(tmp_path, name)
    module = format_module("torchscript")
    module.write(dataset, run, tmp_path / "traced")
    assert_scores_alike(module.open_encoder(tmp_path / "traced"), TorchScorer(run.load(dataset)))


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(
        SettingsError, match="there is no format 'tensorrt'; the formats are onnx, torchscript"
    ):
        format_module("tensorrt")


def test_a_missing_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "srec.inference.formats.openvino", raising=False)
    with pytest.raises(MissingLibrary, match=r"this needs openvino: .* pip install 'srec\[openvino\]'"):
        format_module("openvino")


def test_a_missing_compiler_is_told(
    world: tuple[Dataset, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(SRecError, match=r"needs a C\+\+ compiler"):
        aotinductor.write(*world, tmp_path / "library")
    assert not (tmp_path / "library").exists()
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SRecError, match="found no no-such-compiler"):
        aotinductor.need_compiler()
    assert torch.compiler.is_exporting() is False
