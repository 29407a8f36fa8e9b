"""The common parts of all benchmarks' results. ``srec.results`` writes and reads their files.

Each benchmark declares its own type. When a type changes, its version rises and the files in
benchmarks/results are converted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from srec.environment import environment
from srec.results import Part, Result

#: A setting in a result: it records how a number was measured, and no code reads it.
Setting = str | int | float | bool | None


class Environment(Part):
    """Where, when and with which versions a result was made.

    Attributes:
        date: the day, as YYYY-MM-DD.
        processor: the name of the CPU; empty if the system does not know it, None in files that predate it.
        cores: the number of cores that the process could use.
        versions: the versions of the computing packages, by name.
        source: a short hash of SRec's own files; None in files that predate it.
    """

    date: str
    python: str
    machine: str
    processor: str | None
    cores: int
    versions: dict[str, str]
    source: str | None

    @classmethod
    def here(cls, *more: str) -> Self:
        """This process's environment, with the versions of more packages."""
        found = environment(*more)
        own = {name: found.pop(name) for name in cls.model_fields if name in found}
        return cls.model_validate(own | {"versions": found})


class DatasetSize(Part):
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
