"""``srec crawl``: the apps it is told, the key it keeps to itself, the stores it refuses."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawls import wrong
from fakes.steam import KEY, Steam
from fakes.steam_world import World
from typer.testing import CliRunner

from srec.cli import app as cli
from srec.crawl.crawl import Crawl
from srec.crawl.outcome import CrawlProgress, Outcome
from srec.crawl.run import crawl
from srec.crawl.steam import Endpoints
from srec.errors import SRecError
from srec.store.stores.duckdb import DuckDBStore


@pytest.fixture
def steam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steam]:
    with Steam(World(14, 4, 8)) as steam:
        monkeypatch.setattr("srec.crawl.run.Endpoints", lambda: Endpoints.at(steam.base))
        yield steam


def test_the_command_crawls_the_named_apps(steam: Steam, path: Path) -> None:
    done = CliRunner().invoke(cli, ["crawl", str(path), "30", "20", "--interval", "0"])
    assert done.exit_code == 0, done.output
    assert "2 of 2" in done.output
    with DuckDBStore.open(path) as store:
        assert store.counts()["games"] == 2
    done = CliRunner().invoke(
        cli, ["crawl", str(path), "30", "--interval", "0", "--budget", "1", "--refresh"]
    )
    assert done.exit_code == 0
    assert "the budget of 1 requests is spent" in done.output


def test_python_crawls_as_the_command_does(steam: Steam, path: Path) -> None:
    with pytest.raises(SRecError, match=r"name the apps to crawl, or give a Steam Web API key \(key, or"):
        crawl(path)
    assert not path.exists()
    seen: list[CrawlProgress] = []
    outcome = crawl(path, key=KEY, interval=0, watch=seen.append)
    assert outcome.whole
    assert (outcome.done, seen[-1].done) == (4, 4)
    assert not wrong(path, steam)


def test_an_interrupt_says_what_was_done(steam: Steam, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Crawl) -> Outcome:
        raise KeyboardInterrupt

    monkeypatch.setattr(Crawl, "run", interrupted)
    told: list[Outcome] = []
    with pytest.raises(KeyboardInterrupt):
        crawl(path, [30], interval=0, interrupted=told.append)
    assert told[0].apps == 1


def test_the_key_comes_from_the_environment_and_is_shown_nowhere(
    steam: Steam, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("STEAM_KEY", raising=False)
    done = CliRunner().invoke(cli, ["crawl", str(path)])
    assert isinstance(done.exception, SRecError)
    assert "STEAM_KEY" in str(done.exception)
    assert not path.exists()
    with caplog.at_level(logging.DEBUG):
        monkeypatch.setenv("STEAM_KEY", KEY)
        done = CliRunner().invoke(cli, ["crawl", str(path), "--interval", "0"])
        assert done.exit_code == 0, done.output
        assert "4 of 4" in done.output
        monkeypatch.setenv("STEAM_KEY", "DEADBEEF" * 4)
        refused = CliRunner().invoke(cli, ["crawl", str(path.with_name("other.duckdb"))])
    assert isinstance(refused.exception, SRecError)
    assert not path.with_name("other.duckdb").exists()
    shown = done.output + refused.output + repr(refused.exception) + caplog.text
    assert KEY not in shown
    assert "DEADBEEF" not in shown
    assert not wrong(path, steam)


def test_a_simulated_store_is_refused_before_anything_is_asked(
    steam: Steam, path: Path, tmp_path: Path
) -> None:
    from srec.simulate.world import SimulateSettings, simulate
    from srec.store.sources import SOURCES

    simulate(tmp_path / "world", SimulateSettings(reviews=300, games=30))
    with DuckDBStore.open(path, create=True) as store:
        store.ingest(SOURCES["simulated"](tmp_path / "world"))
    done = CliRunner().invoke(cli, ["crawl", str(path), "30"])
    assert isinstance(done.exception, SRecError)
    assert "keep them in two stores" in str(done.exception)
    assert steam.requests == []


def test_a_note_of_another_kind_is_one_line(steam: Steam, path: Path) -> None:
    with DuckDBStore.open(path, create=True) as store:
        store.connection.execute("INSERT INTO notes VALUES ('crawl:30', '{\"x\": 1}')")
    done = CliRunner().invoke(cli, ["crawl", str(path), "30"])
    assert isinstance(done.exception, SRecError)
    assert "crawl:30 was not written by this version" in str(done.exception)
