"""The result of ``srec bench exactness``."""

from typing import Literal

from srec.results import Frozen
from srec_bench.results import BenchResult


class Case(Frozen):
    """A search that can be repeated.

    Attributes:
        seed: the benchmark's seed.
        number: the number of the matrix, from 0.
        kernel: the kernel that searched.
        kind: the kind of numbers in the matrix.
    """

    seed: int
    number: int
    kernel: str
    kind: str


class ExactnessResult(BenchResult):
    """How many answers differed from the reference's.

    Attributes:
        seed: the same seed makes the same cases.
        cases: the number of searches, each with a matrix, a query, a k and a filter.
        added: the number of those in which something is added to the scores of some rows.
        sums: the number of answers of a sum, whose reference scores everything.
        differences: the number of answers that differed from the reference's in any bit.
        first: the first of them.
        outside_bounds: the number of scores outside the bounds of the proof.
        kernels: the number of cases for each kernel.
        kinds: the kinds of numbers in the matrices.
    """

    version: int = 2
    benchmark: Literal["exactness"] = "exactness"
    seed: int
    cases: int
    added: int
    sums: int
    differences: int
    first: Case | None
    outside_bounds: int
    kernels: dict[str, int]
    kinds: tuple[str, ...]

    @property
    def failure(self) -> str | None:
        """Why the search is not exact; None if it is."""
        if not (self.differences or self.outside_bounds):
            return None
        return f"{self.differences} answers differ from the reference's; the first: {self.first}"


def terminal_line(result: ExactnessResult) -> str:
    """The result for the terminal."""
    return f"{result.cases:,} cases, {result.differences} differences from the reference"
