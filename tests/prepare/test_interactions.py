"""The SQL of ``srec prepare`` against a slow and obvious version, and on the real reviews."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_reviews import START, Raw, Review, empty_tables, engine_of

from srec.dataset.dataset import Dataset
from srec.errors import SRecError
from srec.prepare.engines.duckdb import DuckDBEngine
from srec.prepare.interactions import PrepareSettings, choose, tally, write_interactions
from srec.prepare.sequences import check_written
from srec.prepare.splits import TimeSplit


def counted(given: PrepareSettings, latest: bool = False) -> Callable[[Any], None]:
    return partial(tally, latest=latest, settings=given)


def prepare_interactions(
    engine: DuckDBEngine, count: Callable[[Any], None], target: Path, given: PrepareSettings, note: Any
) -> dict[str, Any]:
    return write_interactions(engine, choose(engine, count, settings=given, note=note), target)


def check(target: Path, given: PrepareSettings, split: dict[str, str]) -> None:
    found = TimeSplit(**{name: datetime.fromisoformat(moment) for name, moment in split.items()})
    check_written(
        target, found, min_user_reviews=given.min_user_reviews, min_game_reviews=given.min_game_reviews
    )


def newest(reviews: list[Review]) -> dict[tuple[int, int], Review]:
    """The latest version of each (user, app)."""
    latest: dict[tuple[int, int], Review] = {}
    for review in sorted(reviews, key=lambda r: (r.day, r.review_id, r.positive)):
        latest[review.user, review.app] = review
    return latest


def slow_prepare(
    reviews: list[Review], given: PrepareSettings
) -> tuple[dict[int, list[tuple[int, int]]], set[int], Counter[int]]:
    """Each user's kept (app, day) in order, the vocabulary, and the dropped test reviews of each app."""
    latest = newest(reviews)
    per_app = Counter(app for _, app in latest)
    ranked = sorted(per_app, key=lambda app: (-per_app[app], app))
    popular = set(ranked[: given.popular_games])
    kept = [review for review in latest.values() if review.positive]
    if given.popular_games:
        for user in {user for user, _ in latest}:
            apps = [app for other, app in latest if other == user]
            if sum(app in popular for app in apps) / len(apps) >= given.popular_share:
                kept = [review for review in kept if review.user != user]
    while True:
        users, apps = Counter(r.user for r in kept), Counter(r.app for r in kept)
        left = [
            r
            for r in kept
            if users[r.user] >= given.min_user_reviews and apps[r.app] >= given.min_game_reviews
        ]
        if len(left) == len(kept):
            break
        kept = left
    last = max(review.day for review in latest.values())
    vocabulary = {r.app for r in kept if r.day <= last - given.test_days}
    sessions: dict[int, list[tuple[int, int]]] = {}
    for review in sorted(kept, key=lambda r: (r.day, r.review_id, r.app)):
        if review.app in vocabulary:
            sessions.setdefault(review.user, []).append((review.app, review.day))
    return sessions, vocabulary, Counter(r.app for r in kept if r.app not in vocabulary)


review_lists = st.lists(
    st.builds(
        Review, st.integers(1, 8), st.integers(1, 6), st.integers(0, 40), st.booleans(), st.integers(1, 3)
    ),
    min_size=1,
    max_size=60,
)
fresh = count()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reviews=review_lists,
    given_settings=st.builds(
        PrepareSettings,
        min_user_reviews=st.integers(1, 3),
        min_game_reviews=st.integers(1, 3),
        popular_games=st.integers(0, 3),
        popular_share=st.sampled_from([0.5, 1.0]),
        test_days=st.just(5),
        valid_days=st.just(5),
    ),
    stored=st.booleans(),
)
def test_the_sql_equals_the_slow_version(
    tmp_path: Path, reviews: list[Review], given_settings: PrepareSettings, stored: bool
) -> None:
    target = tmp_path / str(next(fresh))
    target.mkdir()
    sessions, vocabulary, dropped = slow_prepare(reviews, given_settings)
    reader = Raw(list(newest(reviews).values()), latest=True) if stored else Raw(reviews)
    with engine_of(reader, target) as engine:
        try:
            facts = prepare_interactions(
                engine, counted(given_settings, reader.latest), target, given_settings, lambda line: None
            )
        except SRecError:
            days = [day for session in sessions.values() for _, day in session]
            assert not days or max(r.day for r in reviews) - 10 < min(days)
            return
    check(target, given_settings, facts["split"])
    app_ids = np.load(target / "app_ids.npy")
    assert app_ids.tolist() == [0, *sorted(vocabulary)]
    flat = {name: np.load(target / "sequences" / f"{name}.npy") for name in ("items", "times", "offsets")}
    days = (flat["times"] - int((START - datetime(1970, 1, 1)).total_seconds())) // 86400
    written = [
        [(int(app_ids[flat["items"][at]]), int(days[at])) for at in range(begin, end)]
        for begin, end in zip(flat["offsets"], flat["offsets"][1:], strict=False)
    ]
    assert sorted(filter(None, written)) == sorted(sessions.values())
    assert facts["dropped_test_interactions"] == dropped.total()


