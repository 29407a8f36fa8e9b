"""What the results of all benchmarks share. Their files are written and read by ``srec.results``.

Each benchmark declares its own type. When a type changes, its version rises and the files in
benchmarks/results are converted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from srec.environment import environment
from srec.results import Part, Result

#: A setting as a result keeps it: a record of how a number came about, which no code reads.
Setting = str | int | float | bool | None


class Environment(Part):
    """Where, when and with what a result was made.

    Attributes:
        date: the day, as YYYY-MM-DD.
        processor: the CPU by name; empty where the system does not say, None in files that predate it.
        cores: that the process could use.
        versions: of the packages that compute, by name.
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
        """This process's, with the versions of more packages."""
        found = environment(*more)
        own = {name: found.pop(name) for name in cls.model_fields if name in found}
        return cls.model_validate(own | {"versions": found})


class DatasetSize(Part):
    """What a prepared dataset holds."""

    users: int
    items: int
    interactions: int

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """A dataset's, from its manifest."""
        return cls(**{name: manifest["statistics"][name] for name in cls.model_fields})


class BenchResult(Result):
    """What a benchmark found; each benchmark declares its own type, with its name as the default."""

    benchmark: str
    environment: Environment


R = TypeVar("R", bound=BenchResult)


def read_results(kind: type[R], folder: Path) -> dict[str, R]:
    """All results of a benchmark in a folder, by the name of the file, in the order of the names.

    Raises:
        ArtifactError: a file is none of this benchmark, or of another version.
    """
    name = kind.model_fields["benchmark"].default
    return {file.name: kind.read(file) for file in sorted(folder.glob(f"bench-{name}*.json"))}
