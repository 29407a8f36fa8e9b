"""``import srec``: a dozen lazy names, which take paths or objects and return objects."""

import copy
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import srec

NAMES = {
    "Bundle",
    "Dataset",
    "MODELS",
    "Recommender",
    "evaluate",
    "export",
    "ingest",
    "leaderboard",
    "open_store",
    "prepare",
    "simulate",
    "train",
}

#: What only the extra ``train`` brings.
TRAIN = ("duckdb", "jinja2", "matplotlib", "pyarrow", "safetensors", "scipy", "sklearn", "torch")


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_it_takes_no_time_and_loads_nothing() -> None:
    """The best of five: the machine may be busy."""
    code = (
        "import time, sys; begun = time.perf_counter(); import srec; spent = time.perf_counter() - begun;"
        "print(spent, *sorted({'torch', 'duckdb', 'numpy', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    found = [in_a_fresh_process(code).split() for _ in range(5)]
    assert all(loaded == [] for _, *loaded in found)
    assert min(float(spent) for spent, *_ in found) < 0.1


def test_it_shows_its_names() -> None:
    assert set(srec.__all__) == NAMES
    assert set(dir(srec)) >= NAMES
    for name in NAMES:
        assert getattr(srec, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'recommendd'"):
        srec.recommendd  # noqa: B018


def test_the_types_know_the_same_names() -> None:
    stub = Path(srec.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert all(f"import {name} as {name}" in stub for name in NAMES)


@pytest.mark.parametrize("name", ["prepare", "simulate"])
def test_a_room_of_the_same_name_is_the_function_and_the_package(name: str) -> None:
    """In either order: the package is imported first, or the front door is used first."""
    modules = {"prepare": "build", "simulate": "world"}
    inner = f"srec.{name}.{modules[name]}"
    for lines in (f"import {inner}; import srec", f"import srec; srec.{name}; import {inner}"):
        code = f"{lines}; from srec import {name}; print(callable({name}), {inner}.__name__)"
        assert in_a_fresh_process(code) == f"True {inner}"
    assert "progress" in inspect.signature(getattr(srec, name)).parameters


def test_a_room_that_is_called_can_be_sent_to_another_process() -> None:
    import srec.prepare.build

    assert copy.deepcopy(srec.prepare) is srec.prepare
    assert srec.prepare.__reduce__() == (import_module, ("srec.prepare",))


@pytest.mark.parametrize(
    "call",
    [
        "simulate('world')",
        "open_store('store.duckdb')",
        "ingest('store.duckdb', 'reviews.csv', source='table')",
        "prepare('store.duckdb', 'dataset')",
        "train('dataset', 'run')",
        "evaluate('dataset', 'report')",
        "leaderboard('dataset')",
        "export('dataset', 'run', 'bundle')",
    ],
)
def test_where_only_serving_is_installed_a_call_names_the_extra(call: str) -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({TRAIN}))\nimport srec, srec.errors\n"
        f"try:\n    srec.{call}\nexcept srec.errors.MissingLibrary as error:\n    print(error)"
    )
    assert in_a_fresh_process(code).endswith(": install the extra, pip install 'srec[train]'")


def test_every_function_documents_each_of_its_arguments() -> None:
    for name in NAMES - {"MODELS", "Bundle", "Dataset", "Recommender"}:
        function = inspect.unwrap(getattr(srec, name))
        doc = inspect.getdoc(function) or ""
        for parameter in inspect.signature(function).parameters:
            assert f"{parameter}:" in doc, f"{name} says nothing of {parameter}"


def test_the_whole_way_in_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths as texts and as objects; nothing is printed without a terminal or a notebook."""
    world = srec.simulate(str(tmp_path / "world"), {"reviews": 3000, "games": 60})
    store = tmp_path / "store.duckdb"
    assert srec.ingest(str(store), world, source="simulated").tables["reviews"].added > 2000
    with srec.open_store(store) as opened:
        assert opened.counts()["reviews"] > 2000
    windows = {"test_days": 300, "valid_days": 300, "popular_games": 0}
    dataset = srec.prepare(store, str(tmp_path / "dataset"), windows, tags={"dimension": 8})
    run = srec.train(
        str(dataset.path), tmp_path / "run", "sasrec", settings={"dimension": 8}, training={"epochs": 1}
    )
    report = srec.evaluate(dataset, tmp_path / "report", runs=[run.path])
    assert "run" in report.models
    bundle = srec.export(dataset, str(run.path), str(tmp_path / "bundle"))
    liked = [int(app_id) for app_id in dataset.app_ids[1:3]]
    answer = srec.Recommender(bundle).recommend(liked, k=5)
    again = srec.Recommender(str(bundle.path)).recommend(liked, k=5)
    assert [game.app_id for game in answer.games] == [game.app_id for game in again.games]
    assert len(answer.games) == 5
    assert capsys.readouterr().out == ""


def test_progress_is_shown_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = srec.Dataset.from_sessions([[1, 2, 3], [2, 3, 1], [3, 1, 2]] * 20, tmp_path / "dataset")
    small = {"settings": {"dimension": 8}, "training": {"epochs": 1}}
    srec.train(dataset, tmp_path / "quiet", "sasrec", **small, progress=False)
    assert capsys.readouterr().out == ""
    srec.train(dataset, tmp_path / "shown", "sasrec", **small, progress=True)
    assert "epoch 1" in capsys.readouterr().out
