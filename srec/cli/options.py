"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

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
