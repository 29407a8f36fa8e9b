import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.sessions import TEST, TRAIN
from srec.errors import SettingsError, SourceError
from srec.experiments import reproduce as module
from srec.experiments.reproduce import located, model_settings, reproduce, table, training_settings
from srec.experiments.rows import METRICS
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
    result = reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=3)
    (run,) = result["runs"]
    assert run["epochs"] == 3
    for metric in METRICS:
        assert run["metrics"][metric] == max(epoch[metric] for epoch in run["curve"])
    assert (
        json.loads((tmp_path / "work" / "toy" / "paper-epochs=3.json").read_text(encoding="utf-8")) == result
    )


def test_the_honest_protocol_looks_at_the_test_once_for_each_seed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    real = module.validator

    def watched(dataset: object, max_length: int, part: str, batch_size: int) -> object:
        measure = real(dataset, max_length, part, batch_size)  # type: ignore[arg-type]
        return lambda scorer: looks.append(part) or measure(scorer)

    for room in (module, training_run):
        monkeypatch.setattr(room, "validator", watched)
    result = reproduce(source, "toy", tmp_path / "work", "honest", [0, 1], epochs=2)
    assert looks == ["valid", "valid", "test"] * 2
    values = [run["metrics"]["MRR@20"] for run in result["runs"]]
    assert result["metrics"]["MRR@20"] == pytest.approx(np.mean(values))
    assert result["deviation"]["MRR@20"] == pytest.approx(np.std(values, ddof=1))
    assert [run["chosen_epoch"] for run in result["runs"]] == [
        1 + int(np.argmax([epoch["MRR@20"] for epoch in run["curve"]])) for run in result["runs"]
    ]


def test_both_protocols_train_on_all_sessions_to_the_same_bits(source: Path, tmp_path: Path) -> None:
    """What "honest" measures once is the epoch of that number on the curve of "paper"."""
    changes = ["gce-gnn.dropout_global=0.5"]
    (paper,) = reproduce(source, "toy", tmp_path / "work", "paper", [0], 3, changes)["runs"]
    (honest,) = reproduce(source, "toy", tmp_path / "work", "honest", [0], 3, changes)["runs"]
    same = paper["curve"][honest["chosen_epoch"] - 1]
    assert honest["metrics"] == {metric: same[metric] for metric in METRICS}
    assert len({epoch["MRR@20"] for epoch in paper["curve"]}) == 3, "epochs that cannot be told apart"


def test_a_finished_run_is_not_trained_again(source: Path, tmp_path: Path) -> None:
    first = reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=2)
    steps = []
    assert reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=2, watch=steps.append) == first
    assert steps == []


def test_changes_stand_in_the_result_and_beside_the_papers_run(source: Path, tmp_path: Path) -> None:
    plain = reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=2)
    changes = ["training.decay_every=1", "gce-gnn.hops=2"]
    changed = reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=2, changes=changes)
    assert (plain["changed"], changed["changed"]) == (
        "epochs=2",
        "epochs=2, training.decay_every=1, gce-gnn.hops=2",
    )
    assert (changed["training"]["decay_every"], changed["model"]["hops"]) == (1, 2)
    assert changed["training"] == plain["training"] | {"decay_every": 1}
    assert plain["runs"][0]["peak_memory_mb"]["select"][0] > 0
    files = sorted(file.name for file in (tmp_path / "work" / "toy").glob("*.json"))
    assert files == [
        "paper-epochs=2-training.decay_every=1-gce-gnn.hops=2.json",
        "paper-epochs=2.json",
    ]
    for fixed in ("training.seed=5", "training.epochs=1", "training.refit=true"):
        with pytest.raises(SettingsError, match="cannot be set here"):
            reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=2, changes=[fixed])
    with pytest.raises(SettingsError, match="no section"):
        reproduce(source, "toy", tmp_path / "work", "paper", [0], epochs=2, changes=["tags.dimension=3"])


def test_memory_is_bounded_by_a_setting_that_changes_nothing_else(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = set()
    real = module.validator
    for room in (module, training_run):
        monkeypatch.setattr(room, "validator", lambda *given: sizes.add(given[3]) or real(*given))
    plain = reproduce(source, "toy", tmp_path / "work", "paper", [0], 2)
    steps: list[object] = []
    few = reproduce(
        source, "toy", tmp_path / "work", "paper", [0], 2, ["evaluation.batch_size=7"], steps.append
    )
    assert (few, steps, sizes) == (plain, [], {256})
    (anew,) = reproduce(source, "toy", tmp_path / "anew", "paper", [0], 2, ["evaluation.batch_size=7"])[
        "runs"
    ]
    assert sizes == {256, 7}
    assert anew["curve"] == plain["runs"][0]["curve"]
    with pytest.raises(SettingsError, match=r"evaluation\.ks is for srec evaluate"):
        reproduce(source, "toy", tmp_path / "work", "paper", [0], 2, ["evaluation.ks=[3]"])


def test_folders_of_one_name_are_two_sets(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "toy"
    shutil.copytree(source, other)
    (same, first), (_, second) = located(str(source), tmp_path), located(str(other), tmp_path)
    assert (same, first) == (source, second)
    pq.write_table(pa.table({"session": [[1, 2]]}), other / TRAIN)
    third = located(str(other), tmp_path)[1]
    assert third.startswith("toy-")
    assert third != first


def test_only_the_papers_own_sets_have_its_settings(source: Path, tmp_path: Path) -> None:
    mine = source.rename(tmp_path / "tmall")
    assert located(str(mine), tmp_path / "data")[1].startswith("tmall-")
    assert located("tmall", tmp_path) == located(str(mine), tmp_path) == (mine, "tmall")
    with pytest.raises(SourceError, match="is missing: a folder of sessions has"):
        located(str(tmp_path), tmp_path)


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


def test_the_table_stands_beside_the_papers_figures() -> None:
    figures = dict.fromkeys(METRICS, 0.3)
    result = {"dataset": "tmall", "protocol": "paper", "metrics": figures, "deviation": figures, "runs": [1]}
    made = table(result | {"paper": module.PAPER["tmall"].figures})
    assert list(made.columns[4].cells) == ["30.00", "15.42"]
    made = table(result | {"paper": {}, "runs": [1, 2]})
    assert list(made.columns[4].cells) == ["30.00 ± 30.00", "-"]
