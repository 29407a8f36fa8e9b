"""``srec prepare`` as a whole: an updated dataset equals one that was prepared from scratch."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import Records, review

from srec.artifacts import read_manifest
from srec.checksums import describe
from srec.dataset.dataset import Dataset
from srec.dataset.writing import KIND, VERSION
from srec.errors import SRecError
from srec.prepare.context import ContextSettings
from srec.prepare.engines.duckdb import prepare
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.store.stores.duckdb import DuckDBStore

GIVEN = PrepareSettings(
    min_user_reviews=2, min_game_reviews=2, popular_games=1, popular_share=0.9, test_days=3, valid_days=3
)
GAMES = [{"app_id": app, "tags": {"a": app, "b": 7}, "genres": ["x"]} for app in range(1, 7)]


def build(store: Path, target: Path, given: PrepareSettings = GIVEN, *, update: bool) -> dict[str, Any]:
    made = prepare(
        str(store),
        target,
        given,
        tags=TagSettings(dimension=2),
        context=ContextSettings(),
        threads=1,
        update=update,
    )
    return made.manifest


def content(manifest: dict[str, Any]) -> dict[str, Any]:
    """The content of a dataset: its files' checksums and all counts, but not its date."""
    return {key: value for key, value in manifest.items() if key != "created_at"}


reviews = st.builds(
    lambda user, app, day, positive: review(
        f"user {user}", app, positive, str(date(2020, 1, 1) + timedelta(days=day))
    ),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 30),
    st.booleans(),
)
undated = st.builds(
    lambda user, app, number: {"user_id": f"user {user}", "app_id": app, "place": number, "hours": number},
    st.integers(4, 9),
    st.integers(1, 6),
    st.integers(0, 3),
)
rounds = st.lists(
    st.builds(
        lambda reviews, sequences, libraries: Records(reviews, (), sequences, libraries),
        st.lists(reviews, min_size=1, max_size=25),
        st.lists(undated, max_size=8),
        st.lists(undated, max_size=8),
    )
    | st.tuples(st.integers(1, 6), st.lists(reviews, max_size=3)),
    min_size=1,
    max_size=4,
)


def outcome(store: Path, target: Path, *, update: bool) -> dict[str, Any] | str:
    try:
        return content(build(store, target, update=update))
    except SRecError as error:
        return str(error)


