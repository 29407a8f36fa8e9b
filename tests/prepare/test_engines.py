"""The table of engines: options reach the one that takes them, and no other."""

import inspect
from pathlib import Path
from typing import Any

import pytest

import srec
from srec.errors import SettingsError
from srec.prepare.engines import ENGINES, preparing


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="there is no engine 'flink'; the engines are duckdb, spark"):
        preparing("flink")


@pytest.mark.parametrize(
    ("engine", "options", "said"),
    [
        ("spark", {"memory_limit": "2GB"}, r"spark has no use for a memory limit \(--memory\)"),
        ("spark", {"threads": 2}, r"spark has no use for a number of threads \(--threads\)"),
        ("spark", {"update": True}, r"spark has no use for an update \(--update\)"),
        ("duckdb", {"master": "local[*]"}, r"duckdb has no use for a master \(--master\)"),
        ("duckdb", {"scratch": "x"}, r"duckdb has no use for a scratch folder \(--scratch\)"),
    ],
)
def test_an_option_of_another_engine_is_refused(
    engine: str, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    if engine == "spark":
        pytest.importorskip("pyspark", reason="the extra spark is not installed")
    with pytest.raises(SettingsError, match=said):
        srec.prepare("store.duckdb", tmp_path / "dataset", engine=engine, progress=False, **options)
    assert not list(tmp_path.iterdir())


def test_what_is_not_given_is_left_to_the_engine() -> None:
    prepare = preparing("duckdb", memory_limit=None, threads=3, master=None)
    assert prepare.keywords == {"threads": 3}
    assert inspect.signature(prepare.func).parameters["memory_limit"].default == "2GB"


def test_an_engine_is_one_line_of_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(ENGINES, "mine", f"{__name__}:prepare_nothing")
    found: Any = srec.prepare("here", tmp_path, engine="mine", scratch="there", progress=False)
    assert found == ("here", tmp_path, "there")


def prepare_nothing(store: str, target: Path, settings: Any, *, scratch: str, **rest: Any) -> Any:
    assert set(rest) == {"tags", "context", "note"}
    return store, target, scratch
