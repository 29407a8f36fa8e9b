"""The set encoder: what its vectors are, and what a session's order may change."""

import numpy as np
import pytest
import torch

from srec.dataset.dataset import Dataset
from srec.models.core import CORE, CORESettings
from srec.models.session_model import TorchScorer
from srec.testing.toys import chains, write_dataset

SETTINGS = CORESettings(dimension=8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return write_dataset(tmp_path_factory.mktemp("core") / "d", chains(12, 30, seed=0, noise=False), 12)


def made(dataset: Dataset, settings: CORESettings) -> CORE:
    model = CORE.build(dataset, settings)
    model.initialise(seed=0)
    items, _, sessions = dataset.sequences.learnable("fit")
    model.prepare(items, sessions)
    return model


def test_without_recency_a_session_is_a_set(dataset: Dataset) -> None:
    orders = np.array([[3, 7, 1], [1, 3, 7]])
    as_set = TorchScorer(made(dataset, SETTINGS.model_copy(update={"recency": False}))).score(orders)
    np.testing.assert_allclose(as_set[0], as_set[1], rtol=1e-5)
    model = made(dataset, SETTINGS)
    with torch.no_grad():
        model.steps.weight[0] = 2.0
    in_order = TorchScorer(model).score(orders)
    assert np.abs(in_order[0] - in_order[1]).max() > 0.1


def test_an_item_stays_within_its_bound_of_its_tags(dataset: Dataset) -> None:
    model = made(dataset, SETTINGS.model_copy(update={"bound": 0.1}))
    assert model.map is not None
    assert model.tags_VF is not None
    with torch.no_grad():
        model.embedding.weight.fill_(100.0)
        vectors_VD = model.item_table()[1:, :-1]
        tags_VD = torch.nn.functional.normalize(model.map(model.tags_VF), dim=1)[1:]
        # Two unit vectors and a step of 0.1 between them, before the length is 1 again.
        assert (vectors_VD * tags_VD).sum(1).min() > 0.99
        assert torch.allclose(vectors_VD.norm(dim=1), torch.ones(len(vectors_VD)))


def test_popularity_is_a_term_of_its_own(dataset: Dataset) -> None:
    model = made(dataset, SETTINGS)
    scores = []
    for weight in (0.0, 1.0):
        with torch.no_grad():
            model.popularity.fill_(weight)
        scores.append(TorchScorer(model).score(np.array([[3, 7]]))[0])
    items, _, _ = dataset.sequences.learnable("fit")
    counts = np.bincount(items, minlength=13)[1:]
    np.testing.assert_allclose(scores[1] - scores[0], np.log1p(counts), rtol=1e-4)
