"""``srec prepare --update`` from each kind of store, after reviews were added, changed and removed."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from worlds import Records, review

from srec.prepare.context import ContextSettings
from srec.prepare.engines.duckdb import prepare
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.store.stores import open_store

GIVEN = PrepareSettings(
    min_user_reviews=2, min_game_reviews=2, popular_games=1, popular_share=0.9, test_days=4, valid_days=4
)


def reviews(users: range, apps: range, later: int = 0) -> list[dict[str, Any]]:
    start = date(2020, 1, 1) + timedelta(days=later)
    return [
        review(f"user {user}", app, (user + app) % 5 > 0, str(start + timedelta(days=2 * app + user)))
        for user in users
        for app in apps
    ]


def content(where: str, target: Path, *, update: bool) -> dict[str, Any]:
    made = prepare(
        where, target, GIVEN, tags=TagSettings(dimension=2), context=ContextSettings(), update=update
    )
    return {key: value for key, value in made.manifest.items() if key != "created_at"}


def test_it_gives_the_whole_dataset(where: str, tmp_path: Path) -> None:
    sizes = []
    for number in range(3):
        with open_store(where, create=True) as store:
            if number == 0:
                games = [{"app_id": app, "tags": {"a": app, "b": 7}} for app in range(1, 9)]
                store.ingest(Records(reviews(range(8), range(1, 7)), games=games))
            elif number == 1:
                store.ingest(Records(reviews(range(6, 12), range(3, 9), later=20)))
            else:  # game 5 is read to its end again: reviews that are not met are deleted
                store.ingest(Records(reviews(range(3), range(5, 6))), seen=True)
                assert store.forget_unseen(5, {}) > 0
        whole = content(where, tmp_path / f"whole{number}", update=False)
        assert content(where, tmp_path / "updated", update=True) == whole
        sizes.append(whole["statistics"]["interactions"])
    assert len(set(sizes)) == 3
