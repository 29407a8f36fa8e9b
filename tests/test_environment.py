"""A result's record of its machine, and `srec doctor` on an installation."""

import json
from pathlib import Path

import numpy as np
import pytest

from srec.environment import Environment, FlatEnvironment, Library, libraries
from srec.results import Result

ABSENT = "srec-needs-no-such-library"


def test_versions_are_told_of_what_is_installed_and_of_nothing_else() -> None:
    found = Environment.here("pytest", ABSENT).versions
    assert found["numpy"] == np.__version__
    assert found["pytest"] == pytest.__version__
    assert ABSENT not in found


class Made(Result):
    environment: FlatEnvironment


def test_a_flat_file_gives_the_environment_back(tmp_path: Path) -> None:
    here = Environment.here("pytest")
    Made(environment=here).write(tmp_path / "made.json")
    written = json.loads((tmp_path / "made.json").read_text(encoding="utf-8"))["environment"]
    assert list(written)[:5] == ["date", "python", "machine", "processor", "cores"]
    assert list(written)[-1] == "source"
    assert written["numpy"] == np.__version__
    assert Made.read(tmp_path / "made.json").environment == here
    del written["processor"]
    (tmp_path / "older.json").write_text(json.dumps({"version": 1, "environment": written}), encoding="utf-8")
    older = Made.read(tmp_path / "older.json")
    assert older.environment.processor is None
    assert older.model_dump(mode="json")["environment"] == written


@pytest.mark.parametrize(
    "text",
    [
        "numpy",
        "numpy>=2.0,<99",
        "numpy ~= 2.0 ; python_version >= '3.11'",
        "numpy[one,two]>=1; extra != 'never'",
        "numpy @ https://example.org/numpy.whl",
    ],
)
def test_a_requirement_is_known_by_its_name_however_it_is_written(text: str) -> None:
    assert libraries([text], ["train"]) == [Library("numpy", np.__version__, ())]


def test_a_library_of_extras_says_which_bring_it() -> None:
    texts = [
        f"{ABSENT}>=2; extra == 'crawl'",
        f"{ABSENT}>=2; sys_platform != 'nowhere' and extra == \"test\"",
        f"{ABSENT}>=2; sys_platform == 'nowhere' and extra == 'train'",
    ]
    assert libraries(texts, ["crawl", "test", "train"]) == [Library(ABSENT, None, ("crawl", "test"))]


@pytest.mark.parametrize(
    "texts", [[f"{ABSENT}; extra == 'crawl'", ABSENT], [ABSENT, f"{ABSENT}; extra == 'crawl'"]]
)
def test_what_every_installation_needs_is_of_no_extra(texts: list[str]) -> None:
    assert libraries(texts, ["crawl"]) == [Library(ABSENT, None, ())]


def test_what_another_platform_needs_is_left_out() -> None:
    assert libraries(["numpy; sys_platform == 'nowhere'"], ["train"]) == []
