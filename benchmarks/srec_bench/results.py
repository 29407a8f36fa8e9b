"""The common parts of all benchmarks' results. ``srec.results`` writes and reads their files.

Each benchmark declares its own type. When a type changes, its version rises and the files in
benchmarks/results are converted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from srec.environment import Environment
from srec.results import Frozen, Result

#: A setting in a result: it records how a number was measured, and no code reads it.
Setting = str | int | float | bool | None


class DatasetSize(Frozen):
    """The size of a prepared dataset."""

    users: int
    items: int
    interactions: int

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """The size of a dataset, from its manifest."""
        return cls(**{name: manifest["statistics"][name] for name in cls.model_fields})


class BenchResult(Result):
    """A benchmark's result; each benchmark declares its own type, with its name as the default."""

    benchmark: str
    environment: Environment


R = TypeVar("R", bound=BenchResult)


def read_results(kind: type[R], folder: Path) -> dict[str, R]:
    """All results of a benchmark in a folder, by file name, in the order of the names.

    Raises:
        ArtifactError: a file is of another benchmark or version.
    """
    name = kind.model_fields["benchmark"].default
    return {file.name: kind.read(file) for file in sorted(folder.glob(f"bench-{name}*.json"))}
