"""Unfinished work is resumed if its inputs are the same, and discarded if they are not."""

import json
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from srec import partial
from srec.errors import ArtifactError
from srec.locks import remove
from srec.partial import MARKER, begin, finish, hold

WANTED = {"source": "abc", "sizes": (1, 2), "k": 10}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Work that began with two threads, with its files so far."""
    path = tmp_path / "deep" / "answers.partial"
    path.mkdir(parents=True)
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


def test_a_folder_that_somebody_else_made_is_left_as_it_is(folder: Path) -> None:
    (folder / MARKER).unlink()
    there = names(folder)
    with pytest.raises(ArtifactError, match="SRec did not make what is there: move it away"):
        begin(folder, WANTED)
    assert names(folder) == there
    (folder.parent / "file.partial").write_text("mine")
    with pytest.raises(ArtifactError, match="move it away"), ExitStack() as held:
        hold(folder.parent / "file.partial", held)


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_a_kill_while_work_is_discarded_or_finished_leaves_what_is_known_as_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    for stop in (lambda: begin(folder, {"k": 11}), lambda: finish(folder)):
        left = iter(range(removed))
        monkeypatch.setattr(partial, "remove", lambda path, left=left: (next(left), remove(path)))
        with suppress(StopIteration):
            stop()
        monkeypatch.undo()
        if folder.exists():
            begin(folder, {"k": 12})
            assert names(folder) == {MARKER}


def test_a_folder_is_held_by_one(folder: Path) -> None:
    with ExitStack() as one, ExitStack() as other:
        assert hold(folder, one)
        assert not hold(folder, other)
        finish(folder)
        assert hold(folder, other), "the folder that is locked is gone, and this is another"


def test_a_marker_of_an_older_version_lacks_what_is_kept_and_goes_on(folder: Path) -> None:
    (folder / MARKER).write_text(json.dumps(WANTED, sort_keys=True))
    assert begin(folder, WANTED, {"threads": 3}) == {"threads": 3}
    assert "000000.parquet" in names(folder)


def test_the_marker_has_the_same_text_for_the_same_work(folder: Path) -> None:
    text = '{"k": 10, "sizes": [1, 2], "source": "abc", "threads": 2}'
    assert (folder / MARKER).read_text() == text
