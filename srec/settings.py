"""Settings: each part owns a typed class, a recipe (TOML) holds what differs from its defaults."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from srec.errors import SettingsError


class Settings(BaseModel):
    """Base of every part's settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
    section: ClassVar[str]


S = TypeVar("S", bound=Settings)


class Recipe:
    """The settings of a whole pipeline: defaults, then a TOML file, then ``section.key=value`` overrides.

    Args:
        kinds: the settings classes a recipe may speak of, each with its section.
        path: a TOML file with a table for each section that differs from the defaults.
        overrides: ``section.key=value`` texts, the value as TOML writes it; they win over the file.

    Raises:
        SettingsError: the file is not TOML, or a section, key or value does not fit; the message names it.
    """

    def __init__(
        self, kinds: Iterable[type[Settings]], path: Path | None = None, overrides: Sequence[str] = ()
    ) -> None:
        known = {kind.section: kind for kind in kinds}
        document = _read(path) if path else {}
        for override in overrides:
            name, equals, text = override.partition("=")
            section, dot, key = name.strip().partition(".")
            if not (equals and dot and key):
                raise SettingsError(f"--set takes section.key=value, not {override!r}")
            document.setdefault(section, {})[key] = _parse(text.strip())
        for section in document:
            if section not in known:
                raise SettingsError(f"there is no section [{section}]; the sections are {', '.join(known)}")
        self._settings = {
            section: _build(kind, section, document.get(section, {})) for section, kind in known.items()
        }

    def get(self, kind: type[S]) -> S:
        """The settings of one part."""
        settings = self._settings[kind.section]
        assert isinstance(settings, kind)
        return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"recipe {path}: {error}") from error
    for section, table in document.items():
        if not isinstance(table, dict):
            raise SettingsError(f"recipe {path}: {section} stands outside a [section]")
    return document


def _build(kind: type[Settings], section: str, values: dict[str, Any]) -> Settings:
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        names = ", ".join(kind.model_fields)
        raise SettingsError(f"[{section}] {where}: {first['msg']}; its settings are {names}") from error


def _parse(text: str) -> Any:
    """One value as TOML would read it; what is no TOML value is a plain string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
