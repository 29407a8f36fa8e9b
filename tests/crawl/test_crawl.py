"""The crawl against a server that behaves like Steam and misbehaves like it: the store is the truth."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crawls import Killed, crawl
from fakes.crawl_check import differences, leaks, missing
from fakes.steam import FAULTS, KEY, ODD_FAULTS, Steam
from fakes.steam_world import World
from typer.testing import CliRunner

from srec.cli import app as cli
from srec.crawl import crawl as module
from srec.crawl.client import Unanswered
from srec.crawl.reviews import START
from srec.crawl.source import Fetched
from srec.crawl.steam import Endpoints
from srec.errors import SRecError
from srec.store.stores.duckdb import DuckDBStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


def wrong(path: Path, steam: Steam, vanished: set[int] | None = None) -> list[str]:
    found = differences(str(path), steam.world, vanished or set())
    places = [path, path.with_name(path.name + ".wal")]
    return [*found, *leaks(places, steam.world, KEY), *steam.problems]


def asked_for(steam: Steam, since: int = 0) -> list[tuple[str, int, str]]:
    return [request for request in steam.requests[since:] if request[0] == "reviews"]


def notes(path: Path) -> dict[str, str]:
    with DuckDBStore.open(path) as store:
        return store.notes()


def silence(monkeypatch: pytest.MonkeyPatch, silent: Callable[[int, str], bool]) -> None:
    """Give no answer for these apps and cursors."""
    real = module.read_page

    def read_page(client: Any, endpoints: Any, *, app_id: int, cursor: str) -> Any:
        if silent(app_id, cursor):
            raise Unanswered("no answer")
        return real(client, endpoints, app_id=app_id, cursor=cursor)

    monkeypatch.setattr(module, "read_page", read_page)


# Without faults


def test_a_first_crawl_reads_all_and_a_second_only_what_is_new(path: Path) -> None:
    with Steam(World(1, 5, 25), page=5) as steam:
        first = crawl(path, steam)
        assert first.whole
        assert (first.done, first.apps, first.stopped) == (5, 5, "")
        assert first.retries == 0
        assert not wrong(path, steam)
        met = [request for request in asked_for(steam) if request[1] not in (10, 20)]
        assert len(met) == len(set(met)), "a page was asked for twice"
        before = len(steam.requests)
        for _ in range(40):
            steam.world.change()
        added = steam.world.changes["added"]
        second = crawl(path, steam)
        # A user who deleted a review and wrote another has one row, as before.
        assert 0 < second.added <= second.added + second.replaced <= added + 3
        assert not missing(str(path), steam.world)
        assert not [request for request in steam.requests[before:] if request[0] != "reviews"]
        # A page for each game and for each five new reviews, and what a game without reviews costs.
        assert len(asked_for(steam, before)) <= 5 + added // 5 + 5
        crawl(path, steam, refresh=True)
        assert not wrong(path, steam)


def test_a_refresh_replaces_and_removes(path: Path) -> None:
    with Steam(World(2, 4, 30), page=7) as steam:
        crawl(path, steam)
        for _ in range(60):
            steam.world.change()
        assert {"edited", "deleted", "played", "priced"} <= steam.world.changes.keys()
        outcome = crawl(path, steam, refresh=True)
        assert outcome.whole
        assert outcome.removed > 0
        assert outcome.replaced > 0
        assert not wrong(path, steam)
        again = crawl(path, steam, refresh=True)
        assert (again.added, again.replaced, again.removed) == (0, 0, 0)
        assert again.reviews > 0


def test_a_game_whose_reviews_are_all_deleted(path: Path) -> None:
    with Steam(World(2, 3, 8)) as steam:
        crawl(path, steam)
        steam.world.games[30].reviews.clear()
        outcome = crawl(path, steam, refresh=True)
        assert outcome.whole
        assert outcome.removed > 0
        assert not [line for line in wrong(path, steam) if not line.startswith("rejects")]


def test_a_vanished_game_is_noted_and_its_reviews_are_kept(path: Path) -> None:
    with Steam(World(3, 4, 12)) as steam:
        crawl(path, steam)
        steam.world.games[30].gone = True
        outcome = crawl(path, steam, refresh=True)
        assert outcome.gone == [30]
        assert outcome.whole
        assert json.loads(notes(path)["crawl:30"])["gone"]
        assert not wrong(path, steam)
        steam.world.games[30].gone = False
        assert crawl(path, steam).gone == []
        assert not json.loads(notes(path)["crawl:30"]).get("gone")


def test_a_count_that_is_too_high_is_lived_with(path: Path) -> None:
    world = World(4, 3, 100)
    for game in world.games.values():
        game.overcounted = True
    size = len(world.games[30].reviews)
    assert size >= 100, "this seed must give a large game"
    with Steam(world, page=40) as steam:
        assert crawl(path, steam).whole
        assert len([request for request in asked_for(steam) if request == ("reviews", 30, "*")]) == 2
        world.games[30].reviews.pop(50)
        assert crawl(path, steam, refresh=True).removed == 1
        assert not wrong(path, steam)


def test_a_small_budget_gets_round(path: Path) -> None:
    with Steam(World(5, 6, 12), page=5) as steam:
        for _ in range(20):
            outcome = crawl(path, steam, budget=7)
            assert outcome.stopped == "the budget of 7 requests is spent"
            assert outcome.requests == 7
        assert not wrong(path, steam)


def test_apps_may_be_named_twice(path: Path) -> None:
    with Steam(World(5, 3, 6)) as steam:
        outcome = crawl(path, steam, [30, 30, 20])
        assert outcome.apps == outcome.done == 2


# Killed


@pytest.mark.parametrize("first", [True, False])
def test_killed_after_any_commit_it_goes_on(first: bool, tmp_path: Path) -> None:
    """Killed in a second run too: the gap between the new and the old must not be lost."""
    for commits in range(1, 40, 3 if first else 2):
        path = tmp_path / f"{commits}.duckdb"
        with Steam(World(6, 4, 20), page=3) as steam:
            if not first:
                crawl(path, steam)
                for _ in range(90):
                    steam.world.change()
            with suppress(Killed):
                crawl(path, steam, commits=commits, commit_reviews=3)
                break
            for _ in range(5):
                steam.world.change()
            before = len(steam.requests)
            crawl(path, steam)
            resumed = asked_for(steam, before)
            assert len(resumed) < 60
            assert not missing(str(path), steam.world)
            crawl(path, steam, refresh=True)
            assert not wrong(path, steam)
    assert commits > 3


def test_the_gap_of_a_killed_second_run_is_closed_without_a_refresh(path: Path) -> None:
    world = World(7, 3, 20)
    with Steam(world, page=3) as steam:
        crawl(path, steam)
        while world.changes["added"] < 40:
            world.change()
        with pytest.raises(Killed):
            crawl(path, steam, [30], commits=2, commit_reviews=3)
        walk = json.loads(notes(path)["crawl:30"])["walk"]
        assert walk["cursor"] != "*"
        while world.changes["added"] < 50:
            world.change()
        crawl(path, steam)
        assert not missing(str(path), world)


def test_a_refresh_killed_after_any_commit_is_finished_by_the_next(tmp_path: Path) -> None:
    for commits in range(1, 40, 4):
        path = tmp_path / f"{commits}.duckdb"
        with Steam(World(8, 4, 15), page=4) as steam:
            crawl(path, steam)
            for _ in range(50):
                steam.world.change()
            with suppress(Killed):
                crawl(path, steam, refresh=True, commits=commits, commit_reviews=4)
                break
            before = len(steam.requests)
            crawl(path, steam, refresh=True)
            assert not wrong(path, steam)
            assert len(asked_for(steam, before)) < 45, "it does not begin anew"
    assert commits > 8


def refreshed(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(notes(path)["crawl:refresh"])
    return told


def test_an_interrupted_refresh_is_finished_whatever_apps_the_next_one_names(path: Path) -> None:
    with Steam(World(2, 4, 30), page=7) as steam:
        crawl(path, steam)
        steam.world.games[30].reviews.pop()
        steam.world.games[40].reviews.pop()
        assert crawl(path, steam, [10, 20, 30], refresh=True, budget=4).stopped
        assert refreshed(path) == {"number": 1, "done": False, "apps": [10, 20, 30]}
        assert crawl(path, steam, [10], refresh=True, budget=3).stopped
        assert crawl(path, steam, [40, 10], refresh=True, budget=1).stopped
        assert refreshed(path) == {"number": 1, "done": False, "apps": [10, 20, 30, 40]}
        before = len(steam.requests)
        outcome = crawl(path, steam, [10], refresh=True)
        assert outcome.whole
        assert outcome.removed == 2
        assert {request[1] for request in asked_for(steam, before)} >= {30, 40}
        assert refreshed(path) == {"number": 1, "done": True, "apps": []}
        assert not wrong(path, steam)
        before = len(steam.requests)
        assert crawl(path, steam, [30], refresh=True).apps == 1
        assert {request[1] for request in asked_for(steam, before)} == {30}
        assert refreshed(path) == {"number": 2, "done": True, "apps": []}


def test_a_refresh_takes_along_what_the_one_before_could_not_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A game that does not answer is not given up, and does not keep the others from a next refresh."""
    with Steam(World(2, 4, 30), page=7) as steam:
        crawl(path, steam)
        silence(monkeypatch, lambda app_id, _: app_id == 30)
        outcome = crawl(path, steam, [30, 40], refresh=True)
        assert (outcome.unanswered, outcome.stopped) == ([30], "")
        assert refreshed(path) == {"number": 2, "done": False, "apps": [30]}
        monkeypatch.undo()
        for app_id in (30, 40):
            steam.world.games[app_id].reviews.pop()
        assert crawl(path, steam, [40], refresh=True).removed == 2
        assert refreshed(path) == {"number": 2, "done": True, "apps": []}
        assert not wrong(path, steam)


