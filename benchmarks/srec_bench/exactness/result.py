"""What ``srec bench exactness`` found."""

from typing import Literal

from srec.results import Part
from srec_bench.results import BenchResult


class Case(Part):
    """A search that can be done again.

    Attributes:
        seed: of the benchmark.
        number: of the matrix, from 0.
        kernel: that searched.
        kind: of numbers in the matrix.
    """

    seed: int
    number: int
    kernel: str
    kind: str


class ExactnessResult(BenchResult):
    """How many answers differed from the reference's.

    Attributes:
        seed: gives the same cases again.
        cases: searches, each of a matrix, a query, a k and a filter.
        differences: answers that were not the reference's to the last bit.
        first: the first of them.
        outside_bounds: scores that lay outside the bounds which the proof gives them.
        kernels: the cases that each kernel had.
        kinds: of numbers in the matrices.
    """

    benchmark: Literal["exactness"] = "exactness"
    seed: int
    cases: int
    differences: int
    first: Case | None
    outside_bounds: int
    kernels: dict[str, int]
    kinds: tuple[str, ...]

    @property
    def failure(self) -> str | None:
        """Why the search is not exact; None where it is."""
        if not (self.differences or self.outside_bounds):
            return None
        return f"{self.differences} answers differ from the reference's; the first: {self.first}"


def terminal_line(result: ExactnessResult) -> str:
    """The result for the terminal."""
    return f"{result.cases:,} cases, {result.differences} differences from the reference"
