import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from srec.errors import SettingsError
from srec.settings import Recipe, Settings
from srec.training.settings import TrainingSettings


class Cake(Settings):
    section: ClassVar[str] = "cake"
    layers: int = 2
    flavour: str = "lemon"


def test_defaults_then_file_then_overrides(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text("[cake]\nlayers = 3\nflavour = 'plum'\n")
    assert Recipe(["cake"]).get(Cake) == Cake(layers=2, flavour="lemon")
    assert Recipe(["cake"], file).get(Cake) == Cake(layers=3, flavour="plum")
    assert Recipe(["cake"], file, ["cake.layers=5"]).get(Cake) == Cake(layers=5, flavour="plum")
    assert Recipe(["cake"], None, ["cake.flavour=dark chocolate"]).get(Cake).flavour == "dark chocolate"


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("[cake]\nlayer = 3\n", [], r"\[cake\] layer: .*; the keys are layers, flavour"),
        ("[cake]\nlayers = 'many'\n", [], r"\[cake\] layers: .*integer"),
        ("[pie]\n", [], r"no section \[pie\]; the sections are cake"),
        ("layers = 3\n", [], r"outside a \[section\]"),
        ("[cake\n", [], "recipe"),
        ("", ["layers=3"], "section.key=value"),
        ("", ["cake.layers"], "section.key=value"),
        ("", ["cake.size=3"], r"\[cake\] size"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, overrides: list[str], message: str) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        Recipe(["cake"], file, overrides).get(Cake)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        Recipe(["cake"], tmp_path / "absent.toml")


def test_settings_read_the_same_whether_given_or_left_out() -> None:
    """A begun run is recognised by the text of its settings: 30 instead of 30.0 would discard it."""
    given = Recipe(("training",), overrides=["training.checkpoint_seconds=30"]).get(TrainingSettings)
    assert given.model_dump_json() == TrainingSettings().model_dump_json()


def test_the_sections_are_known_without_the_parts_and_the_models() -> None:
    """This way ``srec --help``, and every command without them, starts at once."""
    code = """
import sys
import srec.cli
from srec.recipes import sections
assert {"training", "gce-gnn", "tag-scorer"} < set(sections())
assert not {"torch", "duckdb", "numpy", "sklearn"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
