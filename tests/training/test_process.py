"""What a training changes of its process while it lasts."""

import sys
from pathlib import Path

import pytest
import torch
from quick_runs import Killed, chain, fit

from srec.training.loop import Step
from srec.training.process import computing, peak_memory_mb

TINY = torch.full((1 << 21,), 2e-38)


def flushed() -> tuple[bool, bool]:
    """Whether the first and the last of torch's threads take numbers below 1e-38 for zero."""
    quarters = (TINY / 4).view(torch.int32)
    return int(quarters[0]) == 0, int(quarters[-1]) == 0


def test_threads_that_were_started_before_take_small_numbers_for_zero_too() -> None:
    """And again for what they are, when it is over."""
    with computing(2):
        assert torch.get_num_threads() == 2
    torch.set_num_threads(2)
    try:
        assert flushed() == (False, False), "this starts the second thread"
        with computing():
            assert flushed() == (True, True)
            with computing(1):
                assert torch.get_num_threads() == 1
            assert flushed() == (True, True), "the inner one ends and the outer one goes on"
        assert flushed() == (False, False)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_a_training_leaves_its_process_as_it_was(tmp_path: Path) -> None:
    """Also where it ends with an error."""
    dataset, seen = chain(tmp_path / "dataset"), set[tuple[int, bool]]()

    def stop(step: Step) -> None:
        seen.add((torch.get_num_threads(), flushed()[0]))
        raise Killed

    with pytest.raises(Killed):
        fit(dataset, tmp_path / "run", threads=2, watch=stop)
    assert seen == {(2, True)}
    assert (torch.get_num_threads(), flushed()) == (1, (False, False))


def test_a_peak_of_memory_that_the_system_does_not_tell_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (peak_memory_mb() or 0) > 10
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_memory_mb() is None
    run = fit(chain(tmp_path / "dataset"), tmp_path / "run")
    assert set(map(tuple, run.peak_memory_mb.values())) == {()}
