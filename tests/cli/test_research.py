from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from srec.cli import app
from srec.cli.research import alone
from srec.errors import SRecError
from srec.training.workers import Workers


def test_only_training_takes_several_processes() -> None:
    alone(Workers(0, 1, torch.device("cpu")))
    with pytest.raises(SRecError, match="runs in one process: only srec train works with torchrun"):
        alone(Workers(1, 2, torch.device("cpu")))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("reproduce", "gce-gnn", "--dataset", "tmall"), "pass --data"),
        (("leaderboard", "--dataset", "diginetica"), "pass --data"),
        (("reproduce", "narm", "--dataset", "x"), "the protocols are paper"),
        (("reproduce", "gce-gnn", "--dataset", "x", "--protocol", "kind"), "paper, honest and both"),
        (("leaderboard", "--dataset", "nowhere"), "a folder of sessions has"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_clear_line_and_leaves_nothing(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, list(words))
    assert isinstance(done.exception, SRecError)
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not list(tmp_path.iterdir())
