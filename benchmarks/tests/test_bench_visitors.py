"""What visitors get, on a small invented catalogue."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from srec_bench.making import MakingResult, bench_making, cells
from srec_bench.making import markdown as making_markdown
from srec_bench.visitors.again import SEED, WEEK, bench_again
from srec_bench.visitors.again import markdown as again_markdown
from srec_bench.visitors.bench import bench_visitors
from srec_bench.visitors.dislikes import DislikesResult, bench_dislikes
from srec_bench.visitors.dislikes import markdown as dislikes_markdown
from srec_bench.visitors.result import OVERLAPS, VisitorsResult, markdown
from srec_bench.visitors.tastes import TASTES
from srec_bench.visitors.ten_lines import TenLines
from srec_bench.visitors.window import WindowResult, bench_window
from srec_bench.visitors.window import markdown as window_markdown

from srec.dataset.dataset import Dataset
from srec.dataset.dislikes import Dislikes
from srec.evaluation.players import from_file
from srec.evaluation.settings import VisitorSettings
from srec.experiments.visitors import visitors
from srec.models.base import SumScorer
from srec.models.smart import Smart, SmartSettings
from srec.recipes import read_recipe
from srec.testing.toys import chains, write_dataset
from srec.training.run import train

ITEMS = 60


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("visitors") / "games"
    return write_dataset(path, chains(ITEMS, 300, seed=0, noise=False), ITEMS)


@pytest.fixture(scope="module")
def file(games: Dataset) -> Path:
    """Players of ten games along the cycle."""
    generator = np.random.default_rng(0)
    starts = generator.integers(ITEMS, size=40)
    items = (starts[:, None] + np.arange(10)) % ITEMS + 1
    columns = {
        "user_id": np.repeat(np.arange(40), 10).astype(str),
        "app_id": games.app_ids[items.ravel()],
        "hours": generator.uniform(1, 100, items.size),
    }
    path = games.path.parent / "players.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_the_figures_are_those_of_a_report(games: Dataset, file: Path, tmp_path: Path) -> None:
    result = bench_visitors(games, file, draws=2)
    assert result.players == 40
    smart = Smart.fit(games, SmartSettings(), "fit")
    settings = VisitorSettings(draws=2)
    report = visitors(games, {"smart": smart}, settings, players=from_file(file, games), resamples=1)
    recall = report.fold_in[3].models["smart"].metrics["recall@12"].value
    assert result.everybody["smart"].at_default.recall == pytest.approx(recall)
    halves = [of["smart"].at_default.recall for of in (result.even, result.odd)]
    assert np.mean(halves) == pytest.approx(recall)
    assert result.everybody["popularity"].at_default.overlap == 12
    assert {point.overlap for point in result.everybody["smart"].at} <= set(OVERLAPS)
    assert result.stability["permuted"]["smart"] == 1
    assert result.write(tmp_path / "visitors.json") == VisitorsResult.read(tmp_path / "visitors.json")
    assert "| smart |" in "\n".join(markdown({"visitors.json": result}))


def test_a_taste_is_answered_where_its_games_are_known(
    games: Dataset, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = tuple(int(app_id) for app_id in games.app_ids[[5, 6, 7]])
    monkeypatch.setattr("srec_bench.visitors.bench.TASTES", {"near": near, "unknown": (1, 2, 3)})
    result = bench_visitors(games, file, draws=1)
    assert list(result.tastes) == ["near"]
    assert list(result.tastes["near"].named) == ["Game 5", "Game 6", "Game 7"]
    assert {"Game 4", "Game 8"} < set(result.tastes["near"].answer)
    assert (result.overlap, result.same_first) == (result.tastes["near"].popular, 1)


def test_the_tastes_are_fifteen_and_no_game_is_in_two() -> None:
    named = [app_id for taste in TASTES.values() for app_id in taste]
    assert (len(TASTES), len(set(named))) == (15, 45)


def test_the_sum_of_ten_lines_is_a_sum(games: Dataset) -> None:
    model = TenLines(games)
    assert isinstance(model, SumScorer)
    named, likes = np.array([[5]]), np.ones((1, 1), np.float32)
    popular_V = model.weigh(named, likes, popularity=1)[0]
    assert np.array_equal(popular_V, model.weigh(named + 3, likes, popularity=1)[0])
    assert {4, 6} <= set((np.argsort(-model.weigh(named, likes, popularity=0)[0])[:4] + 1).tolist())


def test_the_window_tells_hits_off_the_head(games: Dataset, tmp_path: Path) -> None:
    training = {"epochs": 1, "refit": False}
    run = train(games, tmp_path / "run", "sr-gnn", settings={"dimension": 8}, training=training)
    result = bench_window(games, run)
    assert result.examples == 300
    assert 0 < result.off_head < 300
    own = result.models["smart"]
    assert own.off_head <= min(result.off_head, own.hr_10 * 300 + 1e-6)
    assert own.mrr_10 <= own.hr_10
    assert result.models["popularity-recent"].overlap > own.overlap
    assert result.popular_end["HR@10"].low <= result.popular_end["HR@10"].high
    assert result.write(tmp_path / "window.json") == WindowResult.read(tmp_path / "window.json")
    assert "| smart |" in "\n".join(window_markdown({"window.json": result}))


def test_a_bundle_is_made_and_its_cost_told(games: Dataset, tmp_path: Path) -> None:
    result = bench_making(games)
    assert list(result.steps) == ["train", "export", "verify"]
    assert all(
        step.seconds > 0 and step.cpu_seconds > 0 and step.peak_mb > 10 for step in result.steps.values()
    )
    assert result.bundle_mb > 0
    assert cells(result)[0] == f"{result.dataset.interactions:,} (simulated)"
    assert result.write(tmp_path / "making.json") == MakingResult.read(tmp_path / "making.json")
    assert "[making.json]" in "\n".join(making_markdown({"making.json": result}))


def test_dislikes_are_measured_with_and_without_what_they_teach(
    games: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = len(games.sequences)
    # Half of the users dislike games 7 and 8, which then come later; every other user likes them.
    told = np.where(np.arange(users) % 2, 2, 0)
    items = np.tile(np.array([7, 8], np.int32), int(told.sum()) // 2)
    dislikes = Dislikes(items, np.zeros(len(items), np.int64), np.concatenate(([0], told.cumsum())))
    monkeypatch.setitem(games.__dict__, "dislikes", dislikes)
    result = bench_dislikes(games)
    before, learnt = result.everybody["no dislikes"], result.everybody["learnt"]
    assert before.intrusion_change.value == 0
    assert learnt.intrusion.value < before.intrusion.value
    assert learnt.intrusion_change.value == pytest.approx(learnt.intrusion.value - before.intrusion.value)
    assert result.several["learnt and told"].intrusion.sessions == (told > 1).sum()
    assert result.write(tmp_path / "dislikes.json") == DislikesResult.read(tmp_path / "dislikes.json")
    assert "| all | learnt |" in "\n".join(dislikes_markdown({"dislikes.json": result}))


def test_what_is_counted_again_answers_the_same_but_for_more_reviews(tmp_path: Path) -> None:
    lists = [[(first + step) % ITEMS + 1 for step in range(12)] for first in range(2 * ITEMS)]
    short = [(one[:9], one[9:11], one[11:]) for one in lists]
    result = bench_again(write_dataset(tmp_path / "data", short, ITEMS), (), tmp_path, recipe=read_recipe())
    for name, found in result.models.items():
        assert found[SEED]["RBO@10"].value == found[SEED]["Jaccard@10"].value == 1, name
    assert result.models["item-knn"][WEEK]["RBO@10"].value < 1
    assert result.added == sum(len(new) for _, new, _ in short)
    assert any("a week more" in line for line in again_markdown({"file": result}))
