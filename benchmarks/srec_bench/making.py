"""``srec bench making``: from a dataset to a verified bundle of the default recommender, and its cost."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from srec.dataset.dataset import Dataset
from srec.environment import Environment
from srec.errors import SRecError
from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.results import BenchResult, DatasetSize


class Step(Frozen):
    """One command, in a process of its own.

    Attributes:
        seconds: of the clock.
        cpu_seconds: of the processor, on all cores.
        peak_mb: the most memory that it held, or that one of the steps before it held.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: int


class MakingResult(BenchResult):
    """From a dataset to a verified bundle.

    Attributes:
        dataset: the size of the dataset.
        simulated: whether its reviews are simulated.
        steps: by command: train, export, verify.
        bundle_mb: the size of the bundle.
    """

    benchmark: Literal["making"] = "making"
    dataset: DatasetSize
    simulated: bool
    steps: Mapping[str, Step]
    bundle_mb: float


def bench_making(dataset: Dataset) -> MakingResult:
    """Train, export and verify, each as a command.

    Args:
        dataset: the dataset; nothing is written beside it.

    Raises:
        SRecError: a command fails.
    """
    with TemporaryDirectory(prefix="srec-making-") as folder:
        run, bundle = Path(folder) / "run", Path(folder) / "bundle"
        steps = {
            "train": _step("train", dataset.path, run),
            "export": _step("export", dataset.path, run, bundle),
            "verify": _step("verify", bundle),
        }
        size = sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file())
    return MakingResult(
        environment=Environment.here(),
        dataset=DatasetSize.of(dataset.manifest),
        simulated=dataset.simulated,
        steps=steps,
        bundle_mb=round(size / 1e6, 1),
    )


def _step(*words: str | Path) -> Step:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(  # noqa: S603 -- our own module
        [sys.executable, "-m", "srec", *map(str, words)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SRecError(f"srec {words[0]} failed: {done.stderr.strip().splitlines()[-1]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Step(
        seconds=round(time.perf_counter() - started, 1),
        cpu_seconds=round(cpu, 1),
        peak_mb=after.ru_maxrss // 1024,
    )


HEADINGS = ("interactions", "games", "train s", "export s", "verify s", "peak MB", "bundle MB", "file")


def cells(result: MakingResult) -> list[str]:
    """A row of the table, without the file."""
    return [
        f"{result.dataset.interactions:,}" + " (simulated)" * result.simulated,
        f"{result.dataset.items:,}",
        *(f"{result.steps[name].seconds:.0f}" for name in ("train", "export", "verify")),
        f"{max(step.peak_mb for step in result.steps.values()):,}",
        f"{result.bundle_mb:.0f}",
    ]


def markdown(results: Mapping[str, MakingResult]) -> Iterator[str]:
    """The section of docs/results.md."""
    if not results:
        return
    yield from ("### From a dataset to a verified bundle", "")
    yield "`srec bench making` runs the commands one after the other, each in a process of its own."
    rows = [[*cells(result), f"[{name}](../benchmarks/results/{name})"] for name, result in results.items()]
    yield from ("", *markdown_table(HEADINGS, rows).splitlines(), "")
