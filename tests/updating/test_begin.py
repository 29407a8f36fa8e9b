"""A recipe is proposed that fits how many reviews there are, and an update runs on it."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import srec
from srec.cli import app
from srec.errors import SettingsError, SourceError
from srec.simulate.world import SimulateSettings, simulate
from srec.store.sources.recognise import guess
from srec.updating.begin import begin
from srec.updating.look import FILTERS, Left, Look
from srec.updating.proposal import expectations, propose
from srec.updating.update import update

PEOPLE = {4: 160, 5: 100, 6: 60, 8: 20}
SHOP = Look(
    reviews=3000,
    positive=2500,
    users=1200,
    games=130,
    first=datetime(2022, 1, 1),
    last=datetime(2024, 1, 1),
    rejected={"app_id is missing": 3},
    left=dict.fromkeys(FILTERS, Left(1000, 300, 90, PEOPLE))
    | {(2, 2): Left(1700, 440, 110, PEOPLE), (2, 1): Left(1750, 450, 130, PEOPLE)},
    recent={7: 10, 14: 20, 30: 40, 60: 90, 90: 150, 180: 300, 365: 900, 730: 2400},
    several=450,
    simulated=False,
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The reviews of a shop with columns of its own, and a table of games without tags."""
    simulate(tmp_path / "world", SimulateSettings(reviews=2000, games=60))
    reviews = pq.read_table(tmp_path / "world" / "reviews.parquet")
    columns = ["user_id", "app_id", "positive", "created_at"]
    table = reviews.select(columns).rename_columns(["Customer", "game", "Recommended", "date"])
    csv.write_csv(table.set_column(3, "date", pc.cast(table["date"], pa.string())), tmp_path / "reviews.csv")
    games = pq.read_table(tmp_path / "world" / "games.parquet", columns=["app_id", "name"]).to_pylist()
    lines = [json.dumps({"id": game["app_id"], "title": game["name"]}) for game in games]
    (tmp_path / "games.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_an_update_runs_on_the_recipe_that_was_written(shop: Path) -> None:
    recipe, reviews = shop / "recipes" / "srec.toml", str(shop / "reviews.csv")
    options = ["--reviews", reviews, "--games", str(shop / "games.jsonl")]
    done = CliRunner().invoke(app, ["init", str(recipe), *options])
    assert done.exit_code == 0, done.output
    assert "users like two games or more" in done.output
    text = recipe.read_text(encoding="utf-8")
    assert (
        'columns = { user_id = "Customer", app_id = "game", positive = "Recommended", created_at = "date" }'
        in text
    )
    assert 'game_columns = { app_id = "id", name = "title" }' in text
    published = update(recipe).published
    assert published is not None
    assert published.figures
    with pytest.raises(SettingsError, match="is there already"):
        begin(recipe, reviews)


def test_a_rule_stands_in_place_of_a_flag(shop: Path) -> None:
    flags = csv.read_csv(shop / "reviews.csv")
    stars = pc.if_else(flags["Recommended"], 5, 2)
    csv.write_csv(flags.drop_columns("Recommended").append_column("score", stars), shop / "reviews.csv")
    recipe = shop / "srec.toml"
    given = ["--reviews", str(shop / "reviews.csv"), "--games", str(shop / "games.jsonl")]
    done = CliRunner().invoke(app, ["init", str(recipe), *given])
    assert "no column looks like positive" in str(done.exception)
    done = CliRunner().invoke(app, ["init", str(recipe), *given, "--positive", "score >= 4"])
    assert done.exit_code == 0, done.output
    assert 'positive = "score >= 4"' in recipe.read_text(encoding="utf-8")
    assert update(recipe).published is not None
    with srec.open_store(shop / "store.duckdb") as store:
        assert store.counts()["reviews"] == 2000


def test_it_asks_where_the_reviews_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["init", str(tmp_path / "srec.toml")], input=f"{tmp_path / 'none.csv'}\n")
    assert "Where are your reviews" in done.output
    assert done.exit_code == 1
    assert not (tmp_path / "srec.toml").exists()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("user,game,written", "no column looks like positive: name it"),
        ("user,author,game,liked,written", "user, author could all be user_id: name it"),
    ],
)
def test_a_column_that_cannot_be_guessed_has_to_be_named(tmp_path: Path, header: str, said: str) -> None:
    (tmp_path / "reviews.csv").write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=said):
        guess(tmp_path / "reviews.csv", "reviews", {})


def test_a_named_column_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("user,author,game,liked,written\n", encoding="utf-8")
    named = {"user_id": "author"}
    assert guess(tmp_path / "reviews.csv", "reviews", named) == {
        "user_id": "author",
        "app_id": "game",
        "positive": "liked",
        "created_at": "written",
    }


def test_a_small_shop_gets_weak_filters_and_short_lists() -> None:
    made = propose(SHOP)
    assert (made.users, made.games, made.popular_games) == (2, 2, 0)
    assert (made.split, made.share, made.min_games) == ("users", 0.2, 4)
    assert made.days == 180  # a quarter of two years
    said = list(expectations(SHOP, made))
    assert said[1] == "3 rows cannot be used: app_id is missing"
    assert "on about 32 people" in said[3]
    assert said[3].endswith("on fewer than 100, small differences are chance")


def test_a_large_site_gets_the_usual_filters_and_popular_games_by_share() -> None:
    people = dict.fromkeys(PEOPLE, 20_000)
    left = {one: Left(900_000 + 10_000 * at, 90_000, 9000, people) for at, one in enumerate(FILTERS)}
    recent = dict.fromkeys(SHOP.recent, 40_000)
    made = propose(replace(SHOP, games=20_000, left=left, recent=recent))
    assert (made.users, made.games, made.popular_games) == (3, 5, 40)
    assert (made.split, made.share, made.min_games, made.days) == ("users", 0.1, 8, 7)


def test_without_people_who_like_several_games_the_last_days_are_held_out() -> None:
    left = Left(20, 9, 8, dict.fromkeys(PEOPLE, 10))
    found = replace(SHOP, left=dict.fromkeys(FILTERS, left))
    made = propose(found)
    assert made.split == "time"
    said = list(expectations(found, made))
    assert "300 likings of the last 180 days; on fewer than 500" in said[3]
    assert [line[:24] for line in said[4:]] == ["Doubtful: only 8 games a", "Doubtful: only 9 users a"]
