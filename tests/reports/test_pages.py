"""The report and the leaderboard, with hostile names."""

from pathlib import Path

import pytest
from pages import HOSTILE, assert_whole_and_alone

from srec.dataset.dataset import Dataset
from srec.evaluation.settings import EvaluationSettings
from srec.experiments.candidates import Candidate
from srec.experiments.leaderboard import Board
from srec.experiments.report import write_report
from srec.models.popularity import PopularitySettings, RecentPopularitySettings
from srec.models.sr_gnn import SRGNNSettings
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.settings import TrainingSettings


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / HOSTILE, chains(12, 60, seed=0, noise=False), 12)


def test_the_report_shows_names_as_they_are(dataset: Dataset, tmp_path: Path) -> None:
    training = TrainingSettings(epochs=1, batch_size=20)
    run = train(dataset, tmp_path / "run", "sr-gnn", settings=SRGNNSettings(dimension=8), training=training)
    counted = {"popularity": PopularitySettings(), "popularity-recent": RecentPopularitySettings()}
    write_report(
        tmp_path / "report",
        dataset,
        counted=counted,
        runs={HOSTILE: run.path},
        settings=EvaluationSettings(ks=(1, 5), top=5, resamples=100),
    )
    html = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    page = assert_whole_and_alone(html, f"SRec report: {HOSTILE}")
    assert page.texts["th"].count(HOSTILE) == 10, (
        "a row of each of five tables, a column of each of five tastes"
    )
    assert f"{HOSTILE} \N{MINUS SIGN} popularity" in page.texts["th"]
    assert HOSTILE in page.texts["h3"]
    assert dataset.shows in [" ".join(text.split()) for text in page.texts["dd"]]
    assert [text.strip() for text in page.texts["li"]].count(HOSTILE) == 5, "one legend a plot of models"
    assert any(HOSTILE in text and "popularity on HR@5: difference" in text for text in page.texts["li"])
    anchors = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    sections = [f"#{attributes['id']}" for tag, attributes in page.elements if tag == "section"]
    assert anchors == sections
    assert len(sections) == 8


def test_the_leaderboard_shows_names_as_they_are(dataset: Dataset, tmp_path: Path) -> None:
    row = Candidate(
        name=HOSTILE, model="popularity", settings=PopularitySettings(), training=None, max_length=50
    )
    Board(dataset, HOSTILE, [row], tmp_path / "out").fill([row], seeds=[0], runs=tmp_path / "work")
    html = (tmp_path / "out" / "leaderboard.html").read_text(encoding="utf-8")
    page = assert_whole_and_alone(html, f"SRec leaderboard: {HOSTILE}")
    assert page.texts["th"].count(HOSTILE) == 1
    assert [text.strip() for text in page.texts["li"]].count(HOSTILE) == 1
    assert any("Simulated data" in text for text in page.texts["div"])
