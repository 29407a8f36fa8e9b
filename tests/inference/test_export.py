"""Train/serve parity: a bundle answers as the torch model it was exported from."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import srec
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.evaluation.figures import figures
from srec.inference import export as exporting
from srec.inference.bundle import Bundle
from srec.inference.catalogue import read_games
from srec.inference.export import export
from srec.inference.golden import MOST_LIKED
from srec.inference.recommender import Recommender
from srec.models.gce_gnn import GCEGNNSettings
from srec.models.sasrec import SASRecSettings
from srec.models.session_model import TorchScorer
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import TrainingSettings

ITEMS = 40


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Run, Recommender]:
    folder = tmp_path_factory.mktemp("export")
    dataset = write_dataset(folder / "dataset", chains(ITEMS, 200, seed=0, noise=False), ITEMS)
    training = TrainingSettings(epochs=2, batch_size=32, learning_rate=0.01)
    model = GCEGNNSettings(dimension=8, hops=2)
    run = train(dataset, folder / "run", "gce-gnn", settings=model, training=training)
    return dataset, run, Recommender(export(dataset, run, folder / "bundle"))


@settings(max_examples=60, deadline=None)
@given(liked=st.lists(st.integers(1, ITEMS), min_size=1, max_size=25, unique=True))
def test_the_bundle_answers_as_the_torch_model(
    world: tuple[Dataset, Run, Recommender], liked: list[int]
) -> None:
    dataset, run, recommender = world
    scores = TorchScorer(run.load(dataset)).score(np.array([liked]))[0]
    order = [item for item in np.argsort(-scores, kind="stable") + 1 if item not in liked]
    answer = recommender.recommend([10 * item for item in liked], k=ITEMS)
    served = {game.app_id // 10: game.score for game in answer.games}
    np.testing.assert_allclose([served[item] for item in order], scores[np.array(order, int) - 1], atol=1e-5)
    # The order is the same unless two scores are closer than float32 can distinguish.
    for ours, theirs in zip(served, order, strict=True):
        assert ours == theirs or abs(scores[ours - 1] - scores[theirs - 1]) < 1e-5


def test_a_bundle_is_written_once(world: tuple[Dataset, Run, Recommender]) -> None:
    dataset, run, recommender = world
    before = recommender.bundle.path.stat().st_mtime_ns
    again = export(dataset, run, recommender.bundle.path)
    assert again.path.stat().st_mtime_ns == before
    assert again.fingerprint == recommender.bundle.fingerprint


def test_golden_sessions_are_no_longer_than_what_a_visitor_can_send(tmp_path: Path) -> None:
    longer = (list(range(1, 150)), [150], [])
    dataset = write_dataset(tmp_path / "dataset", [longer, longer], 150)
    training = TrainingSettings(epochs=1, max_length=200)
    settings = SASRecSettings(dimension=8)
    run = train(dataset, tmp_path / "run", "sasrec", settings=settings, training=training)
    lengths = [len(golden.liked) for golden in export(dataset, run, tmp_path / "bundle").golden]
    assert max(lengths) == MOST_LIKED


def test_an_export_that_scores_differently_does_not_appear(
    world: tuple[Dataset, Run, Recommender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, run, recommender = world
    encoder = (recommender.bundle.path / "encoder.onnx").read_bytes()

    class Wrong:
        def __init__(self, *given: object) -> None: ...

        def score(self, items_BL: np.ndarray) -> np.ndarray:
            return np.zeros((len(items_BL), ITEMS), np.float32)

    monkeypatch.setattr(exporting, "encoder_onnx", lambda model: encoder)
    monkeypatch.setattr(exporting, "OnnxScorer", Wrong)
    with pytest.raises(exporting.ArtifactError, match="scores differently"):
        export(dataset, run, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_games_carry_what_the_page_shows(world: tuple[Dataset, Run, Recommender]) -> None:
    _, _, recommender = world
    assert [game.name for game in recommender.bundle.games[:2]] == ["Game 1", "Game 2"]
    assert isinstance(Bundle(recommender.bundle.path).games[0].developers, tuple)


def test_games_of_a_dataset_whose_path_has_a_star_are_its_own(tmp_path: Path) -> None:
    for name in ("a*b", "a and b"):
        write_dataset(tmp_path / name, chains(8, 9, seed=0, noise=False), 8)
    assert len(read_games(Dataset(tmp_path / "a*b")).infos) == 8


def test_a_bundle_names_no_path_of_the_machine_it_was_made_on(
    world: tuple[Dataset, Run, Recommender],
) -> None:
    _, _, recommender = world
    package = str(Path(exporting.__file__).parents[2]).encode()
    for file in recommender.bundle.path.iterdir():
        assert package not in file.read_bytes(), file.name


def test_a_bundle_keeps_the_figures_of_its_report(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "dataset", chains(30, 60, seed=0, noise=False), 30)
    run = srec.train(dataset, tmp_path / "run")
    plain = srec.export(dataset, run, tmp_path / "plain")
    assert "figures" not in plain.config
    report = srec.evaluate(dataset, tmp_path / "report", runs=[run])
    assert set(report.models) >= {"run", "popularity"}
    assert "smart" not in report.models, "the run takes the counted model's place"
    for measured in (report, tmp_path / "report"):
        bundle = srec.export(dataset, run, tmp_path / "bundle", report=measured)
        assert bundle.config["figures"] == figures(report, "run")
    assert Recommender(bundle).recommend([10], k=3).sum is not None
    other = srec.train(dataset, tmp_path / "other", settings={"popularity": 0.5})
    with pytest.raises(SettingsError, match="other"):
        srec.export(dataset, other, tmp_path / "nothing", report=report)
    assert not (tmp_path / "nothing").exists()
