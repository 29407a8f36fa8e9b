"""A working database leaves nothing, not even after a kill."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from srec.errors import SRecError
from srec.store.connections.scratch import scratch

_HOLD = """
import sys
from srec.store.connections.scratch import scratch
with scratch(None, None, otherwise=""):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_what_a_kill_left_is_cleared_up_and_what_is_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    env = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        (theirs,) = tmp_path.iterdir()
        with scratch(None, None, otherwise=""):
            assert len(list(tmp_path.iterdir())) == 2
        assert list(tmp_path.iterdir()) == [theirs]
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with scratch(None, None, otherwise="") as connection:
        assert not theirs.exists()
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_it_is_one_line(tmp_path: Path) -> None:
    said = "^nothing is written; the database said: "
    with (
        pytest.raises(SRecError, match=said) as caught,
        scratch("1GB", 1, otherwise="nothing is written") as connection,
    ):
        connection.execute("SELECT nonsense")
    assert "\n" not in str(caught.value)
