"""What version 0.1 made is read, or migrated when it is opened: a store, a dataset, a run and a bundle.

``made_by_0_1.tar.xz`` has them as 0.1.0 wrote them, from a simulated world of 3,000 reviews and two epochs of
GCE-GNN.
"""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

import srec
from srec.dataset.dataset import Dataset
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.models.session_model import TorchScorer
from srec.publishing.folder import Models
from srec.serving.app import create_app
from srec.simulate.world import SimulateSettings, simulate
from srec.store.ingest import choose_source, ingest
from srec.store.stores import open_reader, open_store
from srec.store.stores.inspection import describe
from srec.store.stores.integrity import check
from srec.training.runs import Run


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(Path(__file__).with_name("made_by_0_1.tar.xz")) as content:
        content.extractall(folder, filter="data")
    for name in ("dataset", "run", "bundle"):
        assert json.loads((folder / name / "manifest.json").read_text())["srec"] == "0.1.0"
    return folder


def test_the_store_is_migrated_when_it_is_opened_and_takes_new_reviews(old: Path, tmp_path: Path) -> None:
    store = str(old / "store.duckdb")
    with open_reader(store, whole=True) as reader:
        found = describe(reader)
        assert (found.reviews, found.games, found.sequences, found.simulated) == (3000, 120, 0, True)
        assert [one.rule for one in check(reader, "1GB", 1) if one.broken] == []
    simulate(tmp_path / "world", SimulateSettings(reviews=500, games=60, seed=9))
    read = ingest(store, choose_source(tmp_path / "world", "simulated"))
    assert read.tables["reviews"].added > 0
    with open_store(store) as opened:
        assert opened.counts()["reviews"] == 3000 + read.tables["reviews"].added
    settings = {"split": "users", "popular_games": 0}
    assert srec.prepare(store, tmp_path / "dataset", settings, threads=1).split == "users"


def test_the_dataset_and_the_run_are_read_and_give_the_vectors_of_the_bundle(old: Path) -> None:
    dataset, run = Dataset(old / "dataset"), Run(old / "run")
    assert dataset.split == "time"
    assert run.valid == json.loads((old / "run" / "manifest.json").read_text())["valid"]
    before = Bundle(old / "bundle")
    assert np.array_equal(dataset.app_ids[1:], before.app_ids)
    assert before.items is not None
    table_VD = TorchScorer(run.load(dataset)).table_VD.numpy()
    np.testing.assert_allclose(table_VD[1:], before.items, rtol=1e-5, atol=1e-6)


def test_the_bundle_answers_as_its_model_did_and_is_published(old: Path, tmp_path: Path) -> None:
    bundle = Bundle(old / "bundle")
    assert len(bundle.golden) == 64
    Recommender(bundle)
    models = Models(tmp_path / "models")
    version = models.publish(old / "bundle")
    assert version.problem is None
    assert version.data_until is None  # 0.1 did not write it
    client = TestClient(create_app(models.folder(1)))
    body = {"liked": [int(bundle.app_ids[0])], "k": 5}
    assert len(client.post("/api/recommend", json=body).json()["games"]) == 5
