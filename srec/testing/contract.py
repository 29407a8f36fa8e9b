"""The contract of a model: that of a Scorer and, for a learnt model, training and export.

Shapes: B sessions, L their padded length, V items.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.evaluation.protocol import rank_all
from srec.models import model_entry
from srec.models.base import ItemsBL, Scorer
from srec.settings import Settings
from srec.testing.toys import chains, write_dataset

Check = Callable[[str, Path], None]

ITEMS = 12
SESSIONS = ([3], [1, 2], [5, 4, 5], [1, 2, 3, 4, 5, 6, 7], [12, 11, 12, 11])
_DIMENSION = 8


def scores_are_floats_of_every_item(model: str, folder: Path) -> None:
    """float32 [B, V]; scores are finite, or -inf for "do not recommend", and at least one is finite."""
    scores_BV = _fitted(model, folder).score(_padded(7))
    assert scores_BV.shape == (len(SESSIONS), ITEMS), f"the scores have the shape {scores_BV.shape}"
    assert scores_BV.dtype == np.float32, f"the scores are {scores_BV.dtype}"
    assert (np.isfinite(scores_BV) | np.isneginf(scores_BV)).all(), "a score is NaN or +inf"
    assert np.isfinite(scores_BV).any(axis=1).all(), "a session has no item to recommend"


def padding_changes_nothing(model: str, folder: Path) -> None:
    """Zeros on the right are not items, no matter how many there are."""
    scorer = _fitted(model, folder)
    np.testing.assert_allclose(scorer.score(_padded(7)), scorer.score(_padded(23)), atol=1e-6)


def a_batch_equals_one_by_one(model: str, folder: Path) -> None:
    """A session's scores do not depend on the sessions that are scored with it."""
    scorer = _fitted(model, folder)
    batch_BV = scorer.score(_padded(7))
    for row_V, session in zip(batch_BV, SESSIONS, strict=True):
        np.testing.assert_allclose(row_V, scorer.score(np.array([session]))[0], atol=1e-6)


def the_input_is_left_as_it_was(model: str, folder: Path) -> None:
    """Scoring does not change the items."""
    items_BL = _padded(7)
    before = items_BL.copy()
    _fitted(model, folder).score(items_BL)
    assert (items_BL == before).all(), "the input was changed"


def made_twice_it_scores_the_same(model: str, folder: Path) -> None:
    """The same data, settings and seed give the same scores, to the bit."""
    first, second = (_fitted(model, folder).score(_padded(7)) for _ in range(2))
    assert np.array_equal(first, second), "two models of the same data score differently"


def it_learns_a_chain_and_not_noise(model: str, folder: Path) -> None:
    """If each item is followed by the next one, HR@1 nears 1; on noise it stays near chance, 1/7."""
    assert _hit_rate(model, folder / "chain", noise=False) > 0.9, "it does not learn a chain"
    assert _hit_rate(model, folder / "noise", noise=True) < 0.35, "it finds what is not there"


def it_exports_with_the_same_scores(model: str, folder: Path) -> None:
    """The ONNX scores are within 1e-5 of torch's, at any batch size and length."""
    from srec.inference.export import encoder_onnx
    from srec.inference.runtimes.onnx import OnnxScorer
    from srec.models.session_model import TorchScorer

    scorer = _fitted(model, folder)
    assert isinstance(scorer, TorchScorer)
    file = folder / "encoder.onnx"
    file.write_bytes(encoder_onnx(scorer.model))
    exported = OnnxScorer(file, scorer.table_VD[1:].detach().numpy())
    for session in SESSIONS:
        items_BL = _pad([session, [3, 4]], max(len(session), 2))
        np.testing.assert_allclose(exported.score(items_BL), scorer.score(items_BL), atol=1e-5)


def it_trains_in_bfloat16(model: str, folder: Path) -> None:
    """If the encoder's products are in bfloat16, the loss of the first epoch is a sensible number."""
    loss = _train(model, folder, noise=False, epochs=1, precision="bfloat16").log[0]["loss"]
    assert np.isfinite(loss), f"the loss is {loss}"
    assert loss < 2 * np.log(ITEMS), f"the loss is {loss}"


SCORER_CHECKS: tuple[Check, ...] = (
    scores_are_floats_of_every_item,
    padding_changes_nothing,
    a_batch_equals_one_by_one,
    the_input_is_left_as_it_was,
    made_twice_it_scores_the_same,
)
LEARNT_CHECKS: tuple[Check, ...] = (
    it_learns_a_chain_and_not_noise,
    it_exports_with_the_same_scores,
    it_trains_in_bfloat16,
)


def checks_of(model: str) -> tuple[Check, ...]:
    """The checks that a model must pass: those of every Scorer, and three more for a learnt model.

    Args:
        model: a key of ``srec.MODELS``.

    Raises:
        SettingsError: there is no such model.
    """
    return SCORER_CHECKS + (LEARNT_CHECKS if model_entry(model).learnt else ())


def _fitted(model: str, folder: Path) -> Scorer:
    """The model on a toy dataset: counted, or with its initial weights."""
    entry = model_entry(model)
    kind = entry.load()
    dataset = _dataset(folder / "dataset", sessions=40, noise=False, dimension=_DIMENSION)
    if not entry.learnt:
        counted: Scorer = kind.fit(dataset, kind.settings_type(), "fit")
        return counted
    from srec.models.session_model import TorchScorer

    made = kind.build(dataset, _small(kind, _DIMENSION))
    made.initialise(seed=0)
    items, _, sessions = dataset.sequences.learnable("fit")
    made.prepare(items, sessions)
    return TorchScorer(made)


def _dataset(path: Path, *, sessions: int, noise: bool, dimension: int) -> Dataset:
    if path.exists():
        return Dataset(path)
    return write_dataset(path, chains(ITEMS, sessions, seed=0, noise=noise), ITEMS, dimension=dimension)


def _small(kind: Any, dimension: int) -> Settings:
    """The model's settings, with few dimensions if it has that setting."""
    fields = kind.settings_type.model_fields
    settings: Settings = kind.settings_type(**({"dimension": dimension} if "dimension" in fields else {}))
    return settings


def _hit_rate(model: str, folder: Path, *, noise: bool) -> float:
    from srec.models.session_model import TorchScorer

    run = _train(model, folder, noise=noise, epochs=80, precision="float32")
    dataset = Dataset(folder / "dataset")
    test = examples(dataset.sequences, "test", 50)
    return float((rank_all(TorchScorer(run.load(dataset)), test, ITEMS).ranks == 1).mean())


def _train(model: str, folder: Path, *, noise: bool, epochs: int, precision: str) -> Any:
    from srec.training.run import train
    from srec.training.settings import TrainingSettings

    dataset = _dataset(folder / "dataset", sessions=200, noise=noise, dimension=16)
    training = TrainingSettings.model_validate(
        {
            "epochs": epochs,
            "batch_size": 20,
            "learning_rate": 0.005,
            "decay_every": 80,
            "patience": 12,
            "refit": False,
            "precision": precision,
        }
    )
    settings = _small(model_entry(model).load(), 16)
    return train(dataset, folder / "run", model, settings=settings, training=training)


def _padded(length: int) -> ItemsBL:
    return _pad(list(SESSIONS), length)


def _pad(sessions: list[list[int]], length: int) -> ItemsBL:
    items_BL: ItemsBL = np.array([session + [0] * (length - len(session)) for session in sessions])
    return items_BL
