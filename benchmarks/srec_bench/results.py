"""What the results of all benchmarks share, and the only code that writes and reads their files.

A result file is JSON: the name of the benchmark, the version of its format, the environment, and the fields
of the benchmark's own type. A reader refuses what it does not know; when a type changes, its version rises
and the files in benchmarks/results are converted.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from srec.artifacts import write_json
from srec.environment import environment
from srec.errors import SRecError

#: A setting as a result keeps it: a record of how a number came about, which no code reads.
Setting = str | int | float | bool | None


class Part(BaseModel):
    """A part of a result: frozen, and with no key but those that it declares."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


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


class Result(Part):
    """What a benchmark found. Each benchmark declares its own type with its name and version as defaults."""

    benchmark: str
    version: int
    environment: Environment


R = TypeVar("R", bound=Result)


def write_result(path: Path, result: Result) -> None:
    """Write a result as JSON that a person can read."""
    write_json(path, result.model_dump(mode="json"))


def read_result(kind: type[R], path: Path) -> R:
    """Read a result.

    Raises:
        SRecError: the file is no JSON, is of another benchmark or version, or its keys are not the declared
            ones.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError) as error:
        raise SRecError(f"{path} cannot be read: {error}") from error
    name, version = (kind.model_fields[field].default for field in ("benchmark", "version"))
    if not isinstance(document, dict) or document.get("benchmark") != name:
        raise SRecError(f"{path} is not a result of srec bench {name}")
    if document.get("version") != version:
        raise SRecError(
            f"{path} has format version {document.get('version')}, this program reads version {version}:"
            f" run srec bench {name} again"
        )
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SRecError(f"{path}: {where}: {first['msg']}") from error


def read_results(kind: type[R], folder: Path) -> dict[str, R]:
    """All results of a benchmark in a folder, by the name of the file, in the order of the names."""
    name = kind.model_fields["benchmark"].default
    return {file.name: read_result(kind, file) for file in sorted(folder.glob(f"bench-{name}*.json"))}