@pytest.fixture(scope="module")
def games_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and its key, before there is a review."""
    folder = tmp_path_factory.mktemp("games")
    with DuckDBStore.open(folder / "store.duckdb", create=True) as store:
        store.ingest(Records(games=GAMES))
    return folder


@settings(max_examples=25, deadline=None)
@given(rounds=rounds)
def test_an_update_gives_the_dataset_of_a_whole_preparation(games_alone: Path, rounds: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        shutil.copytree(games_alone, path, dirs_exist_ok=True)
        for number, change in enumerate(rounds):
            with DuckDBStore.open(path / "store.duckdb") as store:
                if isinstance(change, Records):
                    store.ingest(change)
                else:  # a game is read to its end again: reviews that are not met are deleted
                    app, left = change
                    again = [one | {"app_id": app} for one in left]
                    if again:
                        store.ingest(Records(again), seen=True)
                    store.forget_unseen(app, {})
            whole = outcome(path / "store.duckdb", path / f"whole{number}", update=False)
            updated = outcome(path / "store.duckdb", path / "updated", update=True)
            assert updated == whole


def filled(path: Path, users: int = 8) -> Path:
    rows = [
        review(f"user {user}", app, True, str(date(2020, 1, 1) + timedelta(days=3 * app + user)))
        for user in range(users)
        for app in range(1, 7)
    ]
    with DuckDBStore.open(path / "store.duckdb", create=True) as store:
        store.ingest(Records(rows, games=GAMES))
    return path / "store.duckdb"


def test_other_filters_and_a_damaged_state_count_everything_again(tmp_path: Path) -> None:
    store = filled(tmp_path)
    given = GIVEN.model_copy(update={"popular_games": 0})
    build(store, tmp_path / "updated", given, update=True)
    state = tmp_path / "updated.state.duckdb"
    assert state.exists()
    other = given.model_copy(update={"min_user_reviews": 3})
    expected = content(build(store, tmp_path / "whole", other, update=False))
    assert content(build(store, tmp_path / "updated", other, update=True)) == expected
    state.write_bytes(b"no database" * 1000)
    (tmp_path / "updated" / "manifest.json").unlink()
    (tmp_path / "updated").rename(tmp_path / "away")
    assert content(build(store, tmp_path / "updated", other, update=True)) == expected


def test_the_state_of_another_store_is_not_taken(tmp_path: Path) -> None:
    given = GIVEN.model_copy(update={"popular_games": 0})
    for name, users in (("one", 8), ("two", 9)):
        (tmp_path / name).mkdir()
        filled(tmp_path / name, users)
        made = build(tmp_path / name / "store.duckdb", tmp_path / "updated", given, update=True)
        assert made["statistics"]["users"] == users


def test_a_state_that_is_ahead_of_its_store_is_not_taken(tmp_path: Path) -> None:
    store = filled(tmp_path)
    given = GIVEN.model_copy(update={"popular_games": 0})
    backup = store.read_bytes()
    with DuckDBStore.open(store) as opened:
        opened.ingest(Records([review("user 99", app, True, f"2020-01-{10 + app}") for app in range(1, 4)]))
    newer = build(store, tmp_path / "updated", given, update=True)
    store.write_bytes(backup)
    older = content(build(store, tmp_path / "updated", given, update=True))
    assert older == content(build(store, tmp_path / "whole", given, update=False))
    assert older["statistics"]["users"] == newer["statistics"]["users"] - 1


def test_a_store_that_took_another_way_from_a_copy_is_counted_anew(tmp_path: Path) -> None:
    store = filled(tmp_path)
    given = GIVEN.model_copy(update={"popular_games": 0})
    build(store, tmp_path / "updated", given, update=True)
    backup = store.read_bytes()
    for user in ("user 98", "user 99"):
        store.write_bytes(backup)
        with DuckDBStore.open(store) as opened:
            opened.ingest(Records([review(user, app, True, f"2020-01-{10 + app}") for app in range(1, 4)]))
        updated = content(build(store, tmp_path / "updated", given, update=True))
    # Both batches have the same number, and the second store has only one of them.
    assert updated == content(build(store, tmp_path / "whole", given, update=False))


def test_a_state_with_any_damaged_block_is_counted_anew(tmp_path: Path) -> None:
    store = filled(tmp_path)
    given = GIVEN.model_copy(update={"popular_games": 0})
    expected = content(build(store, tmp_path / "whole", given, update=False))
    build(store, tmp_path / "updated", given, update=True)
    state = tmp_path / "updated.state.duckdb"
    sound = state.read_bytes()
    header, block = 3 * 4096, 1 << 18
    places = range(header, len(sound), block)
    assert len(places) > 1
    for place in places:
        state.write_bytes(sound[: place + 100] + bytes(200) + sound[place + 300 :])
        with DuckDBStore.open(store) as opened:  # so that there is something to do
            opened.ingest(Records(games=[{"app_id": 1, "tags": {"a": place, "b": 7}}]))
        expected = content(build(store, tmp_path / "whole", given, update=False))
        assert content(build(store, tmp_path / "updated", given, update=True)) == expected


def test_tags_without_a_vote_are_none(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with DuckDBStore.open(store) as opened:
        opened.ingest(Records(games=[{"app_id": 1, "tags": {"a": 0, "b": 0}}]))
    given = GIVEN.model_copy(update={"popular_games": 0})
    build(store, tmp_path / "dataset", given, update=False)
    tags = Dataset(tmp_path / "dataset").tags
    assert [len(tags.row(item)) for item in (1, 2)] == [0, 2]


def test_what_the_database_cannot_do_is_one_line(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with pytest.raises(SRecError, match="the database said: Parser Error: Memory must have a number"):
        prepare(
            str(store),
            tmp_path / "dataset",
            GIVEN,
            tags=TagSettings(),
            context=ContextSettings(),
            memory_limit="lots",
        )
    assert not (tmp_path / "dataset").exists()


def test_only_what_changed_is_counted_again(tmp_path: Path) -> None:
    store = filled(tmp_path)
    given = GIVEN.model_copy(update={"popular_games": 0})
    build(store, tmp_path / "updated", given, update=True)
    with duckdb.connect(str(tmp_path / "updated.state.duckdb")) as state:
        # A full count would repair this, but an update leaves it as long as the user wrote nothing.
        state.execute("UPDATE user_tallies SET reviews = 99")
    with DuckDBStore.open(store) as opened:
        opened.ingest(Records([review("user 0", 1, True, "2020-03-01")]))
    build(store, tmp_path / "updated", given, update=True)
    with duckdb.connect(str(tmp_path / "updated.state.duckdb")) as state:
        found = state.execute(
            "SELECT reviews, count(*) FROM user_tallies GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert found == [(6, 1), (99, 7)]


def test_exported_reviews_cannot_be_updated_from(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    with duckdb.connect() as connection:
        for name in ("reviews", "games"):
            connection.execute(
                f"COPY (SELECT 1::BIGINT AS user_key, 1 AS app_id) TO '{folder}/{name}.parquet'"
            )
    told = {"kind": "reviews", "version": 1, "simulated": True, "latest": True, "revision": "x"}
    files = {file.name: describe(file) for file in folder.iterdir()}
    (folder / "manifest.json").write_text(json.dumps(told | {"files": files}))
    with pytest.raises(SRecError, match=r"without an update \(--update\)"):
        build(folder, tmp_path / "dataset", update=True)
    assert read_manifest(folder, "reviews", 1)["revision"] == "x"
    assert not (tmp_path / "dataset").exists()
    assert (KIND, VERSION) == ("dataset", 2)
