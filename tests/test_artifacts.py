import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from srec.artifacts import fingerprint, is_current, read_manifest, verify, write_directory
from srec.errors import ArtifactError


def write(target: Path, text: str = "hello", **given: object) -> None:
    with write_directory(target, "thing", 1, inputs={"a": "1"}, parameters={"p": 2}) as draft:
        (draft.path / "sub").mkdir()
        (draft.path / "sub" / "file.txt").write_text(text)
        draft.facts.update(given)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_a_directory_appears_whole_with_its_facts(tmp_path: Path) -> None:
    write(tmp_path / "x", rows=3)
    manifest = verify(tmp_path / "x", "thing", 1)
    assert manifest["rows"] == 3
    assert manifest["inputs"] == {"a": "1"}
    # sha256 of "hello"
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert manifest["files"] == {"sub/file.txt": {"bytes": 5, "sha256": digest}}
    assert leftovers(tmp_path) == []


def test_an_error_leaves_the_old_directory(tmp_path: Path) -> None:
    write(tmp_path / "x", "old")
    with (
        pytest.raises(ZeroDivisionError),
        write_directory(tmp_path / "x", "thing", 1) as draft,
    ):
        (draft.path / "file.txt").write_text("new")
        raise ZeroDivisionError
    assert (tmp_path / "x" / "sub" / "file.txt").read_text() == "old"
    assert leftovers(tmp_path) == []


def test_a_complete_directory_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "x", "old")
    before = fingerprint(tmp_path / "x")
    write(tmp_path / "x", "new")
    assert (tmp_path / "x" / "sub" / "file.txt").read_text() == "new"
    assert fingerprint(tmp_path / "x") != before


def test_what_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").write_text("dear")
    with pytest.raises(ArtifactError, match="move it away"):
        write(tmp_path / "home")
    assert (tmp_path / "home" / "letters.txt").read_text() == "dear"


def test_another_kind_is_never_replaced(tmp_path: Path) -> None:
    write(tmp_path / "x")
    with (
        pytest.raises(ArtifactError, match="exists and is not a dataset directory"),
        write_directory(tmp_path / "x", "dataset", 1),
    ):
        pass
    verify(tmp_path / "x", "thing", 1)


def test_the_manifest_of_a_web_page_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text('{"name": "my page"}')
    (tmp_path / "site" / "index.html").write_text("dear")
    with pytest.raises(ArtifactError, match="move it away"):
        write(tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == "dear"


def test_a_kill_while_writing_leaves_nothing_at_the_target(tmp_path: Path) -> None:
    script = (
        "import os, signal, pathlib, sys\n"
        "from srec.artifacts import write_directory\n"
        "with write_directory(pathlib.Path(sys.argv[1]), 'thing', 1) as draft:\n"
        "    (draft.path / 'file.txt').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "x")], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "x").exists()
    # The next writer removes its leftovers, but not another writer's current work.
    assert len(leftovers(tmp_path)) == 1
    with write_directory(tmp_path / "x", "thing", 1) as draft:
        write(tmp_path / "x")
        assert leftovers(tmp_path) == [draft.path.name]
    assert leftovers(tmp_path) == []


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(bytes(data))


def leave_the_directory(path: Path) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["files"]["../secret"] = {"bytes": 0, "sha256": ""}
    del manifest["sha256"]  # as before manifests had one
    (path / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: flip_a_bit(path / "sub" / "file.txt"), "checksum differs"),
        (lambda path: (path / "sub" / "file.txt").write_text("hell"), "checksum differs"),
        (lambda path: (path / "sub" / "file.txt").unlink(), "lacks sub/file.txt"),
        (lambda path: (path / "manifest.json").unlink(), "has no manifest.json"),
        (lambda path: (path / "manifest.json").write_text("{"), "cannot be read"),
        (leave_the_directory, "outside its directory"),
    ],
)
def test_a_damaged_directory_is_refused(tmp_path: Path, harm: object, message: str) -> None:
    write(tmp_path / "x")
    assert callable(harm)
    harm(tmp_path / "x")
    with pytest.raises(ArtifactError, match=message):
        verify(tmp_path / "x", "thing", 1)


def test_another_kind_or_version_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "x")
    with pytest.raises(ArtifactError, match="not a bundle"):
        read_manifest(tmp_path / "x", "bundle", 1)
    with pytest.raises(ArtifactError, match="format version 1; this program reads version 2"):
        read_manifest(tmp_path / "x", "thing", 2)


def test_current_means_the_same_inputs_and_parameters(tmp_path: Path) -> None:
    target = tmp_path / "x"
    write(target)
    same = {"inputs": {"a": "1"}, "parameters": {"p": 2}}
    assert is_current(target, "thing", 1, **same)
    assert not is_current(target, "thing", 1, **{**same, "inputs": {"a": "2"}})
    assert not is_current(target, "thing", 1, **{**same, "parameters": {"p": 3}})
    assert not is_current(tmp_path / "y", "thing", 1, **same)
    with pytest.raises(ArtifactError, match="exists and is not a dataset directory"):
        is_current(target, "dataset", 1, **same)
