"""Every model of the table keeps the contract; a new line in the table is tested automatically."""

from pathlib import Path

import numpy as np
import pytest

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.models import MODELS, model_entry
from srec.models.popularity import Popularity
from srec.testing import Check, checks_of


def named(check: object) -> str:
    return getattr(check, "__name__", str(check))


@pytest.mark.parametrize(
    ("model", "check"), [(name, check) for name in MODELS for check in checks_of(name)], ids=named
)
def test_every_model_keeps_the_contract(model: str, check: Check, tmp_path: Path) -> None:
    check(model, tmp_path)


FAULTS = ("NaN", "padding", "batch", "input", "chance")


class Careless:
    """Popularity with one fault at a time."""

    settings_type = Popularity.settings_type
    fault = ""

    def __init__(self, sound: Popularity) -> None:
        self.sound = sound

    @classmethod
    def fit(cls, dataset: Dataset, settings: object, part: str) -> "Careless":
        return cls(Popularity.fit(dataset, settings, part))

    def score(self, items_BL: np.ndarray) -> np.ndarray:
        scores_BV = self.sound.score(items_BL)
        if self.fault == "NaN":
            scores_BV[0, 0] = np.nan
        if self.fault == "padding":
            scores_BV += items_BL.shape[1]
        if self.fault == "batch":
            scores_BV += len(items_BL)
        if self.fault == "input":
            items_BL[:] = 1
        if self.fault == "chance":
            scores_BV += np.random.default_rng().random(scores_BV.shape, np.float32)
        return scores_BV


@pytest.mark.parametrize(("fault", "broken"), list(zip(FAULTS, checks_of("popularity"), strict=True)))
def test_each_check_finds_its_fault(
    fault: str, broken: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srec.models.popularity.Popularity", Careless)
    broken("popularity", tmp_path)
    monkeypatch.setattr(Careless, "fault", fault)
    with pytest.raises(AssertionError):
        broken("popularity", tmp_path)


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"no model 'gpt'.*popularity.*gce-gnn"):
        model_entry("gpt")
