"""The simulated world: shaped like Steam, reproducible by its seed, and as learnable as its setting says."""

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from srec.artifacts import read_manifest, verify
from srec.errors import ArtifactError
from srec.simulate.world import KIND, VERSION, SimulateSettings, simulate

REVIEWS = 200_000


class World:
    def __init__(self, path: Path) -> None:
        self.connection = duckdb.connect()
        for table in ("reviews", "games"):
            self.connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{path / table}.parquet')")
        self.connection.execute(
            "CREATE VIEW steps AS SELECT user_id, app_id, created_at, positive,"
            " lag(app_id) OVER (PARTITION BY user_id ORDER BY created_at) AS previous"
            " FROM reviews WHERE created_at = updated_at"
        )

    def one(self, query: str):
        (row,) = self.connection.execute(query).fetchall()
        return row if len(row) > 1 else row[0]


@pytest.fixture(scope="module", params=[0.0, 1.0], ids=["structured", "noise"])
def any_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp("world") / "world"
    simulate(path, SimulateSettings(reviews=REVIEWS, noise=request.param))
    return World(path)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[float, World]:
    folder = tmp_path_factory.mktemp("worlds")
    for noise in (0.0, 1.0):
        simulate(folder / str(noise), SimulateSettings(reviews=REVIEWS, noise=noise, seed=5))
    return {noise: World(folder / str(noise)) for noise in (0.0, 1.0)}


def test_marginals_are_those_of_steam(any_world: World) -> None:
    pairs, ones, at_most_15, mean = any_world.one(
        "SELECT sum(n), avg((n = 1)::INT), avg((n <= 15)::INT), avg(n)"
        " FROM (SELECT count(DISTINCT app_id) AS n FROM reviews GROUP BY user_id)"
    )
    assert pairs == REVIEWS
    assert ones == pytest.approx(0.547, abs=0.005)
    assert at_most_15 == pytest.approx(0.977, abs=0.003)
    assert mean == pytest.approx(3.02, rel=0.03)
    ratio = any_world.one("SELECT sum(positive::INT) / sum((NOT positive)::INT) FROM reviews")
    assert ratio == pytest.approx(5.9, rel=0.06)


def test_popularity_is_heavy_tailed(any_world: World) -> None:
    median, most, total = any_world.one(
        "SELECT median(n), max(n), sum(n) FROM (SELECT count(*) AS n FROM reviews GROUP BY app_id)"
    )
    assert most > 100 * median
    assert 0.005 < most / total < 0.15


def test_a_user_reviews_a_game_once_and_forward_in_time(any_world: World) -> None:
    rows, pairs, moments, users = any_world.one(
        "SELECT count(*), count(DISTINCT (user_id, app_id)), count(DISTINCT (user_id, created_at)),"
        " count(DISTINCT user_id) FROM steps"
    )
    assert rows == pairs == moments > users
    first, last = any_world.one("SELECT min(year(created_at)), max(year(updated_at)) FROM reviews")
    assert (first, last) == (2013, 2024)


def test_edits_come_later_under_the_same_id(any_world: World) -> None:
    edits, early = any_world.one(
        "SELECT count(*), count(*) FILTER (updated_at <= created_at) FROM reviews"
        " JOIN steps USING (user_id, app_id, created_at) WHERE updated_at != created_at"
    )
    # Each edit is joined to the version before it, which always exists.
    assert edits == any_world.one("SELECT count(*) FROM reviews") - REVIEWS > 0.01 * REVIEWS
    assert early == 0
    assert any_world.one("SELECT count(DISTINCT review_id) FROM reviews") == REVIEWS


def test_games_are_named_and_clearly_unreal(any_world: World) -> None:
    games, names, lowest = any_world.one("SELECT count(*), count(DISTINCT name), min(app_id) FROM games")
    assert games == names == SimulateSettings(reviews=REVIEWS).game_count
    assert lowest == 900_000_000
    assert any_world.one("SELECT count(*) FROM games WHERE name !~ '^[A-Z][A-Za-z0-9: ]+$'") == 0
    tags = any_world.one("SELECT count(DISTINCT tag) FROM (SELECT unnest(tags).tag AS tag FROM games)")
    assert 60 <= tags <= 100


def test_review_totals_are_those_of_the_reviews(any_world: World) -> None:
    wrong = any_world.one(
        "WITH latest AS (SELECT app_id, arg_max(positive, updated_at) AS positive FROM reviews"
        " GROUP BY user_id, app_id), counted AS (SELECT app_id, count(*) FILTER (positive) AS p,"
        " count(*) FILTER (NOT positive) AS n FROM latest GROUP BY app_id)"
        " SELECT count(*) FROM games LEFT JOIN counted USING (app_id)"
        " WHERE reviews_positive != coalesce(p, 0) OR reviews_negative != coalesce(n, 0)"
    )
    assert wrong == 0


