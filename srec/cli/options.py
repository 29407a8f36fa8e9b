"""Options that several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from srec.errors import SRecError

DataOption = Annotated[
    Path | None,
    typer.Option(
        help="The folder of the named sets, for example with tmall/train_sessions.parquet and"
        " tmall/test_examples.parquet."
    ),
]
PlayersOption = Annotated[
    Path | None,
    typer.Option(
        help="A Parquet file of held-out players (user_id, app_id, hours); if left out, the users that the"
        " dataset holds out."
    ),
]
WorkOption = Annotated[Path, typer.Option(help="The folder that keeps datasets, runs and results.")]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", help="A TOML file with the settings that differ from the defaults.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="One setting, as section.key=value; may be repeated.")
]
MemoryOption = Annotated[str, typer.Option(help="The database's memory limit; beyond it, it spills to disk.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Threads to use; all cores if left out.")]


def named_columns(texts: Sequence[str]) -> dict[str, str]:
    """The mapping of ``ours=theirs`` texts; ``ours=`` leaves a column out."""
    pairs = [text.partition("=") for text in texts]
    if not all(ours.strip() and equals for ours, equals, _ in pairs):
        raise SRecError("a column is ours=theirs, such as user_id=author")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
