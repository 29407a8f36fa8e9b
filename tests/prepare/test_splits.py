"""Each split, of reviews with and without dates, against a slow and obvious version."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_reviews import START, Raw, Review, engine_of

from srec.errors import SRecError
from srec.prepare.interactions import PrepareSettings, choose, tally, write_interactions
from srec.prepare.sequences import check_written
from srec.prepare.splits import LastSplit, Split, UsersSplit

#: (app, part) of each game of a session, in order; a part is 0 training, 1 validation, 2 test.
Session = list[tuple[int, int]]
ANYBODY: dict[str, Any] = {"min_user_reviews": 1, "min_game_reviews": 1, "popular_games": 0}
#: So that the keys 110,000 and 220,000 are the test, and those up to 550,000 the validation.
SHARE, KEY = 0.3, 110_000


def written(reader: Raw, target: Path, asked: PrepareSettings) -> tuple[dict[str, Any], Split]:
    """Write a dataset and check it; returns its facts and its split."""
    with engine_of(reader, target) as engine:
        tallied = partial(tally, latest=reader.latest, settings=asked)
        chosen = choose(engine, tallied, settings=asked, note=lambda line: None)
        facts = write_interactions(engine, chosen, target)
    check(target, chosen.split, asked)
    return facts, chosen.split


def check(target: Path, split: Split, asked: PrepareSettings) -> None:
    check_written(
        target, split, min_user_reviews=asked.min_user_reviews, min_game_reviews=asked.min_game_reviews
    )


def arrays(target: Path) -> dict[str, Any]:
    files = (target / "sequences").glob("*.npy")
    return {file.stem: np.load(file) for file in files} | {"app_ids": np.load(target / "app_ids.npy")}


def sessions(target: Path) -> list[Session]:
    found = arrays(target)
    assert (found["valid_ends"] == found["test_begins"]).all()
    at = np.arange(len(found["items"]))
    lengths = np.diff(found["offsets"])
    part = sum((at >= np.repeat(found[name], lengths)).astype(int) for name in ("train_ends", "valid_ends"))
    pairs = list(zip(found["app_ids"][found["items"]].tolist(), np.asarray(part).tolist(), strict=True))
    ends = found["offsets"].tolist()
    return [pairs[begin:end] for begin, end in pairwise(ends)]


def slow_likes(reader: Raw, asked: PrepareSettings) -> dict[int, list[tuple[int, int | None]]]:
    """(app, day) of what each user who is left likes, in order."""
    rows: dict[int, list[tuple[Any, int, int | None]]] = defaultdict(list)
    reviewed = {(review.user, review.app) for review in reader.reviews}
    placed = {(user, app) for user, app, _ in reader.sequences}
    for review in reader.reviews:
        if review.positive:
            rows[review.user].append(((2, review.day, review.review_id), review.app, review.day))
    for user, app, place in reader.sequences:
        if (user, app) not in reviewed:
            rows[user].append(((1, place), app, None))
    for user, app, hours in reader.libraries:
        if hours and (user, app) not in reviewed | placed:
            rows[user].append(((0, hours), app, None))
    likes = {user: [(app, day) for _, app, day in sorted(given)] for user, given in rows.items()}
    while True:
        games = Counter(app for given in likes.values() for app, _ in given)
        left = {
            user: [(app, day) for app, day in given if games[app] >= asked.min_game_reviews]
            for user, given in likes.items()
        }
        left = {user: given for user, given in left.items() if len(given) >= asked.min_user_reviews}
        if left == likes:
            return likes
        likes = left


def slow_part(reader: Raw, asked: PrepareSettings, user: int, place: int, likes: Any) -> int:
    if asked.split == "users":
        return 2 if user <= SHARE * 1e6 else int(user <= 2 * SHARE * 1e6)
    if asked.split == "last":
        back = len(likes) - place
        return 2 if back == 1 and len(likes) > 1 else int(back == 2 and len(likes) > 2)
    last, day = max(review.day for review in reader.reviews), likes[place][1]
    age = float("inf") if day is None else last - day
    return int(age < asked.test_days + asked.valid_days) + int(age < asked.test_days)


def slow_sessions(reader: Raw, asked: PrepareSettings) -> list[Session]:
    parted = {
        user: [(app, slow_part(reader, asked, user, at, likes)) for at, (app, _) in enumerate(likes)]
        for user, likes in slow_likes(reader, asked).items()
    }
    known = {app for session in parted.values() for app, part in session if part < 2}
    return [[pair for pair in session if pair[0] in known] for session in parted.values()]


def impossible(reader: Raw, asked: PrepareSettings) -> str | None:
    """What the message says if there is no such dataset."""
    likes = slow_likes(reader, asked)
    if not likes:
        return "no review"
    if asked.split == "users":
        parts = {slow_part(reader, asked, user, 0, given) for user, given in likes.items()}
        return None if parts == {0, 1, 2} else "users are too few"
    if asked.split == "last":
        return None
    if not reader.reviews:
        return "no review has a date"
    days = [float("-inf") if day is None else day for given in likes.values() for _, day in given]
    last = max(review.day for review in reader.reviews)
    return None if min(days) <= last - asked.test_days - asked.valid_days else "the reviews span"


users, apps = st.integers(1, 8).map(lambda user: user * KEY), st.integers(1, 6)


def once(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(rows, max_size=30, unique_by=lambda row: row[:2])


readers = st.builds(
    Raw,
    once(st.builds(Review, users, apps, st.integers(0, 40), st.booleans(), st.integers(1, 3))),
    st.just(True),
    once(st.tuples(users, apps, st.integers(0, 5))),
    once(st.tuples(users, apps, st.sampled_from([0.0, 0.5, 2.0, 30.0]))),
)
fresh = count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reader=readers,
    asked=st.builds(
        PrepareSettings,
        min_user_reviews=st.integers(1, 3),
        min_game_reviews=st.integers(1, 3),
        popular_games=st.just(0),
        split=st.sampled_from(["time", "last", "users"]),
        test_days=st.just(5),
        valid_days=st.just(5),
        held_out_share=st.just(SHARE),
    ),
)
def test_each_split_equals_the_slow_version(tmp_path: Path, reader: Raw, asked: PrepareSettings) -> None:
    target = tmp_path / str(next(fresh))
    target.mkdir()
    wrong = impossible(reader, asked)
    if wrong is not None:
        with pytest.raises(SRecError, match=wrong):
            written(reader, target, asked)
        return
    facts, _ = written(reader, target, asked)
    assert sorted(sessions(target)) == sorted(slow_sessions(reader, asked))
    dropped = sum(map(len, slow_likes(reader, asked).values())) - sum(map(len, sessions(target)))
    assert facts["dropped_test_interactions"] == dropped


def test_a_game_that_is_only_ever_last_is_dropped_and_its_user_not_tested(tmp_path: Path) -> None:
    sequences = [(1, 10, 0), (1, 20, 1), (1, 30, 2), (2, 20, 0), (2, 10, 1), (3, 10, 0)]
    facts, _ = written(Raw(sequences=sequences), tmp_path, PrepareSettings(split="last", **ANYBODY))
    assert facts["dropped_test_interactions"] == 1
    assert sorted(sessions(tmp_path)) == [[(10, 0)], [(10, 0), (20, 1)], [(20, 0), (10, 2)]]
    assert "other people's future" in facts["split"]["shows"]


def test_the_same_users_are_held_out_whatever_else_is_there(tmp_path: Path) -> None:
    asked = PrepareSettings(split="users", held_out_share=SHARE, **ANYBODY)
    few = [(user * KEY, app, app) for user in range(1, 7) for app in (user, user + 1, 9)]
    more = few + [(user * KEY + 7, app, app) for user in range(1, 9) for app in (1, 2, 3)]
    held = []
    for name, sequences in (("few", few), ("more", more)):
        (tmp_path / name).mkdir()
        written(Raw(sequences=sequences), tmp_path / name, asked)
        held.append([session for session in sessions(tmp_path / name) if session[0][1] == 2])
    # Of the games of users 1 and 2, the others have only 3 and 9 among the few.
    assert sorted(held[0]) == [[(3, 2), (9, 2)], [(9, 2)]]
    games = [[app for app, _ in session] for session in held[1]]
    assert sorted(games) == [[1, 2, 3], [1, 2, 3], [1, 2, 9], [2, 3, 9]]


def test_a_dated_review_wins_and_the_session_holds_the_union(tmp_path: Path) -> None:
    reader = Raw(
        [Review(1, 10, 3, True, 1), Review(1, 20, 1, False, 1), Review(2, 10, 20, True, 1)],
        latest=True,
        sequences=[(1, 10, 0), (1, 20, 1), (1, 30, 2), (1, 40, 3)],
        libraries=[(1, 30, 9.0), (1, 60, 5.0), (1, 50, 1.0), (1, 70, 0.0)],
    )
    asked = PrepareSettings(test_days=5, valid_days=5, **ANYBODY)
    facts, _ = written(reader, tmp_path, asked)
    # The disliked game 20 is not in it, nor game 70, which was never played; undated games come first.
    assert sessions(tmp_path) == [[(50, 0), (60, 0), (30, 0), (40, 0), (10, 0)], [(10, 2)]]
    day = int((START + timedelta(days=3) - datetime(1970, 1, 1)).total_seconds())
    assert arrays(tmp_path)["times"][:5].tolist() == [0, 0, 0, 0, day]
    assert "may be newer than the test" in facts["split"]["shows"]


def test_hours_become_weights_by_the_median_of_the_games_players(tmp_path: Path) -> None:
    hours = {1: [1.0, 4.0, 10.0, 0.0], 2: [2.0, 6.0, 0.5], 3: [1.0, 3.0, 8.0, 2.0]}
    rows = [(user, app, given) for app in hours for user, given in enumerate(hours[app], 1)]
    written(Raw(libraries=rows), tmp_path, PrepareSettings(split="last", **ANYBODY))
    found = arrays(tmp_path)
    assert found["weights"].dtype == np.float32
    weights: dict[int, list[float]] = {app: [] for app in hours}
    for item, weight in zip(found["items"], found["weights"], strict=True):
        weights[int(found["app_ids"][item])].append(round(float(weight), 6))
    # The medians of those who played are 4, 2 and 2.5 hours.
    assert {app: sorted(given) for app, given in weights.items()} == {
        1: [0.4, 1.0, 1.0],
        2: [0.4, 1.0, 1.0],
        3: [round(2 / 3.5, 6), round(4 / 4.5, 6), 1.0, 1.0],
    }


def test_without_libraries_there_are_no_weights(tmp_path: Path) -> None:
    sequences = [(user, app, app) for user in (1, 2) for app in (1, 2, 3)]
    libraries = [(3, 1, 0.0)]
    written(Raw(sequences=sequences, libraries=libraries), tmp_path, PrepareSettings(split="last", **ANYBODY))
    assert "weights" not in arrays(tmp_path)


def test_the_popular_only_filter_counts_what_has_no_date(tmp_path: Path) -> None:
    sequences = [(user, app, app) for user in (1, 2, 3) for app in (1, 2)] + [(3, 3, 3)]
    asked = PrepareSettings(**ANYBODY | {"popular_games": 2}, split="last")
    written(Raw(sequences=sequences), tmp_path, asked)
    assert sessions(tmp_path) == [[(1, 0), (2, 1)]]  # and game 3 is dropped: it is only ever last


@pytest.mark.parametrize(
    ("split", "name", "harm", "message"),
    [
        ("last", "train_ends", lambda a: a - 1, "stands in another part"),
        ("last", "valid_ends", lambda a: a + 1, "stands in another part"),
        ("last", "test_begins", lambda a: a + 1, "do not follow one another"),
        ("users", "train_ends", lambda a: a + 1, "stands in another part"),
        ("last", "weights", lambda a: a * 0, r"not in \(0, 1\]"),
        ("users", "weights", lambda a: a + np.nan, r"not in \(0, 1\]"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, split: Any, name: str, harm: Any, message: str) -> None:
    asked = PrepareSettings(split=split, held_out_share=SHARE, **ANYBODY)
    libraries = [(user * KEY, app, 1.0 + app * user % 5) for user in range(1, 9) for app in range(1, 5)]
    _, found = written(Raw(libraries=libraries), tmp_path, asked)
    assert isinstance(found, LastSplit if split == "last" else UsersSplit)
    file = tmp_path / "sequences" / f"{name}.npy"
    np.save(file, harm(np.load(file)))
    with pytest.raises(SRecError, match=message):
        check(tmp_path, found, asked)


def test_what_cannot_be_split_says_what_to_change(tmp_path: Path) -> None:
    reader = Raw(sequences=[(KEY, 1, 0), (KEY, 2, 1)])
    with pytest.raises(SRecError, match=r"set prepare\.split to last or to users"):
        written(reader, tmp_path, PrepareSettings(**ANYBODY))
    with pytest.raises(SRecError, match=r"raise prepare\.held_out_share"):
        written(reader, tmp_path, PrepareSettings(split="users", **ANYBODY))
