"""Commands of other packages: listed and run where they work, one line where they do not."""

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest
import typer
from typer.testing import CliRunner

from srec.cli import app
from srec.errors import SRecError

theirs = typer.Typer(help="Commands of somebody else.")


@theirs.command()
def greet() -> None:
    """Say hello."""
    typer.echo("hello")


@theirs.command()
def leave() -> None:
    """Say goodbye."""
    typer.echo("goodbye")


@pytest.fixture
def _mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints(
        EntryPoint(name, value, "srec.commands")
        for name, value in (
            ("hello", f"{__name__}:theirs"),
            ("broken", "no.such.module:app"),
            ("train", f"{__name__}:theirs"),
        )
    )
    monkeypatch.setattr("srec.cli.mounted.entry_points", lambda **given: points.select(**given))


@pytest.mark.usefixtures("_mounted")
def test_they_are_listed_beside_srecs_own() -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0, shown.output
    assert "Commands of somebody else." in shown.output
    assert "cannot be loaded" in shown.output
    assert "Train a model" in shown.output, "none of theirs takes the place of one of SRec's"


@pytest.mark.usefixtures("_mounted")
def test_they_run() -> None:
    assert CliRunner().invoke(app, ["hello", "greet"]).output == "hello\n"


@pytest.mark.usefixtures("_mounted")
def test_a_broken_package_is_one_line_and_only_for_its_own_command() -> None:
    broken = CliRunner().invoke(app, ["broken", "anything", "--really"])
    assert isinstance(broken.exception, SRecError)
    assert str(broken.exception) == (
        "broken of the package no.such.module:app cannot be loaded: ModuleNotFoundError: No module named 'no'"
    )
    assert CliRunner().invoke(app, ["--version"]).exit_code == 0


def test_no_other_command_loads_them() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--version']\nfrom srec.cli import main\n"
        "try:\n    main()\nfinally:\n    print('srec_bench' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_benchmarks_are_listed_where_they_are_installed() -> None:
    pytest.importorskip("srec_bench", reason="the benchmarks are a package of their own")
    assert "bench" in CliRunner().invoke(app, ["--help"]).output