def hit_rates(world: World) -> dict[str, float]:
    """How often the 10 likeliest games contain the next: by popularity, recent popularity, succession."""
    world.connection.execute(
        "CREATE OR REPLACE TABLE late AS FROM steps WHERE created_at > '2024-10-01' AND previous IS NOT NULL;"
        "CREATE OR REPLACE TABLE early AS FROM steps WHERE created_at <= '2024-10-01'"
    )
    top = "SELECT app_id FROM early WHERE {} GROUP BY app_id ORDER BY count(*) DESC, app_id LIMIT 10"
    rates = {
        name: world.one(f"SELECT avg((app_id IN ({top.format(rule)}))::INT) FROM late")
        for name, rule in {"ever": "true", "lately": "created_at > '2024-07-01'"}.items()
    }
    rates["follows"] = world.one(
        "WITH next AS (SELECT previous, app_id FROM early WHERE previous IS NOT NULL"
        " GROUP BY previous, app_id"
        " QUALIFY row_number() OVER (PARTITION BY previous ORDER BY count(*) DESC, app_id) <= 10)"
        " SELECT avg((next.app_id IS NOT NULL)::INT) FROM late LEFT JOIN next USING (previous, app_id)"
    )
    return rates


def test_structure_can_be_learnt_and_noise_cannot(worlds: dict[float, World]) -> None:
    structured, noise = hit_rates(worlds[0.0]), hit_rates(worlds[1.0])
    assert structured["follows"] > 1.5 * structured["lately"]
    assert structured["lately"] > 1.2 * structured["ever"]
    assert noise["follows"] < noise["ever"]
    assert noise["lately"] <= noise["ever"] + 0.02


def test_the_likeliest_successor_is_no_matter_of_popularity(worlds: dict[float, World]) -> None:
    query = (
        "WITH pairs AS (SELECT previous, app_id, count(*) AS n FROM steps WHERE previous IS NOT NULL AND"
        " user_id % 2 = 0 GROUP BY ALL), best AS (SELECT previous, arg_max(app_id, (n, app_id)) AS app_id"
        " FROM pairs GROUP BY previous) SELECT avg((best.app_id = steps.app_id)::INT),"
        " (SELECT max(n) / sum(n) FROM (SELECT count(*) AS n FROM steps GROUP BY app_id))"
        " FROM steps JOIN best USING (previous) WHERE user_id % 2 = 1"
    )
    follows, popular = worlds[0.0].one(query)
    assert follows > 3 * popular
    follows, popular = worlds[1.0].one(query)
    assert follows < 1.2 * popular


def test_verdicts_and_releases_mean_something_only_with_structure(worlds: dict[float, World]) -> None:
    # Quality: the same games get the negative reviews in both halves of the users.
    query = (
        "WITH shares AS (SELECT app_id, avg(positive::INT) FILTER (user_id % 2 = 0) AS a,"
        " avg(positive::INT) FILTER (user_id % 2 = 1) AS b FROM steps GROUP BY app_id HAVING count(*) > 200)"
        " SELECT corr(a, b) FROM shares"
    )
    assert worlds[0.0].one(query) > 0.6
    assert abs(worlds[1.0].one(query)) < 0.3
    early = "SELECT count(*) FROM steps JOIN games USING (app_id) WHERE created_at < release_date"
    assert worlds[0.0].one(early) == 0
    assert worlds[1.0].one(early) > 0


def test_tags_tell_what_follows_only_with_structure(worlds: dict[float, World]) -> None:
    # A successor has the topic of the game before, so its most voted tag is the same more often.
    query = (
        "WITH firsts AS (SELECT app_id, tags[1].tag AS tag FROM games WHERE tags_kind = 'votes')"
        " SELECT avg((a.tag = b.tag)::INT) FROM steps JOIN firsts a ON a.app_id = steps.app_id"
        " JOIN firsts b ON b.app_id = previous"
    )
    assert worlds[0.0].one(query) > 2 * worlds[1.0].one(query)


def test_a_seed_is_a_world(tmp_path: Path) -> None:
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(tmp_path / name, SimulateSettings(reviews=2_000, seed=seed))
        files.append(read_manifest(tmp_path / name, KIND, VERSION)["files"])
    assert files[0] == files[1] != files[2]


def test_the_manifest_and_the_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(
        tmp_path / "world", SimulateSettings(reviews=1_000, games=50), lambda *counts: seen.append(counts)
    )
    manifest = verify(tmp_path / "world", KIND, VERSION)
    assert manifest["simulated"] is True
    assert (manifest["reviews"], manifest["games"]) == (1_000, 50)
    assert manifest["parameters"] == {"reviews": 1_000, "games": 50, "seed": 0, "noise": 0.0}
    assert seen[-1] == (1_000, 1_000)


@pytest.mark.parametrize("reviews", [1, 2, 100])
def test_the_smallest_worlds_work(reviews: int, tmp_path: Path) -> None:
    simulate(tmp_path / "world", SimulateSettings(reviews=reviews, games=16))
    assert World(tmp_path / "world").one("SELECT count(DISTINCT (user_id, app_id)) FROM reviews") == reviews


def test_another_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(ArtifactError):
        simulate(tmp_path, SimulateSettings(reviews=100))


def test_settings_are_checked() -> None:
    for wrong in ({"noise": 1.5}, {"reviews": 0}, {"games": 3}, {"users": 5}):
        with pytest.raises(ValidationError):
            SimulateSettings(**wrong)
