import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from pages import assert_whole_and_alone

from srec.artifacts import verify
from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, SRecError
from srec.evaluation.comparison import Estimate
from srec.evaluation.results import Report
from srec.evaluation.settings import EvaluationSettings
from srec.experiments import report
from srec.experiments.report import KIND, VERSION, evaluate, write_report
from srec.experiments.side_by_side import side_by_side
from srec.models.base import ItemsBL, ScoresBV
from srec.models.gce_gnn import GCEGNNSettings
from srec.models.popularity import Popularity, PopularitySettings, RecentPopularitySettings
from srec.models.tags import TagScorerSettings
from srec.settings import Settings
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import TrainingSettings

ITEMS = 12
SETTINGS = EvaluationSettings(ks=(1, 5), top=5, resamples=200)
COUNTED = {
    "popularity": PopularitySettings(),
    "popularity-recent": RecentPopularitySettings(),
    "tags": TagScorerSettings(),
}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "dataset", chains(ITEMS, 80, seed=0, noise=False), ITEMS)


@pytest.fixture
def run(dataset: Dataset, tmp_path: Path) -> Path:
    training = TrainingSettings(epochs=2, batch_size=16, learning_rate=0.01)
    model = GCEGNNSettings(dimension=8)
    return train(dataset, tmp_path / "gce-gnn", "gce-gnn", settings=model, training=training).path


def write(folder: Path, dataset: Dataset, run: Path, models: Mapping[str, Settings] = COUNTED) -> Report:
    return write_report(folder / "report", dataset, counted=models, runs={"gce-gnn": run}, settings=SETTINGS)


class Next:
    """Knows the cycle: after item i comes i + 1."""

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        lengths = (items_BL > 0).sum(1)
        last = items_BL[np.arange(len(items_BL)), lengths - 1]
        return np.eye(ITEMS, dtype=np.float32)[last % ITEMS]


class Backwards(Next):
    """Puts the right answer last."""

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        return -super().score(items_BL)


def counted(dataset: Dataset) -> dict[str, Popularity]:
    fitted = Popularity.fit(dataset, PopularitySettings(), "fit")
    return {"popularity": fitted, "popularity-recent": fitted}


def test_what_is_right_wins_and_what_is_wrong_loses(dataset: Dataset) -> None:
    result = side_by_side(dataset, counted(dataset) | {"next": Next(), "backwards": Backwards()}, SETTINGS)
    right, wrong = result.models["next"], result.models["backwards"]
    assert right.metrics["HR@1"] == Estimate(1.0, 1.0, 1.0, 80)
    assert right.against["HR@5"].verdict == "better"
    assert wrong.metrics["HR@5"].value == 0
    assert wrong.against["HR@5"].verdict == "worse"
    assert any(line.startswith("next beats popularity ") for line in result.verdicts)
    assert any(line.startswith("backwards is worse than popularity ") for line in result.verdicts)
    assert any("next beats" in line for line in result.slice_wins)
    assert any("backwards is worse" in line for line in result.slice_losses)


def test_a_model_that_is_popularity_is_not_said_to_beat_it(dataset: Dataset) -> None:
    scorers = counted(dataset)
    result = side_by_side(dataset, scorers | {"copy": scorers["popularity"]}, SETTINGS)
    assert {found.verdict for found in result.models["copy"].against.values()} == {"no clear difference"}
    assert all("does not beat" in line for line in result.verdicts)


def test_the_report_is_whole_and_stands_alone(dataset: Dataset, run: Path, tmp_path: Path) -> None:
    result = write(tmp_path, dataset, run)
    verify(tmp_path / "report", KIND, VERSION)
    assert Report.read(tmp_path / "report" / "report.json") == result
    assert list(result.models) == ["popularity", "popularity-recent", "tags", "gce-gnn"]
    assert {"date", "python", "torch", "numpy", "srec"} <= result.environment.flat().keys()
    log, chosen = Run(run).log, result.validation["gce-gnn"]
    assert chosen == {"epoch": chosen["epoch"], **log[chosen["epoch"] - 1]["valid"]}
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert_whole_and_alone(page, "SRec report: dataset")
    assert page.count("<svg") >= 5
    assert "Simulated data" in page
    assert all(line.replace("<", "&lt;") in page for line in result.verdicts)


def test_a_report_is_not_measured_twice(
    dataset: Dataset, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path, dataset, run)
    calls = []
    monkeypatch.setattr(report, "side_by_side", lambda *given, **named: calls.append(given) or first)
    assert write(tmp_path, dataset, run) == first
    assert calls == []
    other = COUNTED | {"popularity-recent": RecentPopularitySettings(half_life_days=1)}
    write(tmp_path, dataset, run, other)
    assert len(calls) == 1


def test_a_run_of_another_dataset_is_refused(dataset: Dataset, run: Path, tmp_path: Path) -> None:
    other = write_dataset(tmp_path / "other", chains(ITEMS, 80, seed=1, noise=False), ITEMS)
    with pytest.raises(ArtifactError, match="trained on another dataset"):
        write(tmp_path, other, run)
    assert not (tmp_path / "report").exists()


def test_an_empty_test_window_is_said(tmp_path: Path) -> None:
    sessions = [(train, valid + test, []) for train, valid, test in chains(ITEMS, 20, seed=0, noise=False)]
    dataset = write_dataset(tmp_path / "dataset", sessions, ITEMS)
    with pytest.raises(SRecError, match="no test examples: prepare it with a longer test window"):
        side_by_side(dataset, counted(dataset), SETTINGS)


def test_a_baseline_that_is_not_measured_is_named(dataset: Dataset) -> None:
    with pytest.raises(SRecError, match="the baseline 'popularity' is not among the models: next"):
        side_by_side(dataset, {"next": Next()}, SETTINGS)


def evaluated(dataset: Dataset, folder: Path, *runs: Run | Path) -> Report:
    return evaluate(dataset.path, folder / "report", runs=runs, overrides=["evaluation.resamples=100"])


def test_one_call_measures_all_counted_models_that_fit_and_the_runs(
    dataset: Dataset, run: Path, tmp_path: Path
) -> None:
    found = evaluated(dataset, tmp_path, Run(run))
    assert {"popularity", "tags", "markov", "blend", "gce-gnn"} <= set(found.models)
    assert not {"own-items", "narm"} & set(found.models)
    assert found.settings.resamples == 100
    assert found.path == tmp_path / "report" / "report.json"


def test_runs_that_cannot_be_told_apart_are_refused(dataset: Dataset, run: Path, tmp_path: Path) -> None:
    twin = shutil.copytree(run, tmp_path / "elsewhere" / run.name)
    with pytest.raises(SRecError, match="two runs have the same name: rename one of their folders"):
        evaluated(dataset, tmp_path, run, twin)
    counted_name = shutil.copytree(run, tmp_path / "popularity")
    with pytest.raises(SRecError, match="the run popularity has the name of a counted model"):
        evaluated(dataset, tmp_path, counted_name)


def test_a_report_of_an_older_version_is_made_anew(dataset: Dataset, run: Path, tmp_path: Path) -> None:
    first = write(tmp_path, dataset, run)
    manifest = tmp_path / "report" / "manifest.json"
    old = json.loads(manifest.read_text(encoding="utf-8")) | {"version": VERSION - 1}
    manifest.write_text(json.dumps(old), encoding="utf-8")
    (tmp_path / "report" / "report.json").write_text("{}", encoding="utf-8")
    assert write(tmp_path, dataset, run).models["gce-gnn"].metrics == first.models["gce-gnn"].metrics