def test_a_refresh_that_an_older_version_began_is_finished(path: Path) -> None:
    """It kept no list of its apps: those that are named are all there are."""
    with Steam(World(2, 4, 30), page=7) as steam:
        crawl(path, steam)
        with DuckDBStore.open(path) as store:
            store.ingest(Fetched((), ()), notes={"crawl:refresh": '{"number":3,"done":false}'})
        outcome = crawl(path, steam, [20], refresh=True)
        assert (outcome.apps, outcome.stopped) == (1, "")
        assert refreshed(path) == {"number": 3, "done": True, "apps": []}
        with DuckDBStore.open(path) as store:
            store.ingest(Fetched((), ()), notes={"crawl:refresh": '{"number":3,"done":true}'})
        assert crawl(path, steam, [20], refresh=True).whole
        assert refreshed(path)["number"] == 4


def test_an_interrupt_keeps_what_was_fetched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Steam(World(9, 4, 20), page=3) as steam:
        answer, count = steam.answer, 0

        def interrupted(*given: Any) -> None:
            raise KeyboardInterrupt

        real = module.read_page

        def read_page(*given: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            return real(*given, **named) if count < 6 else interrupted()

        monkeypatch.setattr(module, "read_page", read_page)
        with pytest.raises(KeyboardInterrupt):
            crawl(path, steam, commit_reviews=10_000)
        with DuckDBStore.open(path) as store:
            assert store.counts()["reviews"] > 0
        monkeypatch.undo()
        assert steam.answer == answer
        crawl(path, steam)
        assert not wrong(path, steam)


# With faults


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_alone_is_borne(kind: str, path: Path) -> None:
    with Steam(World(10, 4, 20), faults=[kind], rate=0.2, page=5, slow=0.6, seed=3) as steam:
        runs = [crawl(path, steam) for _ in range(3)]
        assert crawl(path, steam, refresh=True).whole
        assert steam.counts[kind] > 2
        noticed = "hiccups" if kind in ODD_FAULTS else "retries"
        assert sum(getattr(run, noticed) for run in runs) > 0
        assert not wrong(path, steam)


@pytest.mark.parametrize("seed", [0, 1])
def test_all_faults_together_while_the_world_changes(seed: int, path: Path) -> None:
    world = World(seed, 6, 25)
    with Steam(world, faults=FAULTS, changes=0.5, vanishing=1, page=5, slow=0.6, seed=seed) as steam:
        crawl(path, steam)
        crawl(path, steam)
        with steam.standing_still():
            while not crawl(path, steam).whole:
                pass
            assert not missing(str(path), world)
        crawl(path, steam, refresh=True)
        vanished = {game.app_id for game in world.games.values() if game.gone}
        steam.freeze()
        crawl(path, steam)
        while not crawl(path, steam, refresh=True).whole:
            pass
        assert steam.counts.total() > 40
        assert world.changes.total() > 10
        assert not wrong(path, steam, vanished)


def test_pages_that_end_too_early_each_time_remove_nothing(path: Path) -> None:
    world = World(11, 3, 30)
    with Steam(world, page=5) as steam:
        crawl(path, steam)
        real = world.page
        world.page = lambda app_id, after, size: real(app_id, after, size)[: 5 if after is None else 0]  # type: ignore[method-assign]
        outcome = crawl(path, steam, refresh=True)
        assert outcome.doubtful == [30]
        assert outcome.removed == 0
        assert not outcome.whole
        world.page = real  # type: ignore[method-assign]
        assert not wrong(path, steam)


def test_a_doubtful_refresh_does_not_keep_what_is_deleted_before_the_next(path: Path) -> None:
    world = World(11, 3, 30)
    with Steam(world, page=5) as steam:
        crawl(path, steam)
        real = world.page
        world.page = lambda app_id, after, size: real(app_id, after, size)[: 5 if after is None else 0]  # type: ignore[method-assign]
        assert crawl(path, steam, refresh=True).doubtful == [30]
        world.page = real  # type: ignore[method-assign]
        world.games[30].reviews.pop(0)
        assert crawl(path, steam, refresh=True).removed == 1
        assert not wrong(path, steam)


def test_a_reading_of_one_page_killed_at_its_end_still_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends at the first cursor: that must not make it a new reading, one that has met nothing."""
    real = module.read_page
    monkeypatch.setattr(
        module, "read_page", lambda *given, **named: replace(real(*given, **named), cursor=None)
    )
    for commits in range(1, 9):
        path = tmp_path / f"{commits}.duckdb"
        with Steam(World(2, 4, 30), page=100) as steam:
            crawl(path, steam, [30])
            with suppress(Killed):
                crawl(path, steam, [30], refresh=True, commits=commits, commit_reviews=1)
                break
            assert crawl(path, steam, [30], refresh=True).removed == 0
    assert commits > 3


def test_a_server_that_never_answers_stops_the_crawl(path: Path) -> None:
    with Steam(World(12, 8, 5), faults=["500"], rate=1.0) as steam:
        outcome = crawl(path, steam)
        assert outcome.unanswered == [10, 20, 30]
        assert "HTTP 500" in outcome.stopped
        assert not outcome.whole
        steam.rate = 0.0
        assert crawl(path, steam).whole
        assert not wrong(path, steam)


def test_games_that_never_answer_do_not_keep_the_others_from_being_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three in a row end a run; the next one comes to them last."""
    with Steam(World(12, 8, 15), page=7) as steam:
        silence(monkeypatch, lambda app_id, cursor: app_id < 30 or (app_id == 30 and cursor != START))
        first = crawl(path, steam)
        assert (first.unanswered, first.stopped) == ([10, 20, 30], "no answer")
        second = crawl(path, steam)
        assert sorted(second.unanswered) == [10, 20, 30]
        with DuckDBStore.open(path) as store:
            read = store.connection.execute("SELECT DISTINCT app_id FROM reviews ORDER BY 1").fetchall()
        assert [app_id for (app_id,) in read] == [30, 40, 50, 60, 70, 80]
        monkeypatch.undo()
        assert crawl(path, steam).whole
        assert not wrong(path, steam)


def test_faults_are_counted_and_a_difference_is_found(path: Path) -> None:
    with Steam(World(13, 3, 15)) as steam:
        crawl(path, steam)
        with DuckDBStore.open(path) as store:
            store.connection.execute("UPDATE reviews SET positive = NOT positive WHERE app_id = 30")
            store.connection.execute("DELETE FROM games WHERE app_id = 10")
            user = steam.world.users[0]
            store.connection.execute("INSERT INTO notes VALUES ('x', ?)", [user])
        found = wrong(path, steam)
        assert any(line.startswith("reviews: held, not true") for line in found)
        assert any(line.startswith("games: true, not held") for line in found)
        assert any("holds a raw id" in line for line in found)


# The command


@pytest.fixture
def steam(monkeypatch: pytest.MonkeyPatch):
    with Steam(World(14, 4, 8)) as steam:
        monkeypatch.setattr("srec.crawl.steam.Endpoints", lambda: Endpoints.at(steam.base))
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
