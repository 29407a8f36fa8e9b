"""The documents speak of the code as it is: commands, settings, recipes, links."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from srec.recipes import read_recipe, sections, settings_types

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_the_sections_are_those_of_the_settings() -> None:
    assert [kind.section for kind in settings_types()] == sections()


def test_every_setting_says_what_it_is() -> None:
    for kind in settings_types():
        for name, field in kind.model_fields.items():
            assert field.description, f"{kind.section}.{name}"


@pytest.mark.parametrize("recipe", sorted((ROOT / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_fits(recipe: Path) -> None:
    read = read_recipe(recipe)
    differing = [kind for kind in settings_types() if read.get(kind) != kind()]
    assert differing, "a recipe that changes nothing is not needed"


@pytest.mark.parametrize(
    "writer", [["docs/reference.py"], ["-m", "srec_bench.docs"]], ids=["reference", "results"]
)
def test_what_is_generated_is_up_to_date(writer: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *writer, "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def blocks(page: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_documents_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for block in blocks(page):
        joined = block.replace("\\\n", " ")
        for line in joined.splitlines():
            words = line.split()
            if words[:1] == ["make"]:
                assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), line
            if words[:1] == ["srec"]:
                assert_srec(words[1:])


def assert_srec(words: list[str]) -> None:
    """The command is there, and so is every option that stands in the line."""
    done = subprocess.run(
        [sys.executable, "-m", "srec", *words[: 2 if words[0] in ("bench", "store") else 1], "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "PATH": "", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert done.returncode == 0, words
    for word in words[1:]:
        if word.startswith("--"):
            assert word.split("=")[0] in done.stdout, (words, word)
