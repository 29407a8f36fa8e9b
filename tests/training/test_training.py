"""How a run is trained: what it is told, how its epoch is chosen, and what it learns."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from quick_runs import ITEMS, MODEL, QUICK, Killed, assert_same, chain, fit, weights
from safetensors.numpy import load, save_file

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, TrainingError
from srec.evaluation.metrics import accuracy
from srec.evaluation.protocol import rank_all
from srec.models.base import Scorer
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings
from srec.models.narm import NARM, NARMSettings
from srec.models.session_model import TorchScorer
from srec.settings import Recipe
from srec.testing.toys import chains, write_dataset
from srec.training.loop import BETTER, Stage, Step, run_stage
from srec.training.run import _shares, train
from srec.training.runs import Run
from srec.training.settings import Metric, TrainingSettings, training_of


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return chain(tmp_path / "dataset")


def test_a_loss_that_is_not_finite_stops_and_names_the_step(dataset: Dataset, tmp_path: Path) -> None:
    wild = QUICK.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match=r"loss is (nan|inf) at step \d+ of epoch 1 .*learning_rate"):
        fit(dataset, tmp_path / "run", wild)
    assert not (tmp_path / "run").exists()


def test_a_half_life_draws_late_examples_more_often(dataset: Dataset, tmp_path: Path) -> None:
    """The 480 reviews are an hour apart, 20 days in all; a half-life of 2 days fades out the early ones."""
    fading = QUICK.model_copy(update={"half_life_days": 2.0})
    first, second = fit(dataset, tmp_path / "even"), fit(dataset, tmp_path / "fading", fading)
    assert any(not torch.equal(weights(first)[name], tensor) for name, tensor in weights(second).items())
    times = np.array([0, 86_400, 2 * 86_400])
    shares = _shares(times, 1.0, undated=times < 0)
    assert shares is not None
    assert shares == pytest.approx([1 / 7, 2 / 7, 4 / 7])


def test_an_undated_example_is_drawn_as_the_average_dated_one() -> None:
    times = np.array([0, 1_600_000_000, 0, 1_600_086_400])
    shares = _shares(times, 1.0, undated=times == 0)
    assert shares is not None
    assert shares * 12 == pytest.approx([3, 2, 3, 4])
    assert _shares(times[[0, 2]], 1.0, undated=np.ones(2, bool)) is None, "each once"


def test_the_metrics_to_choose_by_are_those_that_are_measured() -> None:
    assert set(get_args(Metric)) == set(accuracy(np.ones(1, np.int64)))
    with pytest.raises(ValidationError, match="Input should be 'HR@5'"):
        TrainingSettings(metric="HR@7")


def test_a_metric_that_is_not_measured_is_named(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"'AUC' is not measured; the metrics are .*MRR@20"):
        fit(dataset, tmp_path / "run", QUICK.model_copy(update={"metric": "AUC"}))


def test_it_stops_when_the_metric_gets_no_better(dataset: Dataset, tmp_path: Path) -> None:
    values = iter([0.1, 0.5, 0.4, 0.3, 0.9])
    patient = QUICK.model_copy(update={"epochs": 5, "patience": 2})

    def validate(scorer: Scorer) -> dict[str, float]:
        return {"MRR@20": next(values)}

    model = GCEGNN.build(dataset, MODEL)
    items, _, sessions = dataset.sequences.learnable("train")
    model.initialise(0)
    model.prepare(items, sessions)
    stage = Stage("select", examples(dataset.sequences, "train", 50), None, 5, validate)
    done = run_stage(model, stage, patient, checkpoint=tmp_path / "select.safetensors")
    # 0.5 after epoch 2 is the best; two epochs later it stops, and never sees the 0.9.
    assert [line["epoch"] for line in done.log] == [1, 2, 3, 4]
    assert done.best_epoch == 2


def test_it_is_trained_anew_for_the_chosen_epochs(dataset: Dataset, tmp_path: Path) -> None:
    run = fit(dataset, tmp_path / "run")
    curve = [line["valid"]["MRR@20"] for line in run.log if line["stage"] == "select"]
    chosen = run.manifest["chosen_epoch"]
    assert run.manifest["valid"]["MRR@20"] == curve[chosen - 1]
    assert max(curve) <= curve[chosen - 1] * BETTER
    assert [line["epoch"] for line in run.log if line["stage"] == "refit"] == [*range(1, chosen + 1)]


def test_a_path_and_a_name_are_enough(dataset: Dataset, tmp_path: Path) -> None:
    """The model has its default settings and is trained as in its paper."""
    run = train(str(dataset.path), str(tmp_path / "run"), "narm", training=QUICK)
    assert run.manifest["parameters"]["settings"] == NARMSettings().model_dump()
    assert run.training == QUICK
    assert training_of(NARM) == TrainingSettings(batch_size=512, weight_decay=0.0, decay_factor=1.0)


def test_a_papers_training_stands_over_the_defaults_and_under_a_recipe() -> None:
    recipe = Recipe(["training"], overrides=["training.batch_size=64", "training.half_life_days=10"])
    made = training_of(NARM, recipe, max_length=200, decay_factor=0.5)
    assert (made.batch_size, made.half_life_days) == (64, 10), "the recipe's"
    assert (made.decay_factor, made.weight_decay) == (1.0, 0.0), "the paper's"
    assert made.max_length == 200, "the caller's default"


def test_the_epoch_is_chosen_on_the_test_only_where_it_is_said(dataset: Dataset, tmp_path: Path) -> None:
    """A run of a paper's protocol is not taken for an honest one, and is not continued as one."""
    once = QUICK.model_copy(update={"refit": False})
    paper = fit(dataset, tmp_path / "run", once, choose_on="test")
    hits = accuracy(
        rank_all(TorchScorer(paper.load(dataset)), examples(dataset.sequences, "test", 50), ITEMS).ranks
    )
    assert paper.manifest["valid"] == hits
    with pytest.raises(TrainingError, match="chose its epoch on the test set: name another target"):
        fit(dataset, tmp_path / "run", once)
    assert "chosen_on" not in fit(dataset, tmp_path / "honest", once).manifest

    def stop(step: Step) -> None:
        if step.epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        fit(dataset, tmp_path / "begun", once, choose_on="test", watch=stop)
    assert_same(fit(dataset, tmp_path / "begun", once), fit(dataset, tmp_path / "honest", once))


