"""The sections of a recipe: one for each part that has settings, and one for each model of the table."""

import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path

from srec.models import MODELS
from srec.settings import Recipe, Settings

#: The settings of each part that is not a model, as "module:Class"; imported when they are read.
PARTS = {
    "simulate": "srec.simulate.world:SimulateSettings",
    "prepare": "srec.prepare.interactions:PrepareSettings",
    "tags": "srec.prepare.tags:TagSettings",
    "context": "srec.prepare.context:ContextSettings",
    "training": "srec.training.settings:TrainingSettings",
    "evaluation": "srec.evaluation.settings:EvaluationSettings",
    "visitors": "srec.evaluation.settings:VisitorSettings",
    "update": "srec.updating.settings:UpdateSettings",
}


def sections() -> list[str]:
    """The names of all sections, in the order of the reference; this imports no part."""
    return [*PARTS, *(entry.section or name for name, entry in MODELS.items())]


def settings_types(told: Callable[[str], None] = lambda line: None) -> list[type[Settings]]:
    """The settings class of every section, in the order of ``sections``.

    Args:
        told: called with a line for each model of another package that cannot be loaded and is left out.
    """
    parts: list[type[Settings]] = [pkgutil.resolve_name(where) for where in PARTS.values()]
    return parts + [entry.load().settings_type for entry in MODELS.loadable(told).values()]


def read_recipe(path: str | Path | None = None, overrides: Sequence[str] = ()) -> Recipe:
    """The settings of a whole pipeline: defaults, then a TOML file, then ``section.key=value`` overrides.

    Args:
        path: a TOML file with a table for each section that differs from the defaults.
        overrides: ``section.key=value`` texts, the value as TOML writes it; they win over the file.

    Raises:
        SettingsError: the file is not TOML, or names an unknown section.
    """
    return Recipe(sections(), Path(path) if path else None, overrides)
