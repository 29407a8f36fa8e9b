"""Runs that are stopped, killed, begun anew or there already."""

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from quick_runs import QUICK, Killed, assert_same, chain, fit, weights

from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, TrainingError
from srec.locks import lock
from srec.partial import MARKER
from srec.training.loop import Step
from srec.training.runs import Run


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return chain(tmp_path_factory.mktemp("chain") / "dataset")


@pytest.fixture(scope="module")
def whole(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Step]]:
    """A run that nothing stopped, and its steps."""
    steps: list[Step] = []
    return fit(dataset, tmp_path_factory.mktemp("whole") / "run", watch=steps.append), steps


@pytest.mark.parametrize("at", [2, 26, 50])
def test_a_run_stopped_anywhere_ends_with_the_same_bits(
    dataset: Dataset, whole: tuple[Run, list[Step]], tmp_path: Path, at: int
) -> None:
    """3 epochs of 15 steps choose the epoch, then each refit epoch has 20: it stops in both stages."""
    steps = 0

    def stop(step: Step) -> None:
        nonlocal steps
        steps += 1
        if steps == at:
            raise Killed

    with pytest.raises(Killed):
        fit(dataset, tmp_path / "stopped", watch=stop)
    assert not (tmp_path / "stopped").exists()
    resumed = []
    second = fit(dataset, tmp_path / "stopped", watch=resumed.append)
    first, all_steps = whole
    assert len(resumed) < len(all_steps), "it went on, it did not begin again"
    assert_same(first, second)
    assert not (tmp_path / "stopped.partial").exists()


KILLED = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[3])
torch.set_num_threads(2)
from quick_runs import fit
from srec.dataset.dataset import Dataset
print("started", flush=True)
fit(Dataset(Path(sys.argv[1])), Path(sys.argv[2]), watch=lambda step: print("step", flush=True))
"""


def test_a_killed_process_resumes_to_the_same_bits_with_the_threads_it_began_with(
    dataset: Dataset, tmp_path: Path
) -> None:
    """The killed process has two threads and this one has one; resumed here, the run keeps two."""
    command = [sys.executable, "-c", KILLED, str(dataset.path), str(tmp_path / "killed")]
    command.append(str(Path(__file__).parents[1]))
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(20):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    child.stdout.close()
    assert not (tmp_path / "killed").exists()
    assert (tmp_path / "killed.partial" / "select.safetensors").exists()
    threads: set[int] = set()
    killed = fit(dataset, tmp_path / "killed", watch=lambda step: threads.add(torch.get_num_threads()))
    assert threads == {2}
    assert torch.get_num_threads() == 1
    torch.set_num_threads(2)
    try:
        assert_same(fit(dataset, tmp_path / "whole"), killed)
    finally:
        torch.set_num_threads(1)


def begun(dataset: Dataset, target: Path, **given: object) -> Path:
    """Stopped at the fifth step; its marker."""

    def stop(step: Step) -> None:
        if step.step == 5:
            raise Killed

    with pytest.raises(Killed):
        fit(dataset, target, watch=stop, **given)
    return target.with_name(f"{target.name}.partial") / MARKER


def test_other_threads_than_it_began_with_are_not_taken_and_that_is_said(
    dataset: Dataset, tmp_path: Path
) -> None:
    begun(dataset, tmp_path / "run", threads=2)
    threads, told = set[int](), list[str]()
    for target in ("run", "whole"):
        fit(
            dataset,
            tmp_path / target,
            threads=1,
            watch=lambda step: threads.add(torch.get_num_threads()),
            told=told.append,
        )
    assert threads == {1, 2}
    assert told == [f"{tmp_path / 'run'} goes on with the threads it began with: 2, not 1"]


def test_a_run_that_other_processes_began_has_the_threads_that_are_asked_for(
    dataset: Dataset, tmp_path: Path
) -> None:
    """16 threads of one process are not 16 threads of each of 8."""
    marker = begun(dataset, tmp_path / "run")
    known = json.loads(marker.read_text())
    assert (known["threads"], known["processes"]) == (1, 1)
    marker.write_text(json.dumps(known | {"threads": 16, "processes": 8}))
    threads, told = set[int](), list[str]()
    fit(
        dataset,
        tmp_path / "run",
        threads=2,
        watch=lambda step: threads.add(torch.get_num_threads()),
        told=told.append,
    )
    assert (threads, told) == ({2}, [])


def test_a_finished_run_is_not_trained_again(dataset: Dataset, whole: tuple[Run, list[Step]]) -> None:
    first, _ = whole
    steps: list[Step] = []
    second = fit(dataset, first.path, watch=steps.append)
    assert steps == []
    assert_same(first, second)


def test_other_settings_begin_again(dataset: Dataset, tmp_path: Path) -> None:
    first = weights(fit(dataset, tmp_path / "run"))
    second = weights(fit(dataset, tmp_path / "run", QUICK.model_copy(update={"seed": 1})))
    assert any(not torch.equal(first[name], tensor) for name, tensor in second.items())


def test_a_damaged_checkpoint_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    begun(dataset, tmp_path / "run")
    (tmp_path / "run.partial" / "select.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{broken}")
    with pytest.raises(ArtifactError, match="delete it to start again"):
        fit(dataset, tmp_path / "run")


def test_a_run_of_another_dataset_is_refused(whole: tuple[Run, list[Step]], tmp_path: Path) -> None:
    run, _ = whole
    other = chain(tmp_path / "other", seed=1)
    with pytest.raises(ArtifactError, match="another dataset"):
        run.load(other)


def test_one_process_trains_a_run_at_a_time(dataset: Dataset, tmp_path: Path) -> None:
    partial = tmp_path / "run.partial"
    partial.mkdir()
    with ExitStack() as other:
        assert lock(partial, other)
        with pytest.raises(TrainingError, match=r"another process is training .*run: wait for it"):
            fit(dataset, tmp_path / "run")
    assert list(partial.iterdir()) == []
    assert fit(dataset, tmp_path / "run").path.is_dir()


def test_what_was_begun_with_other_settings_is_thrown_away(
    dataset: Dataset, whole: tuple[Run, list[Step]], tmp_path: Path
) -> None:
    begun(dataset, tmp_path / "run", training=QUICK.model_copy(update={"seed": 1}))
    assert_same(fit(dataset, tmp_path / "run"), whole[0])


def test_a_target_that_is_something_else_is_refused_before_the_first_step(
    dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").write_text("dear", encoding="utf-8")
    steps: list[Step] = []
    with pytest.raises(ArtifactError, match="move it away"):
        fit(dataset, tmp_path / "home", watch=steps.append)
    assert steps == []
    assert not (tmp_path / "home.partial").exists()
