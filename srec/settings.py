"""Settings: each part owns a typed class, and a recipe (TOML) has the values that differ from defaults."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from srec.errors import SettingsError


@dataclass(frozen=True)
class Span:
    """A range of numbers to search; whole numbers if both ends are.

    Attributes:
        low: the least value.
        high: the greatest value.
        log: whether to search by orders of magnitude.
    """

    low: float
    high: float
    log: bool = False


#: What can be searched, by key: a range, or the values to choose from.
Space = Mapping[str, Span | tuple[Any, ...]]


class Settings(BaseModel):
    """The base of every part's settings: frozen, with validated defaults; an unknown key is an error.

    Attributes:
        section: the name of the section in a recipe.
        space: what ``srec tune`` searches, by key: a Span or the values to choose from. A learnt model may
            name settings of its training as ``training.key``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), validate_default=True)
    section: ClassVar[str]
    space: ClassVar[Space] = {}


S = TypeVar("S", bound=Settings)


def settings_of(kind: type[S], given: Settings | Mapping[str, Any] | None) -> S:
    """Settings from an object, from the values that differ from the defaults, or from None.

    Raises:
        SettingsError: a key is unknown or a value does not fit; the message names it.
    """
    if isinstance(given, kind):
        return given
    if isinstance(given, Settings):
        raise SettingsError(f"[{kind.section}] needs {kind.__name__}, not {type(given).__name__}")
    try:
        return kind(**dict(given or {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        names = ", ".join(kind.model_fields)
        raise SettingsError(f"[{kind.section}] {where}: {first['msg']}; the keys are {names}") from error


class Recipe:
    """The settings of a whole pipeline: defaults, then a TOML file, then ``section.key=value`` overrides.

    Args:
        sections: the names of the sections that a recipe may have.
        path: a TOML file with a table for each section that differs from the defaults.
        overrides: ``section.key=value`` texts, the value as TOML writes it; they win over the file.

    Raises:
        SettingsError: the file is not TOML, or names an unknown section.
    """

    def __init__(
        self, sections: Collection[str], path: Path | None = None, overrides: Sequence[str] = ()
    ) -> None:
        self._values = _read(path) if path else {}
        for override in overrides:
            name, equals, text = override.partition("=")
            section, dot, key = name.strip().partition(".")
            if not (equals and dot and key):
                raise SettingsError(f"a setting (--set) is section.key=value, not {override!r}")
            self._values.setdefault(section, {})[key] = _parse(text.strip())
        for section in self._values:
            if section not in sections:
                raise SettingsError(
                    f"there is no section [{section}]; the sections are {', '.join(sections)}"
                )

    def get(self, kind: type[S]) -> S:
        """The settings of one part.

        Raises:
            SettingsError: a key is unknown or a value does not fit; the message names it.
        """
        return settings_of(kind, self._values.get(kind.section, {}))

    def changed(self, settings: S) -> S:
        """The settings, changed only where this recipe sets a value explicitly.

        Raises:
            SettingsError: as ``get``.
        """
        explicit = self.get(type(settings)).model_dump(exclude_unset=True)
        return type(settings)(**settings.model_dump() | explicit)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"recipe {path}: {error}") from error
    for section, table in document.items():
        if not isinstance(table, dict):
            raise SettingsError(f"recipe {path}: {section} is outside a [section]")
    return document


def _parse(text: str) -> Any:
    """One value as TOML would read it; anything that is not a TOML value is a plain string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
