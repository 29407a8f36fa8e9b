"""Reads changed files in a process beside, and counts what comes of it."""

import json
import os
import selectors
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from srec.environment import Environment
from srec.errors import SRecError
from srec.locks import lock
from srec_bench.fuzz.readers import KINDS, write_sound
from srec_bench.fuzz.result import FuzzResult
from srec_bench.fuzz.worker import change

SECONDS = 60.0  # after which a case hangs; the first one waits for the imports too
SHOWN = 5
BAD = ("unclear", "traceback", "memory", "crash", "hang", "wrong")


def bench_fuzz(
    folder: Path,
    *,
    cases: int,
    seed: int = 0,
    seconds: float = SECONDS,
    counted: Callable[[int], None] = lambda done: None,
) -> FuzzResult:
    """Read so many changed files; a call with the same folder and seed goes on where the last one stopped.

    Args:
        folder: where the sound files, the journal, and each input that fails are kept.
        cases: how many.
        seed: other seeds make other changes.
        seconds: the longest that one case may take.
        counted: called with the number of cases that are done.

    Raises:
        SRecError: another process works in the folder, or it has the cases of another seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / f"journal-{seed}.jsonl"
    with ExitStack() as held:
        if lock(folder, held) is False:
            raise SRecError(f"another process works in {folder}: wait for it, or name another folder")
        if not (folder / "sound").is_dir():
            shutil.rmtree(folder / "draft", ignore_errors=True)
            (folder / "draft").mkdir()
            write_sound(folder / "draft")
            (folder / "draft").rename(folder / "sound")
        done = _known(journal)[:cases]
        with journal.open("a", encoding="utf-8") as file:
            for number, name, what, said in _outcomes(folder, seed, len(done), cases, seconds):
                file.write(json.dumps([number, name, what, said]) + "\n")
                file.flush()
                done.append((name, what, said))
                if what in BAD:
                    _keep(folder, seed, number, name)
                counted(number + 1)
    return _summary(done, seed)


def _outcomes(
    folder: Path, seed: int, first: int, last: int, seconds: float
) -> Iterator[tuple[int, str, str, str]]:
    """What came of each case; a process that hangs or dies is replaced."""
    while first < last:
        arguments = [str(folder.absolute()), str(seed), str(first), str(last)]
        with subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-m", "srec_bench.fuzz.worker", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        ) as process:
            hangs, lines = False, _lines(process.stdout, seconds)
            try:
                if next(lines, None) != b"":
                    raise SRecError("what is sound cannot be read: begin in another folder")
                for line in lines:
                    number, name, what, said = json.loads(line)
                    yield number, name, what, said
                    first = number + 1
                process.wait(10)  # it has ended its output, or says nothing any more
            except subprocess.TimeoutExpired:
                hangs = True
            finally:
                process.kill()
        if first < last:
            name, _, _ = change(folder, seed, first)
            yield first, name, *(("hang", "") if hangs else ("crash", f"status {process.returncode}"))
            first += 1


def _lines(output: IO[bytes] | None, seconds: float) -> Iterator[bytes]:
    """Lines as they come; it ends with the output, or when nothing has come for so long."""
    assert output is not None
    held = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while selector.select(seconds) and (chunk := os.read(output.fileno(), 1 << 16)):
            *lines, held = (held + chunk).split(b"\n")
            yield from lines


def _known(journal: Path) -> list[tuple[str, str, str]]:
    """What came of the cases so far; a line that a kill cut is left out, and what is behind it."""
    if not journal.exists():
        return []
    found = []
    for line in journal.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        found.append(json.loads(line))
    journal.write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")
    return [(name, what, said) for _, name, what, said in found]


def _keep(folder: Path, seed: int, number: int, name: str) -> None:
    kept = folder / "failed" / f"{seed}-{number}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    changed = folder / "changed" / name
    if changed.is_dir():
        shutil.copytree(changed, kept / name)
    else:
        shutil.copy(changed, kept / name)


def _summary(done: list[tuple[str, str, str]], seed: int) -> FuzzResult:
    counts = {name: Counter[str]() for name in KINDS}
    for name, what, _ in done:
        counts[name][what] += 1
    bad = [(number, *one) for number, one in enumerate(done) if one[1] in BAD]
    return FuzzResult(
        environment=Environment.here("pyarrow", "safetensors", "pydantic"),
        seed=seed,
        cases=len(done),
        outcomes={name: dict(sorted(one.items())) for name, one in counts.items() if one},
        failures=[
            f"case {number}, {name}: {what} {said}".strip() for number, name, what, said in bad[:SHOWN]
        ],
        failed=len(bad),
    )
