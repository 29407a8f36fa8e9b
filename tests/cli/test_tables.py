from pathlib import Path

from srec.cli.tables import report_table, reproduction_table
from srec.environment import Environment
from srec.evaluation.metrics import METRICS
from srec.evaluation.results import ReproducedRun, Reproduction
from srec.evaluation.settings import EvaluationSettings
from srec.experiments.sets import PAPER
from srec.experiments.side_by_side import side_by_side
from srec.models.popularity import Popularity, PopularitySettings
from srec.testing.toys import chains, write_dataset


def test_the_table_says_that_data_is_simulated(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "dataset", chains(12, 80, seed=0, noise=False), 12)
    fitted = Popularity.fit(dataset, PopularitySettings(), "fit")
    settings = EvaluationSettings(ks=(1, 5), top=5, resamples=200)
    made = report_table(side_by_side(dataset, {"popularity": fitted, "popularity-recent": fitted}, settings))
    assert "SIMULATED DATA" in str(made.title)
    assert made.row_count == 2


def reproduction(paper: dict[str, float], runs: int) -> Reproduction:
    figures = dict.fromkeys(METRICS, 0.3)
    one = ReproducedRun(seed=0, epochs=1, curve=[], seconds={}, metrics=figures)
    return Reproduction(
        dataset="tmall",
        protocol="paper",
        changed="",
        metrics=figures,
        deviation=figures,
        paper=paper,
        runs=[one] * runs,
        model={},
        training={},
        environment=Environment.here(),
    )


def test_the_table_stands_beside_the_papers_figures() -> None:
    made = reproduction_table(reproduction(PAPER["tmall"].figures, 1))
    assert list(made.columns[4].cells) == ["30.00", "15.42"]
    made = reproduction_table(reproduction({}, 2))
    assert list(made.columns[4].cells) == ["30.00 ± 30.00", "-"]
