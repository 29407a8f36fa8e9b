"""What ``srec bench spark`` found, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from rich.table import Table

from srec.results import Part
from srec_bench.markdown import link, markdown_table
from srec_bench.results import BenchResult, DatasetSize


class Seconds(Part):
    """What each engine took."""

    duckdb: float
    spark: float


class SparkResult(BenchResult):
    """Two datasets of one simulation.

    Attributes:
        reviews: that were simulated, not counting edits.
        master: Spark's.
        memory_limit: of DuckDB.
        seconds: of each engine.
        files: of DuckDB's dataset.
        differing_files: the names of files that the datasets do not share.
        same_manifest: whether the manifests agree in all but when they were written.
        dataset: DuckDB's size.
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
        """In what the engines differ; None where in nothing."""
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
