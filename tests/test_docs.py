"""The documents match the code: commands, settings, recipes, files, links and examples."""

import doctest
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

import srec
from srec.cli import app
from srec.recipes import read_recipe, sections, settings_types

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")],
    key=lambda page: page.relative_to(ROOT).as_posix(),
)
#: Handwritten pages with examples to follow; the reference is generated.
WALKS = sorted([*(DOCS / "tutorial").glob("*.md"), *(DOCS / "how-to").glob("*.md")])
#: The examples run as they are printed, with smaller sizes: nothing is simulated or trained for long.
TINY = """
from srec.prepare.interactions import PrepareSettings
from srec.simulate.world import SimulateSettings
from srec.training.settings import TrainingSettings
sizes = {
    SimulateSettings: {"reviews": 2000},
    PrepareSettings: {"popular_games": 0, "test_days": 300.0, "valid_days": 300.0},
    TrainingSettings: {"epochs": 1},
}
for kind, defaults in sizes.items():
    for name, value in defaults.items():
        kind.model_fields[name].default = value
    kind.model_rebuild(force=True)
"""


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def command_names() -> list[str]:
    group: Any = typer.main.get_command(app)
    found = []
    for name in group.list_commands(None):
        one = group.get_command(None, name)
        found += [f"{name} {inner}" for inner in one.commands] if hasattr(one, "commands") else [name]
    return found


def test_the_sections_are_those_of_the_settings() -> None:
    assert [kind.section for kind in settings_types()] == sections()


def test_every_setting_says_what_it_is() -> None:
    for kind in settings_types():
        for name, field in kind.model_fields.items():
            assert field.description, f"{kind.section}.{name}"


def test_every_setting_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    for kind in settings_types():
        _, _, section = page.partition(f"## `[{kind.section}]`\n")
        section = section.partition("\n## ")[0]
        assert section, kind.section
        for name in kind.model_fields:
            assert f"| `{name}` |" in section, f"{kind.section}.{name}"


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


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(DOCS)], ids=named)
def test_a_page_of_the_site_links_to_pages_and_result_files_only(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            there = (page.parent / target).resolve()
            assert there.is_relative_to(DOCS) or there.is_relative_to(ROOT / "benchmarks" / "results"), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_exists(page: Path) -> None:
    rooms = "srec|benchmarks|tests|docs|native|recipes|runs|examples"
    for path in re.findall(rf"`((?:{rooms})/[\w./-]*)`", page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_in_the_documents_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.split()
            if words[:1] == ["make"]:
                assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), line
            if words[:1] == ["srec"]:
                assert_srec(words[1:])
            if "srec" in words and words[:1] == ["torchrun"]:
                assert_srec(words[words.index("srec") + 1 :])


def assert_srec(words: list[str]) -> None:
    """The command exists, and so does every option in the line."""
    name = " ".join(words[: 2 if words[0] in ("bench", "models", "store") else 1])
    command: Any = typer.main.get_command(app)
    for word in name.split():
        command = command.get_command(None, word)
        assert command is not None, words
    options = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in options, (words, word)


@pytest.mark.parametrize("name", command_names())
def test_every_command_is_shown_on_a_page_and_listed_in_the_reference(name: str) -> None:
    shown = [block for page in WALKS for block in blocks(page, "sh")]
    assert any(re.search(rf"^srec {name}\b", block, re.MULTILINE) for block in shown)
    assert f"## `srec {name}`" in (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    assert len(srec.__all__) >= 12
    for name in srec.__all__:
        assert f"## `srec.{name}`" in page


def test_the_readmes_example_is_the_first_of_the_page_on_python() -> None:
    assert blocks(ROOT / "README.md", "python") == blocks(DOCS / "how-to" / "python.md", "python")[:1]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [page for page in DOCS.rglob("*.md") if blocks(page, "python")], ids=named)
def test_every_example_in_python_runs(page: Path, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(
        TINY + "\n".join(blocks(page, "python")).replace("20_000", "2_000"), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_example_of_the_reference_gives_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    known = {"srec": srec, **{name: getattr(srec, name) for name in srec.__all__}}
    for section in (DOCS / "reference" / "api.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        examples = "\n".join(re.findall(r"^```pycon\n(.*?)^```", section, re.DOTALL | re.MULTILINE))
        test = doctest.DocTestParser().get_doctest(examples, dict(known), section.split()[0], None, None)
        told: list[str] = []
        done = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
        assert done.failed == 0, "".join(told)


def test_the_readme_fits_in_120_lines_and_begins_with_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    _, _, section = text.partition("## Two commands\n")
    assert re.findall(r"^make (\w+)$", section.partition("\n## ")[0], re.MULTILINE) == ["demo", "test"]


def test_nothing_tells_a_reader_to_look_outside_of_the_project() -> None:
    files = [*PAGES, ROOT / "Makefile", *(ROOT / "runs").iterdir(), *(ROOT / "recipes").iterdir()]
    for file in files:
        assert "../shared" not in file.read_text(encoding="utf-8"), file


def test_one_version_everywhere() -> None:
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == srec.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+)\] - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)
    assert newest
    assert newest[1] == srec.__version__
    for project in (ROOT / "pyproject.toml", ROOT / "benchmarks" / "pyproject.toml"):
        described = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        assert described.get("version", srec.__version__) == srec.__version__
