"""No command may call home, or leave anything in the home folder for a library's makers."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import typer
from bundles import write_toy_bundle
from srec_bench.privacy.commands import APART, commands, write_inputs

from srec.cli import app
from srec.inference.formats import format_module

COMMANDS = """
import sys, time
from typer.testing import CliRunner
from srec.cli import app
from srec_bench.privacy.commands import commands

for command in commands():
    if "aotinductor" not in command.words:  # compiling takes half a minute: srec bench privacy waits for it
        done = CliRunner().invoke(app, command.words, catch_exceptions=False)
        assert done.exit_code == 0, (command.words, done.output)
time.sleep(1)
"""


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that records the calls of the process that preloads it."""
    compiler = shutil.which("c++")
    assert compiler, "a C++ compiler is needed to listen to calls"
    library = tmp_path_factory.mktemp("listener") / "calls.so"
    source = Path(__file__).with_name("calls.cpp")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", str(source), "-o", str(library), "-ldl"], check=True)
    return library


def environment(listener: Path, home: Path, calls: Path) -> dict[str, str]:
    """A person's environment: an empty home, and no CI variable, which quiets some libraries."""
    kept = {key: value for key, value in os.environ.items() if key not in {"CI", "ORT_DISABLE_TELEMETRY"}}
    home.mkdir()
    return kept | {"HOME": str(home), "LD_PRELOAD": str(listener), "CALLS": str(calls)}


def left_in(home: Path) -> list[str]:
    return sorted(file.relative_to(home).as_posix() for file in home.rglob("*") if file.is_file())


def test_the_listener_hears_a_call_and_the_library_that_makes_it(listener: Path, tmp_path: Path) -> None:
    """Without this test, the next one could pass because nobody listens."""
    calls, home = tmp_path / "calls", tmp_path / "home"
    code = "import socket; socket.getaddrinfo('localhost', 80)"
    subprocess.run([sys.executable, "-c", code], env=environment(listener, home, calls), check=True)
    assert "asks for localhost" in calls.read_text()


def test_no_command_calls_home_or_leaves_anything_there(listener: Path, tmp_path: Path) -> None:
    work, home, spare = (tmp_path / name for name in ("work", "home", "spare"))
    work.mkdir()
    spare.mkdir()
    write_inputs(work)
    calls = tmp_path / "calls"
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        env=environment(listener, home, calls) | {"TMPDIR": str(spare)},
        cwd=work,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not calls.exists(), calls.read_text()
    assert left_in(home) == left_in(spare) == []
    assert format_module("openvino").open_encoder(work / "openvino") is not None


def test_every_command_is_watched_or_says_why_not() -> None:
    root: Any = typer.main.get_command(app)
    names = set[str]()
    for name in root.list_commands(None):
        inner = getattr(root.get_command(None, name), "commands", {}) if name != "bench" else {}
        names |= {f"{name} {one}" for one in inner} or {name}
    assert {command.name for command in commands()} | set(APART) == names
    assert not {command.name for command in commands()} & set(APART)


def test_a_server_calls_nobody(listener: Path, tmp_path: Path) -> None:
    """It listens, answers, and ends; within that time ONNX Runtime had asked for its maker's address."""
    bundle = write_toy_bundle(tmp_path / "bundle")
    calls, home = tmp_path / "calls", tmp_path / "home"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "srec", "serve", str(bundle), "--port", str(port)]
    server = subprocess.Popen(command, env=environment(listener, home, calls))
    try:
        answered = False
        for _ in range(300):
            with suppress(ConnectionError, URLError), urlopen(f"http://127.0.0.1:{port}/health") as answer:
                answered = answer.status == 200
                break
            time.sleep(0.1)
        assert answered
        time.sleep(2)
    finally:
        server.terminate()
        server.wait(timeout=30)
    asked = calls.read_text() if calls.exists() else ""
    # It looks up the address that it is told to listen on.
    assert set(asked.splitlines()) <= {"asks for 127.0.0.1"}
    assert left_in(home) == []
