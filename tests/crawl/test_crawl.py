"""The crawl against a server that behaves like Steam: the store is the truth."""

import json
from pathlib import Path

from crawls import asked_for, crawl, notes, wrong
from fakes.crawl_check import missing
from fakes.steam import Steam
from fakes.steam_world import World


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
