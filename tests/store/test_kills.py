"""A crash at any moment leaves the last complete state, whatever the store."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import writer
from postgres_server import PostgresServer
from worlds import look

from srec.store.stores import open_store
from srec.store.stores.duckdb import DuckDBStore
from srec.store.stores.integrity import check_tables

KILLS, OF_SERVERS = 20, 2


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The state of an undisturbed store after each step; it is the same for every kind of store."""
    with DuckDBStore.open(tmp_path_factory.mktemp("whole") / "store", create=True) as store:
        found = [writer.state(look(store))]
        for step in writer.steps():
            step(store)
            found.append(writer.state(look(store)))
    return found


class Forks:
    """A process that has imported everything, and forks the writers."""

    def __init__(self, folder: Path) -> None:
        here = str(Path(__file__).parent)
        self._told = folder / "told"
        self._process = subprocess.Popen(
            [sys.executable, str(Path(here) / "writer.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)])},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def start(self, where: str) -> int:
        self._told.write_text("")
        print(where, self._told, file=self._in, flush=True)
        return int(self._out.readline())

    def said(self) -> list[str]:
        """What the writer has said so far."""
        return self._told.read_text().split("\n")[:-1]

    def wait(self, pid: int, words: int) -> None:
        """Until the writer has said so many words, or is gone."""
        with suppress(ProcessLookupError):
            while len(self.said()) < words:
                os.kill(pid, 0)
                time.sleep(0.002)

    def gone(self) -> list[str]:
        """The writer's output before it died."""
        assert self._out.readline() == "gone\n"
        return self.said()

    def close(self) -> None:
        self._in.close()
        self._out.close()
        self._process.wait()


@pytest.fixture
def forks(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> Iterator[Forks]:
    if kind == "postgresql":
        request.getfixturevalue("key_file")
    made = Forks(tmp_path)
    yield made
    made.close()


def _check(where: str, said: list[str], before: int, states: list[dict[str, Any]]) -> int:
    """Check that the store has the last state that the writer reported, or the next; returns which."""
    kept = max([before, *(int(word) for word in said if word.isdigit())])
    with open_store(where, create=True) as store:
        found = int(store.notes().get("step", "0"))
        assert found in (kept, kept + 1)
        tables = look(store)
        assert writer.state(tables) == states[found]
        assert [one for one in check_tables(tables, latest=True) if one.broken] == []
    return found


def _fresh(kind: str, tmp_path: Path, round_: int, request: pytest.FixtureRequest) -> str:
    if kind == "duckdb":
        return str(tmp_path / f"store-{round_}.duckdb")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_a_kill_at_any_moment_leaves_the_last_complete_state(
    kind: str,
    tmp_path: Path,
    states: list[dict[str, Any]],
    forks: Forks,
    request: pytest.FixtureRequest,
) -> None:
    draw = random.Random(7)
    where = _fresh(kind, tmp_path, 0, request)
    # The time of a writer that nobody kills.
    began = time.perf_counter()
    forks.start(where)
    assert forks.gone() == ["open", *map(str, range(1, writer.LAST + 1))]
    whole = time.perf_counter() - began
    assert _check(where, [], writer.LAST, states) == writer.LAST
    kills, inside, step = 0, [], writer.LAST
    # On a busy machine the writer may get far between two kills: then more are needed to hit most steps.
    while kills < KILLS or (kills < 3 * KILLS and len(set(inside)) <= writer.LAST // 2):
        if step == writer.LAST:
            where, step = _fresh(kind, tmp_path, kills + 1, request), 0
        pid = forks.start(where)
        # It opens the store, or has opened it, or is a step further: then at any moment of what it does next.
        forks.wait(pid, words=draw.choice((0, 1, 1, 2, 2)))
        time.sleep(draw.uniform(0, whole / writer.LAST))
        if kind == "postgresql" and kills % (KILLS // OF_SERVERS) == 3:
            request.getfixturevalue("postgres").kill()
            said = forks.gone()
            request.getfixturevalue("postgres").start()
        else:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            said = forks.gone()
        done = str(writer.LAST) in said
        step = _check(where, said, step, states)
        kills += not done
        if not done and "open" in said:
            inside.append(step)
    # The kills hit writes, most kinds of them, and not only what is before them.
    assert len(inside) > KILLS // 2
    assert len(set(inside)) > writer.LAST // 2
