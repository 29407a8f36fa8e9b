"""The tutorial of the owner, executed from a shop's table to a watched model and back."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from served import free_port
from typer.testing import CliRunner
from waiting import until

from srec.cli import app
from srec.publishing.folder import Models

PAGE = Path(__file__).parents[1] / "docs" / "tutorial" / "owner.md"
LONGEST = 120  # seconds: the page says so


def steps() -> Iterator[tuple[str, str]]:
    """The page's examples in order, line by line: the language, and what is in it."""
    page = PAGE.read_text(encoding="utf-8")
    for language, text in re.findall(r"^```(sh|python)\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        if language == "python":
            yield language, text
        elif "pip install" not in text:  # make package installs it into an empty environment
            yield from ((language, line) for line in text.splitlines())


def answering(port: int) -> str | None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/version")
            return str(json.loads(connection.getresponse().read())["bundle"])
        except OSError:
            return None


def run(line: str) -> str:
    """What a line prints; SRec's own commands run here, where its libraries are imported already."""
    if line.startswith("srec "):
        done = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        assert done.exit_code == 0, (line, done.output)
        return done.output
    folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-euc", line], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (line, ran.stdout, ran.stderr)
    return ran.stdout


def test_the_owners_first_day_leads_to_a_watched_model_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    port, started, said = free_port(), time.monotonic(), list[tuple[str, str]]()
    models = Models(tmp_path / "models")

    def on_the_air() -> bool:
        return answering(port) == models.versions()[models.served()[-1] - 1].bundle

    with ExitStack() as running:
        for language, text in steps():
            line = text.replace("8000", str(port))
            if language == "python":
                Path("shop.py").write_text(text, encoding="utf-8")
            elif line.startswith("srec serve "):
                words = [sys.executable, "-m", *line.split()]
                server = running.enter_context(subprocess.Popen(words, stdout=subprocess.DEVNULL))
                running.callback(server.terminate)
                until(on_the_air)
            else:
                said.append((line, run(line)))
                if answering(port):
                    until(on_the_air)  # within a second, as the page says, and more on a busy machine
        assert time.monotonic() - started < LONGEST
    told = "\n".join(out for _, out in said)
    assert "users like two games or more" in told
    assert [line for line in told.splitlines() if line.startswith("published")] == [
        "published: version 1",
        "published: version 2",
    ]
    assert len(json.loads(next(out for line, out in said if "api/recommend" in line))["games"]) == 3
    figures = next(out for line, out in said if "/metrics" in line)
    assert "srec_shown_games_total 3.0" in figures
    assert "srec_swaps_total 1.0" in figures
    assert json.loads(next(out for line, out in said if "/version" in line))["bundle"] in told
    assert models.served() == [1]
    assert models.withdrawn() == [2]
