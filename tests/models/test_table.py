"""The table of models, and the models of other packages in it."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path

import plugins
import pytest

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.models import MODELS, Entry, model_entry
from srec.models.blend import Blend, BlendSettings
from srec.recipes import read_recipe, sections, settings_types
from srec.testing.toys import chains, write_dataset

Install = Callable[[str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    return partial(plugins.install, tmp_path, monkeypatch)


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
    assert {name.removesuffix(" places") for name in blend.weights} == {"markov", "last"}


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ("ease = lastly:Last", "srec and lastly-models both have a model named ease: uninstall one of them"),
        ("far = nowhere:Far", r"model far of the package lastly-models cannot be loaded: .*'nowhere'"),
        ("far = lastly:Far", r"model far of the package lastly-models cannot be loaded: .*'Far'"),
        ("none = lastly:Nothing", "model none of the package lastly-models has no settings_type"),
        ("newest = lastly:Last", "of the section 'last': that must be the model's name"),
        ("last = lastly:NeitherOf", "has no fit, as a counted model does, and is no SessionModel"),
        ("last = lastly:OnlyOnSundays", "has only = 'sundays': it can be repeats or games"),
    ],
)
def test_what_is_wrong_with_it_is_one_line_that_names_its_package(
    install: Install, points: str, says: str
) -> None:
    install(points)
    with pytest.raises(SettingsError, match=says) as told:
        model_entry(points.split()[0]).load()
    assert "\n" not in str(told.value)


def test_its_class_says_what_it_needs(install: Install, dataset: Dataset) -> None:
    bare = Dataset.from_sessions([[1, 2, 3], [3, 1, 2]], test=[([1], 2)])
    install("last = lastly:LastOfGames")
    assert model_entry("last").fits(dataset)
    assert not model_entry("last").fits(bare)


def test_a_broken_one_is_left_out_and_named_where_nobody_asked_for_it(install: Install) -> None:
    own, told = list(MODELS), list[str]()
    install("last = lastly:Last\nfar = nowhere:Far\nmarkov = lastly:Last")
    assert list(MODELS) == [*own, "last", "far"]
    assert list(MODELS.loadable(told.append)) == [*(name for name in own if name != "markov"), "last"]
    assert len(told) == 2
    assert "left out: srec and lastly-models both have a model named markov: uninstall one of them" in told
    assert any("model far of the package lastly-models cannot be loaded" in line for line in told)
    assert "last" in [kind.section for kind in settings_types()]
    assert read_recipe(overrides=["last.bonus=3", "markov.x=1"])


def test_the_packages_are_looked_through_once_for_a_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes milliseconds where a hundred packages are installed."""
    looks: list[dict[str, str]] = []
    real = metadata.entry_points
    monkeypatch.setattr("srec.models.entry_points", lambda **given: looks.append(given) or real(**given))
    for asking in (read_recipe, MODELS.items, MODELS.loadable, lambda: model_entry("ease")):
        looks.clear()
        asking()
        assert len(looks) == 1


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
    with pytest.raises(SettingsError, match=rf"\[blend\] {name}: a blend counts counted models only"):
        Blend.fit(dataset, BlendSettings(games=("markov", name)), "fit")
