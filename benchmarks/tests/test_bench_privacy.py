"""The watch sees what it must: a silent one would find nothing foreign either."""

import shutil
import sys
from pathlib import Path

import pytest
from srec_bench.privacy.commands import line
from srec_bench.privacy.result import PrivacyResult, WatchedCommand
from srec_bench.privacy.watch import Watch

NAUGHTY = """
import os, pathlib, socket, subprocess
pathlib.Path("mine").write_text("asked for")
pathlib.Path(os.environ["HOME"], "id").write_text("who you are")
pathlib.Path(os.environ["TMPDIR"], "left").mkdir()
pathlib.Path(os.environ["TMPDIR"], "gone").mkdir()
pathlib.Path(os.environ["TMPDIR"], "gone").rmdir()
os.rename("mine", os.environ["OTHER"])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.connect(("127.0.0.1", 9))
print("CI" in os.environ)
"""


@pytest.fixture(params=["with strace", "Python alone"])
def watch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    if request.param == "Python alone":
        monkeypatch.setattr("srec_bench.privacy.watch.shutil.which", lambda name: None)
    elif not shutil.which("strace"):
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    folders = [tmp_path / name for name in ("work", "home", "tmp", "told")]
    for folder in folders:
        folder.mkdir()
    return Watch(*folders)


def test_what_a_command_writes_and_calls_beyond_its_folder_is_foreign(watch: Watch, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    naughty = NAUGHTY.replace('os.environ["OTHER"]', repr(str(other)))
    seen = watch.run([sys.executable, "-c", naughty])
    assert watch.foreign(seen, {}) == [
        "connect 127.0.0.1:9",
        "leaves home/id",
        "leaves tmp/left",
        f"write {other}",
        f"write {watch.home / 'id'}",
    ]
    assert "connect 127.0.0.1:9" not in watch.foreign(seen, {"connect": {"127.0.0.1:*"}})
    assert watch.seen() == []


def test_a_command_that_keeps_to_its_folder_is_not(watch: Watch) -> None:
    seen = watch.run(
        line(["simulate", "world", "--set", "simulate.reviews=200", "--set", "simulate.games=16"])
    )
    assert any(one.whom.startswith(str(watch.folder / "world")) or ".world." in one.whom for one in seen)
    assert watch.foreign(seen, {}) == []


def test_anything_foreign_is_a_failure() -> None:
    sound = WatchedCommand(name="train", home="empty", seen=3, foreign=[])
    made = PrivacyResult.model_construct(commands=[sound])
    assert made.failure is None
    wrong = sound.model_copy(update={"foreign": ["ask example.org"]})
    assert "1 commands do more than they were told: train: ask example.org" in str(
        made.model_copy(update={"commands": [sound, wrong]}).failure
    )
