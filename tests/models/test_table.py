"""The table of models, and the models of other packages in it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.models import MODELS, Entry, model_entry
from srec.models.blend import Blend, BlendSettings
from srec.recipes import read_recipe, sections
from srec.testing.toys import chains, write_dataset

LAST = """
from typing import ClassVar
import numpy as np
from pydantic import Field
from srec.settings import Settings

class LastSettings(Settings):
    section: ClassVar[str] = "last"
    bonus: float = Field(1.0, description="what the newest item gets")

class Last:
    settings_type = LastSettings

    def __init__(self, item_count, bonus):
        self.item_count, self.bonus = item_count, bonus

    @classmethod
    def fit(cls, dataset, settings, part):
        return cls(dataset.item_count, settings.bonus)

    def score(self, items_BL):
        newest_B = items_BL[np.arange(len(items_BL)), (items_BL > 0).sum(1) - 1]
        return np.float32(self.bonus) * np.eye(self.item_count, dtype=np.float32)[newest_B - 1]

class Nothing:
    pass

class NeitherOf:
    settings_type = LastSettings
"""
Install = Callable[[str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a package with one module, ``lastly``, and these entry points."""

    def made(points: str) -> None:
        place = tmp_path / "site"
        about = place / "lastly_models-1.0.dist-info"
        about.mkdir(parents=True)
        (place / "lastly.py").write_text(LAST, encoding="utf-8")
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lastly-models\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[srec.models]\n{points}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(place)
        monkeypatch.delitem(sys.modules, "lastly", raising=False)

    return made


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "dataset", chains(7, 40, seed=0, noise=False), 7)


def test_the_table_asks_no_package_and_imports_no_model_before_it_is_asked() -> None:
    code = "import srec.models, sys; assert not {'numpy', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_of_another_package_stands_behind_our_own(install: Install, dataset: Dataset) -> None:
    own = list(MODELS)
    install("last = lastly:Last")
    assert list(MODELS) == [*own, "last"]
    assert len(MODELS) == len(own) + 1
    entry = model_entry("last")
    assert (entry.package, entry.learnt, entry.fits(dataset)) == ("lastly-models", False, True)
    recipe = read_recipe(overrides=["last.bonus=3"])
    scorer = entry.load().fit(dataset, recipe.get(entry.load().settings_type), "fit")
    assert scorer.score(dataset.sequences.items[None, :2])[0].max() == 3


def test_it_can_be_blended(install: Install, dataset: Dataset) -> None:
    install("last = lastly:Last")
    blend = Blend.fit(dataset, BlendSettings(games=("markov", "last")), "fit")
    assert list(blend.weights) == ["markov", "last"]


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ("ease = lastly:Last", "srec and lastly-models both have a model named ease: uninstall one of them"),
        ("far = nowhere:Far", r"model far of the package lastly-models cannot be loaded: .*'nowhere'"),
        ("far = lastly:Far", r"model far of the package lastly-models cannot be loaded: .*'Far'"),
        ("none = lastly:Nothing", "model none of the package lastly-models has no settings_type"),
        ("newest = lastly:Last", "of the section 'last': that must be the model's name"),
        ("last = lastly:NeitherOf", "has no fit, as a counted model does, and is no SessionModel"),
    ],
)
def test_what_is_wrong_with_it_is_one_line_that_names_its_package(
    install: Install, points: str, says: str
) -> None:
    install(points)
    with pytest.raises(SettingsError, match=says) as told:
        model_entry(points.split()[0]).load()
    assert "\n" not in str(told.value)


def test_a_model_is_one_file_and_one_line(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe can set it, although no other list names it."""
    install("")
    before = sections()
    with pytest.raises(SettingsError, match=r"no section \[last\]"):
        read_recipe(overrides=["last.bonus=3"])
    monkeypatch.setitem(MODELS.own, "last", Entry("lastly:Last"))
    assert sections() == [*before, "last"]
    kind = model_entry("last").load()
    assert read_recipe(overrides=["last.bonus=3"]).get(kind.settings_type).bonus == 3


@pytest.mark.parametrize("name", ["narm", "blend"])
def test_a_blend_is_of_counted_models(dataset: Dataset, name: str) -> None:
    with pytest.raises(SettingsError, match=rf"\[blend\] {name}: a blend takes counted models"):
        Blend.fit(dataset, BlendSettings(games=("markov", name)), "fit")
