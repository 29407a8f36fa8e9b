"""What a server counts, in memory that all its processes share: a row each, and nothing of a visitor."""

from collections.abc import Iterator
from itertools import product
from multiprocessing import get_context
from typing import get_args

import numpy as np

from srec.inference.answers import Name

ENDPOINTS = ("recommend", "similar", "games", "other")
STATUSES = ("2xx", "3xx", "4xx", "5xx")
REFUSED = (400, 408, 431, 503)  # what a connection itself answers
#: Seconds: the upper bounds of the histogram of answers.
BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, float("inf"))
FILTERED = ("no", "yes")
SINGLE = ("named", "unknown", "shown", "popular", "empty", "swaps", "refused_versions")


Series = tuple[str | int | float, ...]


def _series() -> Iterator[Series]:
    yield from product(["requests"], ENDPOINTS, STATUSES)
    yield from product(["seconds"], get_args(Name), FILTERED, [*BOUNDS, "sum"])
    yield from product(["refused"], REFUSED)
    yield from ((name,) for name in SINGLE)


SLOTS = {series: at for at, series in enumerate(_series())}


class Table:
    """The counts of all processes of a server, those that ended included.

    Args:
        rows: the most processes that are there at once; more share rows.
    """

    def __init__(self, rows: int = 1) -> None:
        self._rows = rows
        self._shared = get_context("spawn").RawArray("d", rows * len(SLOTS))

    def row(self, place: int) -> "memoryview[float]":
        """The counts of a process; it goes on where one before it in this place ended."""
        doubles: memoryview[float] = memoryview(self._shared).cast("B").cast("d")
        begin = place % self._rows * len(SLOTS)
        return doubles[begin : begin + len(SLOTS)]

    def total(self) -> dict[Series, float]:
        """The sum over all processes, by series."""
        rows = np.frombuffer(self._shared).reshape(self._rows, len(SLOTS))
        return dict(zip(SLOTS, rows.sum(0).tolist(), strict=True))


class Counts:
    """The counts of one process. Two threads that count at once may lose one.

    Args:
        table: those of all processes; None means that there is one only.
        place: which of them it is.

    Attributes:
        visited: whether visitors are counted; golden requests, before, are none.
    """

    def __init__(self, table: Table | None = None, place: int = 0) -> None:
        self.table, self.visited = table or Table(), False
        self._row = self.table.row(place)

    def join(self, other: "Counts") -> None:
        """Count visitors where another one does from now on, and forget what was counted."""
        self.table, self._row, self.visited = other.table, other._row, True

    def add(self, *series: str | int | float, by: float = 1) -> None:
        """Add to a series."""
        self._row[SLOTS[series]] += by