@dataclass(frozen=True)
class Shared:
    """The shared reviews, raw."""

    file: Path
    latest: bool = False

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("CREATE SCHEMA store")
        empty_tables(connection)
        connection.execute(
            "CREATE OR REPLACE TABLE store.reviews AS SELECT hash(user_id) AS user_key, app_id,"
            " recommended AS positive, make_timestamp(timestamp * 1000000) AS created_at,"
            f" created_at AS updated_at, NULL::BIGINT AS review_id FROM '{self.file}'"
        )


def test_the_fixed_point_of_the_real_reviews(shared_data: Path, tmp_path: Path) -> None:
    reader = Shared(shared_data / "steam" / "reviews_ucsd.parquet")
    with engine_of(reader, tmp_path) as engine:
        given = PrepareSettings(popular_games=0, test_days=90, valid_days=90)
        facts = prepare_interactions(engine, counted(given), tmp_path, given, lambda line: None)
    steps = {step["step"]: step for step in facts["steps"]}
    latest = steps["latest review of each (user, game)"]
    assert latest["interactions"] == 58_242
    fixed = steps["users with 3, games with 5, after 3 rounds"]
    assert (fixed["interactions"], fixed["users"], fixed["items"]) == (25_021, 5_659, 704)


def prepared(tmp_path: Path) -> tuple[PrepareSettings, dict[str, str]]:
    given = PrepareSettings(
        min_user_reviews=1, min_game_reviews=1, popular_games=0, test_days=5, valid_days=5
    )
    reviews = [Review(user, app, 4 * app + user, True, 1) for user in range(1, 5) for app in range(1, 6)]
    with engine_of(Raw(reviews), tmp_path) as engine:
        facts = prepare_interactions(engine, counted(given), tmp_path, given, lambda line: None)
    return given, facts["split"]


def test_negatives_are_kept_beside_the_sequences(tmp_path: Path) -> None:
    given = PrepareSettings(
        min_user_reviews=1, min_game_reviews=1, popular_games=0, test_days=5, valid_days=5
    )
    reviews = [Review(1, 1, 0, True, 1), Review(1, 2, 1, False, 1), Review(2, 2, 2, True, 1)]
    reviews += [Review(2, 1, 20, True, 1)]
    with engine_of(Raw(reviews), tmp_path) as engine:
        prepare_interactions(engine, counted(given), tmp_path, given, lambda line: None)
    items, offsets = (np.load(tmp_path / "negatives" / f"{name}.npy") for name in ("items", "offsets"))
    # User 1, who came first, disliked game 2, which is item 2; user 2 disliked nothing.
    assert items.tolist() == [2]
    assert offsets.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("name", "harm", "message"),
    [
        ("sequences/train_ends", lambda a: a + 1, "stands in another part"),
        ("sequences/items", lambda a: np.where(a == 1, 99, a), "not numbered 1..V"),
        ("sequences/items", lambda a: np.full_like(a, 1), "reviews a game twice"),
        ("sequences/times", lambda a: a[::-1].copy(), "not in the order of time"),
        ("app_ids", lambda a: np.where(a == 1, 0, a), "stands for no game"),
        ("sequences/valid_ends", lambda a: a * 0, "unknown before the test window"),
    ],
)
def test_a_broken_promise_is_found_after_writing(
    tmp_path: Path, name: str, harm: object, message: str
) -> None:
    given, split = prepared(tmp_path)
    check(tmp_path, given, split)
    file = tmp_path / f"{name}.npy"
    assert callable(harm)
    np.save(file, harm(np.load(file)))
    with pytest.raises(SRecError, match=message):
        check(tmp_path, given, split)


def test_minimums_that_leave_nothing_say_what_to_change(tmp_path: Path) -> None:
    given = PrepareSettings(popular_games=0)
    with (
        engine_of(Raw([Review(1, 1, 0, True, 1)]), tmp_path) as engine,
        pytest.raises(SRecError, match=r"lower prepare\.min_user_reviews"),
    ):
        prepare_interactions(engine, counted(given), tmp_path, given, lambda line: None)


def test_windows_longer_than_the_reviews_say_what_to_change(tmp_path: Path) -> None:
    given = PrepareSettings(min_user_reviews=1, min_game_reviews=1, popular_games=0)
    with (
        engine_of(Raw([Review(1, 1, 0, True, 1), Review(1, 2, 3, True, 1)]), tmp_path) as engine,
        pytest.raises(SRecError, match=r"span 3 days: shorten prepare\.test_days"),
    ):
        prepare_interactions(engine, counted(given), tmp_path, given, lambda line: None)


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    given = PrepareSettings()
    with engine_of(Raw([]), tmp_path) as engine, pytest.raises(SRecError, match="no reviews"):
        prepare_interactions(engine, counted(given), tmp_path, given, lambda line: None)


def test_a_dataset_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"kind": "dataset", "version": 99}')
    with pytest.raises(SRecError, match="version 99"):
        Dataset(tmp_path)
