"""The master of several workers, with workers that die, hang and do not start."""

import functools
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import until
from working import work

from srec.serving.listening import bind
from srec.serving.master import Master, Patience

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signals")
PATIENCE = Patience(starting=30, living=10, leaving=5, again=0.1)


def there(folder: Path) -> set[int]:
    """The workers that listen and live: looked at twice, as one may leave while another comes."""
    before: set[int] | None = None
    while True:
        listed = {int(file.name.split()[1]) for file in folder.glob("worker *")}
        found = {one for one in listed if Path(f"/proc/{one}").exists()}
        if found == before:
            return found
        before = found


def tell(number: int) -> None:
    os.kill(os.getpid(), number)


def run(
    folder: Path,
    script: Callable[[], None],
    *,
    count: int = 2,
    patience: Patience = PATIENCE,
    started: Callable[[], None] = lambda: None,
) -> tuple[bool, float]:
    """A master in this thread, beside a script in another; how it ended, and how long SIGTERM took."""
    failed, ended = list[BaseException](), 0.0
    master = Master(
        functools.partial(work, folder), bind("127.0.0.1", 0), count=count, patience=patience, started=started
    )

    def play() -> None:
        nonlocal ended
        try:
            script()
        except BaseException as error:  # noqa: BLE001 -- raised in the test's own thread
            failed.append(error)
        ended = time.monotonic()
        tell(signal.SIGTERM)

    thread = threading.Thread(target=play)
    thread.start()
    result = master.run()
    took = time.monotonic() - ended
    thread.join()
    if failed:
        raise failed[0]
    assert there(folder) == set(), "a worker outlives its master"
    return result, took


def test_a_worker_that_dies_or_hangs_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def script() -> None:
        until(lambda: len(there(tmp_path)) == 2)
        dead, hung = sorted(there(tmp_path))
        os.kill(dead, signal.SIGKILL)
        (tmp_path / f"hang {hung}").touch()
        until(lambda: len(there(tmp_path) - {dead, hung}) == 2)

    with caplog.at_level(logging.ERROR):
        assert run(tmp_path, script, patience=replace(PATIENCE, living=0.6))[0]
    said = " ".join(record.message for record in caplog.records)
    assert "ended (-9): it is replaced" in said
    assert "does not answer: it is replaced" in said


def test_a_worker_that_does_not_start_holds_nothing_up(tmp_path: Path) -> None:
    """Neither the replacement of another one, nor the end."""

    def script() -> None:
        until(lambda: len(there(tmp_path)) == 2)
        first, second = there(tmp_path)
        (tmp_path / "never start").touch()
        os.kill(first, signal.SIGKILL)
        until(lambda: len(there(tmp_path)) == 1)
        os.kill(second, signal.SIGKILL)
        until(lambda: not there(tmp_path))

    _, took = run(tmp_path, script)
    assert took < 2


def test_all_workers_are_replaced_and_one_always_answers(tmp_path: Path) -> None:
    def script() -> None:
        until(lambda: len(there(tmp_path)) == 2)
        old, fewest = there(tmp_path), 2

        def replaced() -> bool:
            nonlocal fewest
            now = there(tmp_path)
            fewest = min(fewest, len(now))
            return len(now) == 2 and not now & old

        tell(signal.SIGHUP)
        until(replaced)
        assert fewest == 2, "an old one leaves when a new one listens"

    assert run(tmp_path, script)[0]


def test_workers_stay_if_new_ones_do_not_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def script() -> None:
        until(lambda: len(there(tmp_path)) == 2)
        old = there(tmp_path)
        (tmp_path / "fail").touch()
        tell(signal.SIGHUP)
        until(lambda: bool(caplog.records))
        assert there(tmp_path) == old

    with caplog.at_level(logging.ERROR):
        assert run(tmp_path, script)[0]
    assert [record.message for record in caplog.records] == ["a new worker did not start: the old ones stay"]


def test_it_says_that_it_is_there_when_a_worker_listens(tmp_path: Path) -> None:
    told = list[float]()

    def script() -> None:
        (tmp_path / "never start").touch()
        time.sleep(0.3)
        assert not told
        (tmp_path / "never start").unlink()
        until(lambda: bool(told))

    (tmp_path / "never start").touch()
    assert run(tmp_path, script, started=lambda: told.append(1))[0]
    assert told == [1]


def test_it_ends_if_the_first_worker_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    master = Master(functools.partial(work, tmp_path), bind("127.0.0.1", 0), count=2, patience=PATIENCE)
    assert master.run() is False
