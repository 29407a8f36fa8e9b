"""Settings: each part owns a typed class, a recipe (TOML) holds what differs from its defaults."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from srec.errors import SettingsError


class Settings(BaseModel):
    """Base of every part's settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


S = TypeVar("S", bound=Settings)


def load_settings(
    kind: type[S], section: str, recipe: Path | None = None, overrides: Sequence[str] = ()
) -> S:
    """The settings of one part: defaults, then the recipe's ``[section]``, then ``key=value`` overrides.

    Raises:
        SettingsError: the recipe is not TOML, or a key or value does not fit; the message names it.
    """
    values: dict[str, Any] = {}
    if recipe is not None:
        try:
            document = tomllib.loads(recipe.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"recipe {recipe}: {error}") from error
        table = document.get(section, {})
        if not isinstance(table, dict):
            raise SettingsError(f"recipe {recipe}: [{section}] must be a table")
        values.update(table)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise SettingsError(f"--set takes key=value, not {override!r}")
        values[key.strip()] = _parse(text.strip())
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(kind.model_fields)
        raise SettingsError(f"[{section}] {where}: {first['msg']}; its settings are {known}") from error


def _parse(text: str) -> Any:
    """One value as TOML would read it; what is no TOML value is a plain string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
