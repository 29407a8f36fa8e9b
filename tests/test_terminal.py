"""Names from elsewhere are shown in a terminal, and never obeyed by it."""

import io
import subprocess
import sys

import pytest
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from srec.terminal import PlainConsole, visible

EVIL = "A\x1b[31mB\x1b]0;title\x07\x9b2J\r\u202eC\u2066D\x7f"
OBEYED = set("\x07\x08\r\x7f\x9b\u202e\u2066")


def terminal() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return PlainConsole(file=written, force_terminal=True, width=200, color_system=None), written


def test_control_characters_are_visible() -> None:
    assert visible(EVIL) == "A␛[31mB␛]0;title␇\\u009b2J␍\\u202eC\\u2066D␡"
    assert visible("Łódź ™ 漢字 — ok\nnext") == "Łódź ™ 漢字 — ok\nnext"


@pytest.mark.parametrize("how", ["line", "markup", "table", "progress"])
def test_nothing_that_is_printed_is_obeyed(how: str) -> None:
    console, written = terminal()
    if how == "line":
        console.print(EVIL, markup=False)
    elif how == "markup":
        console.print(f"[bold]{escape(EVIL)}[/]")
    elif how == "table":
        table = Table("name")
        table.add_row(escape(EVIL))
        console.print(table)
    else:
        with Progress(console=console) as bar:
            bar.add_task(escape(EVIL), total=2)
    text = written.getvalue()
    assert "␛[31mB" in text
    assert "\x1b[31mB" not in text
    assert "\x1b]" not in text
    # Rich moves the cursor of a bar itself, and nothing else does.
    assert not (OBEYED - {"\r"} if how == "progress" else OBEYED) & set(text)


def test_an_error_names_a_file_without_obeying_its_name() -> None:
    command = [sys.executable, "-m", "srec", "train", f"/no/{EVIL.replace(chr(0), '')}", "out"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "\x1b" not in ended.stderr
    assert "␛[31mB" in ended.stderr
