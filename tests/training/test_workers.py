"""Two processes on loopback train the same model as one."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from srec.cli import app
from srec.dataset.dataset import Dataset
from srec.testing.toys import chains, write_dataset
from srec.training.runs import Run
from srec.training.workers import Workers

ITEMS = 20
SETTINGS = (
    "gce-gnn.dimension=8",
    "gce-gnn.context=false",  # the shared part has only noise as its gradient, which Adam would amplify
    "gce-gnn.dropout_global=0.0",
    "gce-gnn.dropout_gcn=0.0",
    "training.epochs=2",
    "training.batch_size=17",  # odd halves; 80 * 3 examples leave a last batch of 2
    "training.learning_rate=0.01",
    "training.checkpoint_seconds=0",
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "dataset", chains(ITEMS, 80, seed=0, noise=False), ITEMS)


def command(dataset: Dataset, target: Path, *more: str) -> list[str]:
    settings = [part for setting in (*SETTINGS, *more) for part in ("--set", setting)]
    return ["train", str(dataset.path), str(target), "--model", "gce-gnn", "--threads", "1", *settings]


def two_processes(dataset: Dataset, target: Path, *more: str) -> list[str]:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    return [*launch, "-m", "srec", *command(dataset, target, *more)]


def train(dataset: Dataset, target: Path, *more: str) -> dict[str, torch.Tensor]:
    """In this process."""
    done = CliRunner().invoke(app, command(dataset, target, *more))
    assert done.exit_code == 0, done.output
    return load_file(target / "weights.safetensors")


def assert_close(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.allclose(tensor, second[name], atol=1e-4, rtol=1e-3), name


def test_two_processes_end_where_one_does(dataset: Dataset, tmp_path: Path) -> None:
    one = train(dataset, tmp_path / "one")
    done = subprocess.run(
        two_processes(dataset, tmp_path / "two"), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert_close(one, load_file(tmp_path / "two" / "weights.safetensors"))
    logs = [[line["loss"] for line in Run(tmp_path / name).log] for name in ("one", "two")]
    assert logs[0] == pytest.approx(logs[1], rel=1e-4)
    assert not list(tmp_path.glob("*.partial"))


def test_one_process_goes_on_where_two_were_killed(dataset: Dataset, tmp_path: Path) -> None:
    more = ("training.epochs=8", "training.patience=8")
    whole = train(dataset, tmp_path / "whole", *more)
    target = tmp_path / "killed"
    child = subprocess.Popen(
        two_processes(dataset, target, *more),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    checkpoint = target.with_name("killed.partial") / "select.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists():
        assert time.monotonic() < deadline
        assert child.poll() is None, "it ended before it was killed"
        time.sleep(0.02)
    child.send_signal(signal.SIGTERM)
    child.wait(timeout=60)
    assert not target.exists()
    steps = json.loads(safe_open(checkpoint, "pt").metadata()["progress"])
    assert steps["epoch"] + steps["step"] > 0, "there is something to go on with"
    # Without reading the checkpoint the weights would be the same, so the checkpoint is marked.
    with safe_open(checkpoint, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in list(file.keys())}
    save_file(tensors, checkpoint, {"progress": json.dumps(steps | {"seconds": 5000.0})})
    assert_close(whole, train(dataset, target, *more))
    assert Run(target).manifest["seconds"]["select"] > 5000


def test_each_example_belongs_to_one_process_and_none_is_left_out_of_a_step() -> None:
    chosen = np.arange(5)
    parts = [Workers(rank, 2, torch.device("cpu")).share(chosen) for rank in range(2)]
    assert [(part.tolist(), counts) for part, counts in parts] == [([0, 2, 4], True), ([1, 3], True)]
    part, counts = Workers(1, 2, torch.device("cpu")).share(chosen[:1])
    assert (part.tolist(), counts) == ([0], False), "it takes part, and does not count"
