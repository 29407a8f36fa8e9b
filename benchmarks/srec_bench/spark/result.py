"""The result of ``srec bench spark``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult, DatasetSize


class Seconds(Frozen):
    """The time of each engine."""

    duckdb: float
    spark: float


class SparkResult(BenchResult):
    """Two datasets of one simulation.

    Attributes:
        reviews: the number of simulated reviews, not counting edits.
        master: Spark's master.
        memory_limit: DuckDB's memory limit.
        seconds: the time of each engine.
        files: the number of files in DuckDB's dataset.
        differing_files: the names of files that are not the same in both.
        same_manifest: whether the manifests agree in everything except the time of writing.
        dataset: the size of DuckDB's dataset.
    """

    benchmark: Literal["spark"] = "spark"
    reviews: int
    master: str
    memory_limit: str
    seconds: Seconds
    files: int
    differing_files: tuple[str, ...]
    same_manifest: bool
    dataset: DatasetSize

    @property
    def failure(self) -> str | None:
        """How the engines' datasets differ; None if they do not."""
        if not self.differing_files and self.same_manifest:
            return None
        return f"the engines differ in {', '.join(self.differing_files) or 'the manifest'}"


def terminal_table(result: SparkResult) -> Table:
    """The comparison."""
    made = Table("engine", title=f"{result.reviews:,} reviews, Spark on {result.master}")
    made.add_column("seconds", justify="right")
    made.add_row("duckdb", f"{result.seconds.duckdb:,.1f}")
    made.add_row("spark", f"{result.seconds.spark:,.1f}")
    made.add_row("files that differ", f"{len(result.differing_files)} of {result.files}")
    return made


def markdown(results: Mapping[str, SparkResult]) -> Iterator[str]:
    """Spark beside DuckDB; results by file name."""
    if not results:
        return
    yield "### Spark: the same dataset\n"
    yield "`srec bench spark` prepares one simulation with both engines on the same machine.\n"
    rows = [
        [
            f"{result.reviews:,} reviews, {result.master}",
            f"{len(result.differing_files)} of {result.files}",
            f"{result.seconds.duckdb:,.1f}",
            f"{result.seconds.spark:,.1f}",
            link(name),
        ]
        for name, result in sorted(results.items(), key=lambda one: one[1].reviews)
    ]
    yield markdown_table(("what", "files that differ", "DuckDB, s", "Spark, s", "file"), rows) + "\n"
