from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.sessions import TEST, TRAIN
from srec.errors import SettingsError
from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Protocol, Reproduction
from srec.experiments import reproduce as module
from srec.experiments.reproduce import reproduce, training_settings
from srec.experiments.sets import model_settings
from srec.models.gce_gnn import GCEGNNSettings
from srec.training import run as training_run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Each item is followed by the next one of 30."""
    folder = tmp_path / "toy"
    folder.mkdir()
    generator = np.random.default_rng(0)
    sessions = [((start + np.arange(5)) % 30 + 1).tolist() for start in generator.integers(30, size=150)]
    pq.write_table(pa.table({"session": sessions[:120]}), folder / TRAIN)
    inputs, targets = [row[:3] for row in sessions[120:]], [row[3] for row in sessions[120:]]
    pq.write_table(pa.table({"session": inputs, "target": targets}), folder / TEST)
    return folder


def reproduced(
    source: Path, work: Path, protocol: Protocol, seeds: int, epochs: int, *overrides: str, **given: object
) -> Reproduction:
    return reproduce(
        "gce-gnn",
        source,
        work=work,
        protocol=protocol,
        seeds=seeds,
        epochs=epochs,
        overrides=overrides,
        **given,
    )


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = GCEGNNSettings(dimension=8, tags=False, context=False, dropout_global=0.0)
    monkeypatch.setattr(module, "model_settings", lambda name: settings)
    faster = {"learning_rate": 0.01, "batch_size": 20}
    monkeypatch.setattr(
        module,
        "training_settings",
        lambda *given: training_settings(*given).model_copy(update=faster),
    )


def test_the_paper_protocol_takes_the_best_epoch_of_each_metric(source: Path, tmp_path: Path) -> None:
    result = reproduced(source, tmp_path / "work", "paper", 1, 3)
    (run,) = result.runs
    assert run.epochs == 3
    for metric in METRICS:
        assert run.metrics[metric] == max(epoch[metric] for epoch in run.curve)
    assert result.path == tmp_path / "work" / result.dataset / "paper-epochs=3.json"
    assert Reproduction.read(result.path) == result


def test_the_honest_protocol_looks_at_the_test_once_for_each_seed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    real = module.validator

    def watched(dataset: object, max_length: int, *, part: str, batch_size: int) -> object:
        measure = real(dataset, max_length, part=part, batch_size=batch_size)  # type: ignore[arg-type]
        return lambda scorer: looks.append(part) or measure(scorer)

    for room in (module, training_run):
        monkeypatch.setattr(room, "validator", watched)
    result = reproduced(source, tmp_path / "work", "honest", 2, 2)
    assert looks == ["valid", "valid", "test"] * 2
    values = [run.metrics["MRR@20"] for run in result.runs]
    assert result.metrics["MRR@20"] == pytest.approx(np.mean(values))
    assert result.deviation["MRR@20"] == pytest.approx(np.std(values, ddof=1))
    assert [run.chosen_epoch for run in result.runs] == [
        1 + int(np.argmax([epoch["MRR@20"] for epoch in run.curve])) for run in result.runs
    ]


def test_both_protocols_train_on_all_sessions_to_the_same_bits(source: Path, tmp_path: Path) -> None:
    """The one measurement of "honest" equals the same epoch on the curve of "paper"."""
    change = "gce-gnn.dropout_global=0.5"
    (paper,) = reproduced(source, tmp_path / "work", "paper", 1, 3, change).runs
    (honest,) = reproduced(source, tmp_path / "work", "honest", 1, 3, change).runs
    assert honest.chosen_epoch is not None
    same = paper.curve[honest.chosen_epoch - 1]
    assert honest.metrics == {metric: same[metric] for metric in METRICS}
    assert len({epoch["MRR@20"] for epoch in paper.curve}) == 3, "epochs that cannot be told apart"


def test_a_finished_run_is_not_trained_again(source: Path, tmp_path: Path) -> None:
    first = reproduced(source, tmp_path / "work", "paper", 1, 2)
    steps: list[object] = []
    assert reproduced(source, tmp_path / "work", "paper", 1, 2, watch=steps.append) == first
    assert steps == []


def test_changes_stand_in_the_result_and_beside_the_papers_run(source: Path, tmp_path: Path) -> None:
    plain = reproduced(source, tmp_path / "work", "paper", 1, 2)
    changes = ("training.decay_every=1", "gce-gnn.hops=2")
    changed = reproduced(source, tmp_path / "work", "paper", 1, 2, *changes)
    assert (plain.changed, changed.changed) == (
        "epochs=2",
        "epochs=2, training.decay_every=1, gce-gnn.hops=2",
    )
    assert (changed.training["decay_every"], changed.model["hops"]) == (1, 2)
    assert changed.training == {**plain.training, "decay_every": 1}
    assert (plain.runs[0].peak_memory_mb or {})["select"][0] > 0
    files = sorted(file.name for file in (tmp_path / "work" / plain.dataset).glob("*.json"))
    assert files == [
        "paper-epochs=2-training.decay_every=1-gce-gnn.hops=2.json",
        "paper-epochs=2.json",
    ]
    for fixed in ("training.seed=5", "training.epochs=1", "training.refit=true"):
        with pytest.raises(SettingsError, match="cannot be set here"):
            reproduced(source, tmp_path / "work", "paper", 1, 2, fixed)
    with pytest.raises(SettingsError, match="no section"):
        reproduced(source, tmp_path / "work", "paper", 1, 2, "tags.dimension=3")


def test_memory_is_bounded_by_a_setting_that_changes_nothing_else(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = set()
    real = module.validator
    for room in (module, training_run):
        monkeypatch.setattr(
            room, "validator", lambda *given, **named: sizes.add(named["batch_size"]) or real(*given, **named)
        )
    plain = reproduced(source, tmp_path / "work", "paper", 1, 2)
    steps: list[object] = []
    few = reproduced(source, tmp_path / "work", "paper", 1, 2, "evaluation.batch_size=7", watch=steps.append)
    assert (few, steps, sizes) == (plain, [], {256})
    (anew,) = reproduced(source, tmp_path / "anew", "paper", 1, 2, "evaluation.batch_size=7").runs
    assert sizes == {256, 7}
    assert anew.curve == plain.runs[0].curve
    with pytest.raises(SettingsError, match=r"evaluation\.ks is for srec evaluate"):
        reproduced(source, tmp_path / "work", "paper", 1, 2, "evaluation.ks=[3]")


def test_the_settings_are_the_papers() -> None:
    diginetica, tmall = model_settings("diginetica"), model_settings("tmall")
    assert (diginetica.hops, diginetica.dropout_gcn, diginetica.dropout_local) == (2, 0.2, 0.0)
    assert (tmall.hops, tmall.dropout_gcn, tmall.dropout_local) == (1, 0.6, 0.5)
    for settings in (diginetica, tmall):
        assert (settings.dimension, settings.neighbours, settings.window) == (100, 12, 3)
        assert not settings.tags
        assert not settings.context
    training = training_settings("paper", 3, 20)
    assert (training.batch_size, training.learning_rate, training.weight_decay) == (100, 1e-3, 1e-5)
    assert (training.decay_every, training.decay_factor, training.refit) == (3, 0.1, False)
    assert training.patience == 20
    honest = training_settings("honest", 3, 20)
    assert honest.refit
    assert honest.patience == 3


def test_what_is_no_protocol_of_a_paper_is_refused(source: Path, tmp_path: Path) -> None:
    for model, protocol in (("narm", "paper"), ("gce-gnn", "both")):
        with pytest.raises(SettingsError, match="there is the model gce-gnn, and the protocols are"):
            reproduce(model, source, protocol=protocol, work=tmp_path)  # type: ignore[arg-type]
