"""Every model of the table keeps the Scorer contract; a new line in the table is tested by being there."""

from pathlib import Path

import numpy as np
import pytest
from toys import chains, write_dataset

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.evaluation.protocol import rank_all
from srec.inference.export import encoder_onnx
from srec.inference.runtimes.onnx import OnnxScorer
from srec.models import MODELS, model_entry
from srec.models.base import Scorer
from srec.models.session_model import TorchScorer
from srec.training.run import train
from srec.training.settings import TrainingSettings

ITEMS = 12


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("contract") / "dataset"
    return write_dataset(path, chains(ITEMS, 40, seed=0, noise=False), ITEMS)


def make(name: str, dataset: Dataset) -> Scorer:
    entry = model_entry(name)
    kind = entry.load()
    if not entry.learnt:
        scorer: Scorer = kind.fit(dataset, kind.settings_type(), "fit")
        return scorer
    model = kind.build(dataset, kind.settings_type(dimension=8))
    model.initialise(seed=0)
    items, _, sessions = dataset.sequences.learnable("fit")
    model.prepare(items, sessions)
    return TorchScorer(model)


@pytest.fixture(params=list(MODELS))
def scorer(request: pytest.FixtureRequest, dataset: Dataset) -> Scorer:
    return make(request.param, dataset)


SESSIONS = [[3], [1, 2], [5, 4, 5], [1, 2, 3, 4, 5, 6, 7], [12, 11, 12, 11]]


def padded(sessions: list[list[int]], length: int) -> np.ndarray:
    return np.array([session + [0] * (length - len(session)) for session in sessions])


def test_scores_are_floats_of_every_item(scorer: Scorer) -> None:
    scores = scorer.score(padded(SESSIONS, 7))
    assert scores.shape == (len(SESSIONS), ITEMS)
    assert scores.dtype == np.float32
    # -inf is "not recommended"; nothing else that is no number.
    assert (np.isfinite(scores) | np.isneginf(scores)).all()
    assert np.isfinite(scores).any(axis=1).all()


def test_padding_changes_nothing(scorer: Scorer) -> None:
    narrow, wide = scorer.score(padded(SESSIONS, 7)), scorer.score(padded(SESSIONS, 23))
    np.testing.assert_allclose(narrow, wide, atol=1e-6)


def test_a_batch_equals_one_by_one(scorer: Scorer) -> None:
    batch = scorer.score(padded(SESSIONS, 7))
    for row, session in zip(batch, SESSIONS, strict=True):
        np.testing.assert_allclose(row, scorer.score(np.array([session]))[0], atol=1e-6)


def test_the_input_is_left_as_it_was(scorer: Scorer) -> None:
    items = padded(SESSIONS, 7)
    before = items.copy()
    scorer.score(items)
    assert (items == before).all()


def test_the_same_model_made_twice_scores_the_same(dataset: Dataset) -> None:
    for name in MODELS:
        first, second = (make(name, dataset).score(padded(SESSIONS, 7)) for _ in range(2))
        assert np.array_equal(first, second), name


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"no model 'gpt'.*popularity.*gce-gnn"):
        model_entry("gpt")


LEARNT = [name for name, entry in MODELS.items() if entry.learnt]


@pytest.mark.parametrize("name", LEARNT)
def test_it_learns_a_chain_and_not_noise(name: str, tmp_path: Path) -> None:
    """Each item is followed by the next one, always: HR@1 is 1 for who learns it, 1/7 by chance."""
    hits = {}
    for noise in (False, True):
        data = write_dataset(tmp_path / str(noise), chains(ITEMS, 200, seed=0, noise=noise), ITEMS, 16)
        kind = model_entry(name).load()
        model = kind.build(data, kind.settings_type(dimension=16))
        training = TrainingSettings(
            epochs=80, batch_size=20, learning_rate=0.005, decay_every=80, patience=12, refit=False
        )
        run = train(data, tmp_path / f"run-{noise}", name, settings=model.settings, training=training)
        test = examples(data.sequences, "test", 50)
        ranks = rank_all(TorchScorer(run.load(data)), test, ITEMS).ranks
        hits[noise] = float((ranks == 1).mean())
    assert hits[False] > 0.9
    assert hits[True] < 0.35


@pytest.mark.parametrize("name", LEARNT)
def test_it_exports_with_the_same_scores(name: str, dataset: Dataset, tmp_path: Path) -> None:
    scorer = make(name, dataset)
    file = tmp_path / "encoder.onnx"
    file.write_bytes(encoder_onnx(scorer.model))
    exported = OnnxScorer(file, scorer.table_VD[1:].detach().numpy())
    for session in SESSIONS:
        items = padded([session, [3, 4]], max(len(session), 2))
        np.testing.assert_allclose(exported.score(items), scorer.score(items), atol=1e-5)


@pytest.mark.parametrize("name", LEARNT)
def test_it_trains_in_bfloat16(name: str, dataset: Dataset, tmp_path: Path) -> None:
    kind = model_entry(name).load()
    training = TrainingSettings(epochs=1, batch_size=20, precision="bfloat16", refit=False)
    settings = kind.settings_type(dimension=8)
    run = train(dataset, tmp_path / "run", name, settings=settings, training=training)
    assert np.isfinite(run.log[0]["loss"])
    assert run.log[0]["loss"] < 2 * np.log(ITEMS)
