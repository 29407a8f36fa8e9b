"""Preparation says what makes a model pointless."""

from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from srec.cli import app
from srec.prepare.doubts import Size, doubts
from srec.simulate.world import SimulateSettings, simulate
from srec.store.ingest import choose_source, ingest


def test_each_doubt_says_what_to_change() -> None:
    assert list(doubts(Size(users=500, games=90, left=0.6, tested=800, people=None))) == []
    assert list(doubts(Size(users=500, games=90, left=None, tested=None, people=80))) == []
    found = list(doubts(Size(users=9, games=4, left=0.1, tested=2, people=3)))
    assert [line.partition(":")[0] for line in found] == [
        "only 4 games are left",
        "only 9 users are left",
        "only 10% of what users like is left",
        "only 2 games are left to test on",
        "only 3 people are held out to measure on",
    ]
    assert all("prepare." in line for line in found)


def test_a_catalogue_that_lacks_names_or_tags_is_doubted() -> None:
    enough = Size(users=500, games=200, left=0.6, tested=800, people=None)
    assert list(doubts(replace(enough, nameless=2, tagless=100))) == []
    assert [line.partition(":")[0] for line in doubts(replace(enough, nameless=200, tagless=101))] == [
        "no game has a name",
        "101 of 200 games have no tags",
    ]
    assert "3 of 200 games have no name" in next(doubts(replace(enough, nameless=3)))


def test_the_defaults_on_a_small_shop_are_doubted_aloud(tmp_path: Path) -> None:
    simulate(tmp_path / "world", SimulateSettings(reviews=3000, games=80))
    ingest(tmp_path / "store.duckdb", choose_source(tmp_path / "world", "simulated"))
    line = [
        "prepare",
        str(tmp_path / "store.duckdb"),
        str(tmp_path / "data"),
        "--set",
        "prepare.popular_games=0",
    ]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, done.output
    assert "games are left to test on: the figures are chance" in done.output.replace("\n", " ")
    quiet = CliRunner().invoke(
        app, [*line[:2], str(tmp_path / "users"), *line[3:], "--set", "prepare.split=users"]
    )
    assert "to test on" not in quiet.output.replace("\n", " ")
