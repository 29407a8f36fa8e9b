"""Progress is drawn where somebody can see it: in a terminal and in a notebook, or where it is asked for."""

import pytest
from rich import console as rich_console

from srec import progress
from srec.progress import console_for, counting_progress


def test_without_a_terminal_it_is_drawn_only_where_it_is_asked_for() -> None:
    assert console_for(None).quiet
    assert console_for(False).quiet
    assert not console_for(True).quiet


@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_shows_bars_with_its_widgets_and_lines_without(
    widgets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rich_console, "_is_jupyter", lambda: True)
    monkeypatch.setattr(progress, "find_spec", lambda name: object() if widgets else None)
    console = console_for(None)
    assert not console.quiet
    assert console.is_jupyter is widgets


def test_a_quiet_console_draws_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with counting_progress(console_for(False), "lists", 3) as watch:
        watch(3)
    assert capsys.readouterr().out == ""
