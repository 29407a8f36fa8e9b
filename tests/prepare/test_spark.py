"""Spark runs the same SQL files, and its dataset equals DuckDB's, file for file."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from srec_bench.spark.bench import bench_spark
from srec_bench.spark.result import SparkResult, terminal_table
from worlds import Records, review

from srec.errors import SRecError
from srec.prepare.context import ContextSettings
from srec.prepare.engines.duckdb import prepare
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.store.sources import SOURCES
from srec.store.stores import open_reader
from srec.store.stores.duckdb import DuckDBStore
from srec.store.stores.inspection import export

pytest.importorskip("pyspark", reason="the extra spark is not installed")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 or newer", allow_module_level=True)

from srec.prepare.engines.spark import prepare as prepare_on_spark

MASTER = "local[2]"
#: Java starts once and is gone within a minute, before its second compiler would pay.
FOR_A_MINUTE = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
OTHERS: dict[str, Any] = {"tags": TagSettings(dimension=4), "context": ContextSettings()}


def content(manifest: dict[str, Any]) -> dict[str, Any]:
    """A whole manifest, including the files' checksums, without its date."""
    return {key: value for key, value in manifest.items() if key != "created_at"}


def both(where: Path, folder: Path, given: PrepareSettings) -> dict[str, Any]:
    here = content(prepare(str(where), folder / "duckdb", given, **OTHERS, threads=2).manifest)
    there = prepare_on_spark(str(where), folder / "spark", given, **OTHERS, master=MASTER).manifest
    assert content(there) == here
    assert not list(folder.glob(".*"))
    return here


@pytest.fixture(scope="module", autouse=True)
def _java_for_a_minute() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", FOR_A_MINUTE)
        yield


def count(folder: Path, what: str) -> int:
    query = f"SELECT count({what}) FROM read_parquet('{folder / 'reviews.parquet'}')"
    return int(duckdb.sql(query).fetchall()[0][0])


def test_the_shared_reviews(shared_data: Path, tmp_path: Path) -> None:
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        store.ingest(SOURCES["ucsd"](shared_data / "steam"))
    with open_reader(str(tmp_path / "store.duckdb"), whole=True) as reader:
        export(reader, tmp_path / "reviews")
    given = PrepareSettings(popular_games=10, popular_share=0.8, test_days=90, valid_days=90)
    made = both(tmp_path / "reviews", tmp_path, given)
    assert made["statistics"]["interactions"] > 10_000
    ties = count(tmp_path / "reviews", "*") - count(tmp_path / "reviews", "DISTINCT (user_key, created_at)")
    assert ties > 1_000, "reviews of one user at the same time have an order all the same"
    steps = {step["step"]: step["interactions"] for step in made["steps"]}
    assert steps["test games unknown before the test window, dropped"] > 0


def test_sequences_libraries_and_held_out_users(tmp_path: Path) -> None:
    rows = [
        {
            "user_id": f"user {user}",
            "app_id": 1 + (user * 7 + at * at) % 11,
            "place": at,
            "hours": user * at % 9,
        }
        for user in range(60)
        for at in range(6)
    ]
    reviews = [
        review(f"user {user}", 1 + user % 5, True, f"2020-03-{1 + user % 28:02}") for user in range(40)
    ]
    games = [{"app_id": app, "tags": {"a": app, "b": 7}} for app in range(1, 12)]
    with DuckDBStore.open(tmp_path / "store.duckdb", create=True) as store:
        store.ingest(Records(reviews, games, rows[:200], rows[120:]))
    with open_reader(str(tmp_path / "store.duckdb"), whole=True) as reader:
        export(reader, tmp_path / "reviews")
    given = PrepareSettings(split="users", held_out_share=0.2, popular_games=0)
    made = both(tmp_path / "reviews", tmp_path, given)
    assert "sequences/weights.npy" in made["files"]
    assert made["statistics"]["test_interactions"] > 0


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SRecError, match=r"Spark cannot read .*missing"):
        prepare_on_spark(
            str(tmp_path / "missing"), tmp_path / "dataset", PrepareSettings(), **OTHERS, master=MASTER
        )
    (tmp_path / "dataset2").mkdir()
    (tmp_path / "dataset2" / "manifest.json").write_text('{"kind": "dataset", "version": 2}')
    with pytest.raises(SRecError, match="is not a reviews directory"):
        prepare_on_spark(
            str(tmp_path / "dataset2"), tmp_path / "dataset", PrepareSettings(), **OTHERS, master=MASTER
        )
    assert not (tmp_path / "dataset").exists()


def test_simulated_reviews_with_edited_ones_are_the_same_dataset(tmp_path: Path) -> None:
    """Measured by the benchmark, here because a second Java would cost as much as the test."""
    result = bench_spark(20_000, tmp_path, memory_limit="1GB", master=MASTER)
    assert result.failure is None
    assert result.same_manifest
    assert result.differing_files == ()
    assert result.files > 20
    assert result.dataset.interactions > 5_000
    reviews = tmp_path / "reviews-20000" / "reviews.parquet"
    query = "SELECT count(*), count(DISTINCT (user_key, app_id)) FROM read_parquet(?)"
    with duckdb.connect() as connection:
        rows, latest = connection.execute(query, [str(reviews)]).fetchall()[0]
    assert latest == 20_000 < rows
    assert terminal_table(result).row_count == 3
    assert result.write(tmp_path / "spark.json") == SparkResult.read(tmp_path / "spark.json")
    differing = result.model_copy(update={"differing_files": ("items.npy",)})
    assert differing.failure == "the engines differ in items.npy"
