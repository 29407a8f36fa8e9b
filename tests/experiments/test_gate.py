"""The gate and the figures, on a report of a toy dataset."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from srec.cli import app
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.evaluation.figures import MEANINGS, figures
from srec.evaluation.gate import failures, thresholds
from srec.evaluation.results import Report
from srec.evaluation.settings import EvaluationSettings
from srec.experiments import report as reports
from srec.experiments.report import write_report
from srec.models.popularity import PopularitySettings, RecentPopularitySettings
from srec.testing.toys import chains, write_dataset


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two counted models and nobody held out."""
    folder = tmp_path_factory.mktemp("gate")
    dataset: Dataset = write_dataset(folder / "dataset", chains(20, 60, seed=0, noise=False), 20)
    counted = {"popularity": PopularitySettings(), "popularity-recent": RecentPopularitySettings()}
    settings = EvaluationSettings(ks=(1, 5), top=5, resamples=100)
    return write_report(folder / "report", dataset, counted=counted, runs={}, settings=settings)


def test_each_threshold_that_is_not_kept_has_a_line(report: Report) -> None:
    hits = report.models["popularity"].metrics["HR@5"].value
    kept = {"popularity:next-hr": hits}
    assert failures(report, below=kept, above=kept) == []
    assert failures(report, below={"popularity:next-hr": hits + 0.1}, above={"popularity:overlap": -1}) == [
        f"next-hr of popularity is {hits:.4g}: below {hits + 0.1:g}",
        "overlap of popularity is 0: above -1",
    ]


def test_what_is_not_measured_does_not_pass(report: Report) -> None:
    found = failures(report, below={"popularity:recall": 0.0})
    assert found == ["recall of popularity is not measured, so 0 cannot be kept"]


def test_runs_are_judged_and_without_them_what_the_verdict_names(report: Report) -> None:
    with pytest.raises(SettingsError, match=r"such as smart:recall=0\.2"):
        failures(report, below={"recall": 0.2})
    limits = {"next-hr": 1.1}
    named = report.model_copy(update={"serve": "popularity"})
    assert [line.split()[2] for line in failures(named, below=limits)] == ["popularity"]
    run = named.model_copy(update={"made_from": {"dataset": "0", "run popularity-recent": "1"}})
    assert [line.split()[2] for line in failures(run, below=limits)] == ["popularity-recent"]


def test_a_threshold_that_says_nothing_is_refused(report: Report) -> None:
    assert thresholds(["smart:recall=0.2", "overlap = 5"]) == {"smart:recall": 0.2, "overlap": 5.0}
    for text in ("recall", "recall=much", "0.2"):
        with pytest.raises(SettingsError, match="figure=limit or model:figure=limit"):
            thresholds([text])
    with pytest.raises(SettingsError, match=r"no figure 'fun'; the figures are recall, ndcg"):
        thresholds(["smart:fun=1"])
    with pytest.raises(SettingsError, match=r"no model 'other'; its models are popularity"):
        failures(report, below={"other:overlap": 1})


def test_the_figures_of_a_model_are_a_small_object(report: Report) -> None:
    found = figures(report, "popularity")
    assert found["measured"] == {
        "dataset": report.dataset.fingerprint,
        "simulated": True,
        "part": "test",
        "next_length": 5,
        "players": 0,
        "told": 3,
        "length": 12,
    }
    assert set(found["figures"]) == {"overlap", "distinct", "same-first", "next-hr", "next-mrr"}
    assert set(found["figures"]) <= set(MEANINGS)
    assert found["figures"]["next-hr"].keys() == {"value", "low", "high"}


def test_the_command_fails_by_a_threshold_after_the_report_is_written(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is the one above: measuring it again is not what is tested."""
    asked = []
    monkeypatch.setattr(reports, "evaluate", lambda *given, **more: asked.append(more) or report)
    words = ["evaluate", "dataset", str(tmp_path / "report"), "--players", "people.parquet"]
    done = CliRunner().invoke(app, [*words, "--fail-below", "popularity:next-hr=2"])
    assert done.exit_code == 1
    assert "below 2" in done.output.splitlines()[-1]
    assert "report:" in done.output
    assert asked[0]["players"] == Path("people.parquet")
    passed = CliRunner().invoke(app, [*words, "--fail-above", "popularity:next-hr=2"])
    assert passed.exit_code == 0
    wrong = CliRunner().invoke(app, [*words, "--fail-above", "popularity:luck=2"])
    assert isinstance(wrong.exception, SettingsError)
    assert len(asked) == 2, "a threshold is read before anything is measured"