def test_how_much_is_scored_at_once_changes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    assert_same(fit(dataset, tmp_path / "few", batch_size=7), fit(dataset, tmp_path / "many"))


def hit_rate(dataset: Dataset, run: Run) -> float:
    data = examples(dataset.sequences, "test", 50)
    scores = TorchScorer(run.load(dataset)).score(data.inputs(np.arange(len(data))))
    return float((scores.argmax(1) + 1 == data.targets).mean())


@pytest.mark.parametrize(("noise", "low", "high"), [(False, 0.9, 1.0), (True, 0.0, 0.25)])
def test_it_learns_a_chain_and_cannot_learn_noise(
    tmp_path: Path, noise: bool, low: float, high: float
) -> None:
    """Each item is always followed by the next one: HR@1 is 1 for a model that learns it, 1/20 by chance."""
    dataset = write_dataset(tmp_path / "d", chains(ITEMS, 300, seed=0, noise=noise), ITEMS, dimension=16)
    training = TrainingSettings(epochs=20, batch_size=16, learning_rate=0.01, decay_every=10, patience=6)
    model = GCEGNNSettings(dimension=16)
    run = train(dataset, tmp_path / "run", "gce-gnn", settings=model, training=training)
    assert low <= hit_rate(dataset, run) <= high


def test_a_damaged_counted_run_is_one_clear_line(dataset: Dataset, tmp_path: Path) -> None:
    run = train(dataset, tmp_path / "run", "smart")
    file = run.path / "weights.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArtifactError, match=r"the arrays of \S+ cannot be read"):
        run.load_counted(dataset)
    arrays = load(whole)
    arrays["ids"] = arrays["ids"][:-1]
    save_file(arrays, file)
    with pytest.raises(ArtifactError, match=r"the arrays of \S+ do not fit together"):
        run.load_counted(dataset)
