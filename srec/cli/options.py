"""Options that several commands have, and the sections of a recipe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from srec.settings import Settings

SECTIONS = (
    "simulate",
    "prepare",
    "tags",
    "context",
    "training",
    "evaluation",
    "popularity",
    "popularity-recent",
    "tag-scorer",
    "own-items",
    "markov",
    "rules",
    "vs-knn",
    "vstan",
    "item-knn",
    "ease",
    "blend",
    "narm",
    "sr-gnn",
    "sasrec",
    "bert4rec",
    "gce-gnn",
)

SETS = Path("../shared/data/gce-gnn")
DataOption = Annotated[Path, typer.Option(help="Where the named sets are.")]
WorkOption = Annotated[Path, typer.Option(help="Where datasets, runs and results are kept.")]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", help="TOML file of settings that differ from the defaults.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="One setting, as section.key=value; may be repeated.")
]
MemoryOption = Annotated[str, typer.Option(help="What the database may use before it spills to disk.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Threads to use; all cores if left out.")]


def settings_kinds() -> "list[type[Settings]]":
    """The settings class of every section, in the order of SECTIONS."""
    from srec.evaluation.settings import EvaluationSettings
    from srec.models import MODELS
    from srec.prepare.context import ContextSettings
    from srec.prepare.interactions import PrepareSettings
    from srec.prepare.tags import TagSettings
    from srec.simulate.world import SimulateSettings
    from srec.training.settings import TrainingSettings

    kinds: list[type[Settings]] = [
        SimulateSettings,
        PrepareSettings,
        TagSettings,
        ContextSettings,
        TrainingSettings,
        EvaluationSettings,
    ]
    return kinds + [entry.load().settings_type for entry in MODELS.values()]
