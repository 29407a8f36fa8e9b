"""Unfinished work is resumed if its inputs are the same, and discarded if they are not."""

import json
from pathlib import Path

import pytest

from srec.partial import MARKER, begin

WANTED = {"source": "abc", "sizes": (1, 2), "k": 10}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Work that began with two threads, with its files so far."""
    path = tmp_path / "deep" / "answers.partial"
    assert begin(path, WANTED, {"threads": 2}) == {"threads": 2}
    (path / "000000.parquet").touch()
    (path / "shards").mkdir()
    (path / "shards" / "one").touch()
    return path


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_the_same_work_goes_on_with_what_it_was_begun_with(folder: Path) -> None:
    assert begin(folder, WANTED, {"threads": 1}) == {"threads": 2}
    assert names(folder) == {MARKER, "000000.parquet", "shards"}


@pytest.mark.parametrize("other", [WANTED | {"k": 11}, {"k": 10}, WANTED | {"more": None}, {}])
def test_other_work_begins_anew(folder: Path, other: dict[str, object]) -> None:
    assert begin(folder, other, {"threads": 1}) == {"threads": 1}
    assert names(folder) == {MARKER}
    assert begin(folder, other, {"threads": 3}) == {"threads": 1}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"k": 10}'])
def test_work_whose_marker_is_damaged_begins_anew(folder: Path, text: str) -> None:
    (folder / MARKER).write_text(text)
    assert begin(folder, WANTED, {"threads": 1}) == {"threads": 1}
    assert names(folder) == {MARKER}


def test_work_without_a_marker_begins_anew(folder: Path) -> None:
    (folder / MARKER).unlink()
    assert begin(folder, WANTED) == {}
    assert names(folder) == {MARKER}


def test_a_marker_of_an_older_version_lacks_what_is_kept_and_goes_on(folder: Path) -> None:
    (folder / MARKER).write_text(json.dumps(WANTED, sort_keys=True))
    assert begin(folder, WANTED, {"threads": 3}) == {"threads": 3}
    assert "000000.parquet" in names(folder)


def test_the_marker_has_the_same_text_for_the_same_work(folder: Path) -> None:
    text = '{"k": 10, "sizes": [1, 2], "source": "abc", "threads": 2}'
    assert (folder / MARKER).read_text() == text
