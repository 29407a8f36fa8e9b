"""A crawl that is killed or interrupted at any moment goes on, and loses nothing."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crawls import Killed, asked_for, crawl, notes, silence, wrong
from fakes.crawl_check import missing
from fakes.steam import Steam
from fakes.steam_world import World

from srec.crawl import crawl as module
from srec.crawl.source import Fetched
from srec.store.stores.duckdb import DuckDBStore


class Begun:
    """A store and the world it was crawled from, to go on from more than once."""

    def __init__(self, world: World, folder: Path, page: int, apps: Sequence[int] | None = None) -> None:
        self._world, self._folder, self._page = world, folder, page
        with Steam(world, page=page) as steam:
            crawl(folder / "begun.duckdb", steam, apps)

    @contextmanager
    def copy(self, number: int) -> Iterator[tuple[Path, Steam]]:
        path = self._folder / f"{number}.duckdb"
        for ending in ("", ".key"):
            shutil.copy(self._folder / f"begun.duckdb{ending}", f"{path}{ending}")
        with Steam(deepcopy(self._world), page=self._page) as steam:
            yield path, steam


@pytest.mark.parametrize("first", [True, False])
def test_killed_after_any_commit_it_goes_on(first: bool, tmp_path: Path) -> None:
    """Also killed in a second run: the gap between the new and the old reviews must not be lost."""
    # A first run is killed where nothing was read yet.
    begun = Begun(World(6, 4, 14), tmp_path, page=3, apps=[] if first else None)
    left = []
    for commits in range(1, 40, 2):
        with begun.copy(commits) as (path, steam):
            if not first:
                for _ in range(60):
                    steam.world.change()
            with suppress(Killed):
                crawl(path, steam, commits=commits, commit_reviews=3)
                break
            for _ in range(5):
                steam.world.change()
            before = len(steam.requests)
            crawl(path, steam)
            left.append(len(asked_for(steam, before)))
            assert not missing(str(path), steam.world)
            crawl(path, steam, refresh=True)
            assert not wrong(path, steam)
    assert len(left) > 2
    assert left[-1] < left[0] == max(left), "it does not begin anew"


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
    begun = Begun(World(8, 4, 15), tmp_path, page=4)
    left = []
    for commits in range(1, 40, 6):
        with begun.copy(commits) as (path, steam):
            for _ in range(50):
                steam.world.change()
            with suppress(Killed):
                crawl(path, steam, refresh=True, commits=commits, commit_reviews=4)
                break
            before = len(steam.requests)
            crawl(path, steam, refresh=True)
            assert not wrong(path, steam)
            left.append(len(asked_for(steam, before)))
    assert len(left) > 3
    assert min(left) < left[0] == max(left), "it does not begin anew"


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
    """A game without an answer is not given up, and does not block the next refresh of the others."""
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
    """It kept no list of its apps, so the named apps count as all of them."""
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


def test_a_reading_of_one_page_killed_at_its_end_still_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends at the first cursor, which must not make it a new reading that has met nothing."""
    real = module.read_page
    monkeypatch.setattr(
        module, "read_page", lambda *given, **named: replace(real(*given, **named), cursor=None)
    )
    begun = Begun(World(2, 4, 30), tmp_path, page=100, apps=[30])
    for commits in range(1, 9):
        with begun.copy(commits) as (path, steam):
            with suppress(Killed):
                crawl(path, steam, [30], refresh=True, commits=commits, commit_reviews=1)
                break
            assert crawl(path, steam, [30], refresh=True).removed == 0
    assert commits > 3
