"""The notebooks run from top to bottom in an empty folder."""

import ast
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples" / "notebooks").glob("*.ipynb"))


def cells(notebook: Path) -> list[str]:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]


def run(source: str, name: str, namespace: dict[str, Any]) -> Any:
    """Run a cell; the value of its last expression, which a notebook would show."""
    tree = ast.parse(source, name)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(last, name, "eval"), namespace) if last else None


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_its_first_cell_to_its_last(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # FastAPI and pydantic look annotations up in the module that a class or a function names.
    module = ModuleType("notebook")
    monkeypatch.setitem(sys.modules, "notebook", module)
    shown = [
        run(source, f"{notebook.name}, cell {at}", vars(module)) for at, source in enumerate(cells(notebook))
    ]
    assert any(value is not None for value in shown)
    assert shown[-1] is not None or notebook.stem == "a_model_of_your_own"


def test_what_is_simulated_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the cells up to the dataset: a frame does not say where its rows come from."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    for at, source in enumerate(cells(NOTEBOOKS[1])[:4]):
        run(source, f"cell {at}", namespace)
    assert namespace["dataset"].simulated


def test_there_are_three_and_the_first_has_ten_cells() -> None:
    assert len(NOTEBOOKS) == 3
    assert len(cells(NOTEBOOKS[1])) == 10


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_names_a_folder_of_its_writer(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    for folder in (Path.home(), Path(__file__).parents[1], Path(tempfile.gettempdir())):
        assert str(folder) not in text, folder
