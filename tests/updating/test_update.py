"""An update publishes a whole model that is no worse, or nothing."""

import errno
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from shops import open_shop, other_reviews, write_worlds
from typer.testing import CliRunner

from srec.cli import app
from srec.cli.updating import BUSY, REFUSED
from srec.errors import SRecError
from srec.inference.bundle import Bundle
from srec.locks import lock
from srec.publishing.folder import Models
from srec.updating.update import Outcome, update

STEPS = ["read reviews", "prepare", "train", "measure", "export", "publish"]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, worlds: list[Path]) -> Path:
    """A shop that published version 1; the tests below follow it through its days, in their order."""
    recipe = open_shop(tmp_path_factory.mktemp("shop"), worlds[0])
    assert update(recipe).published is not None
    return recipe


def models(shop: Path) -> Models:
    return Models(shop.parent / "models")


def log(shop: Path) -> list[dict[str, Any]]:
    lines = (shop.parent / "work" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_first_update_publishes_with_figures_and_where_it_comes_from(shop: Path) -> None:
    (version,) = models(shop).versions()
    assert models(shop).served() == [1]
    assert Bundle(version.path).fingerprint == version.bundle
    assert version.figures is not None
    assert "next-hr" in version.figures
    assert version.made_from is not None
    assert list(version.made_from) == ["store", "dataset", "run"]
    assert version.data_until is not None
    assert [line["step"] for line in log(shop) if line["event"] == "done"] == STEPS


def test_without_new_reviews_nothing_is_published(shop: Path) -> None:
    assert update(shop) == Outcome()
    assert log(shop)[-1]["event"] == "nothing new"
    assert models(shop).numbers() == [1]


def test_the_log_tells_nothing_of_a_user(shop: Path) -> None:
    known = {"at", "event", "step", "seconds", "added", "rejected", "users", "games", "version", "reason"}
    for line in log(shop):
        assert line.keys() <= known
        assert not [value for value in line.values() if isinstance(value, list | dict)]


def test_of_two_at_once_one_leaves_at_once(shop: Path) -> None:
    with ExitStack() as held:
        assert lock(shop.parent / "work", held)
        done = CliRunner().invoke(app, ["update", str(shop)])
    assert done.exit_code == BUSY
    assert "another update is at work" in done.stderr


KILLED = """
import os, signal, sys
from contextlib import contextmanager
from srec.updating.log import Log
from srec.updating.update import update
step = Log.step
for name in sys.argv[2:]:
    child = os.fork()
    if child == 0:
        @contextmanager
        def killed(self, called, stop=name):
            with step(self, called) as facts:
                if called == stop:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield facts
                if called + " done" == stop:
                    os.kill(os.getpid(), signal.SIGKILL)
        Log.step = killed
        update(sys.argv[1])
        os._exit(0)
    print(name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_after_a_kill_in_any_step_the_served_version_stays_and_the_next_update_goes_on(
    shop: Path, worlds: list[Path]
) -> None:
    other_reviews(shop, worlds[1])
    moments = ["prepare", "train done", "publish"]
    line = [sys.executable, "-c", KILLED, str(shop), *moments]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [word for name in moments for word in (*name.split(), "-9")]
    assert models(shop).served() == [1]
    begun = len(log(shop))
    outcome = update(shop)
    assert outcome.published is not None
    assert (outcome.published.number, models(shop).served()) == (2, [1, 2])
    (measured,) = [one for one in log(shop)[begun:] if one["event"] == "done" and one["step"] == "measure"]
    assert measured["metric"] == "HR@10"
    assert 0.05 <= measured["kept"] < 1


def test_what_was_rolled_back_does_not_come_again_unless_forced(shop: Path) -> None:
    models(shop).rollback()
    assert update(shop).refused == ("version 2 was made from the same, and was rolled back",)
    assert models(shop).served() == [1]
    assert update(shop, force=True).published is not None
    assert models(shop).served() == [1, 2]


BLIND = [
    f"smart.{part}=0"
    for part in ("together", "lift", "publishers", "developers", "words", "tags", "popularity")
]


def test_a_model_that_is_worse_or_too_different_is_not_published(shop: Path) -> None:
    """One that knows nothing but release years."""
    before = models(shop).served()
    sets = [word for one in [*BLIND, "update.least_kept=0.5"] for word in ("--set", one)]
    done = CliRunner().invoke(app, ["update", str(shop), *sets])
    assert done.exit_code == REFUSED
    assert "HR@10 is worse than that of the served version" in done.output.replace("\n", " ")
    assert "of the served version's answers stay" in done.output
    assert models(shop).served() == before


def test_a_figure_beyond_its_limit_is_refused(shop: Path) -> None:
    outcome = update(shop, [*BLIND, "update.most={overlap = -1}"])
    assert any(line.startswith("overlap of new is") for line in outcome.refused)


def test_on_a_full_disk_nothing_changes_but_the_exit_status(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = models(shop).served()

    def full(*given: Any, **named: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("srec.inference.export.write_bundle", full)
        with pytest.raises(OSError, match="No space left"):
            update(shop, BLIND, force=True)
    assert models(shop).served() == before
    assert (log(shop)[-1]["event"], log(shop)[-1]["step"]) == ("failed", "export")


def test_a_recipe_that_names_no_reviews_says_so(tmp_path: Path) -> None:
    recipe = tmp_path / "srec.toml"
    recipe.write_text("[update]\n", encoding="utf-8")
    with pytest.raises(SRecError, match="names neither reviews nor apps to crawl"):
        update(recipe)
