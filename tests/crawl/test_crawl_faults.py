"""The crawl against a server that misbehaves as Steam does: the store is the truth all the same."""

from pathlib import Path

import pytest
from crawls import crawl, silence, wrong
from fakes.crawl_check import missing
from fakes.steam import FAULTS, ODD_FAULTS, Steam
from fakes.steam_world import World

from srec.crawl.reviews import START
from srec.store.stores.duckdb import DuckDBStore


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
    """Three such games in a row end a run; the next run asks them last."""
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
