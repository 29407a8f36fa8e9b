"""Measured results as JSON files with a version; only this code writes and reads them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_serializer

from srec.artifacts import write_json
from srec.errors import ArtifactError


class Frozen(BaseModel):
    """A part of a result: frozen, with declared keys only; an optional key without a value is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    @model_serializer(mode="wrap")
    def _without_what_is_absent(self, dump: Callable[[Self], dict[str, Any]]) -> dict[str, Any]:
        fields = type(self).model_fields
        return {
            name: value
            for name, value in dump(self).items()
            if value is not None or fields[name].is_required()
        }


class Result(Frozen):
    """A whole result.

    Attributes:
        version: the version of the type, its default; a file of another version is refused.
        path: the file it was written to or read from; the file does not contain it.
    """

    version: int = 1
    path: Path | None = Field(None, exclude=True)

    def write(self, path: Path) -> Self:
        """Write the file; returns the result with its path."""
        write_json(path, self.model_dump(mode="json"))
        return self.model_copy(update={"path": path})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file that ``write`` wrote.

        Raises:
            ArtifactError: it is missing or damaged, or of another version.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            version = found.get("version") if isinstance(found, dict) else None
            known = cls.model_fields["version"].default
            if version != known:
                raise ArtifactError(
                    f"{path} has a result of version {version}, but this SRec reads version {known}:"
                    " make it again"
                )
            return cls.model_validate(found | {"path": path})
        except (OSError, ValueError, RecursionError) as error:  # pydantic's and json's errors are ValueErrors
            first = _first(error) if isinstance(error, ValidationError) else error
            raise ArtifactError(f"{path} cannot be read: {first}; make it again") from error


def _first(error: ValidationError) -> str:
    """The place of the first error, and the error."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
