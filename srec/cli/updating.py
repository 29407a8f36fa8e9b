"""The command that a timer runs: new reviews in, a better model published."""

from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.cli.options import SetOption

#: Exit statuses that a timer can tell apart; 1 is any error, as of all commands.
REFUSED, BUSY = 3, 75


def update(
    recipe: Annotated[Path, typer.Argument(help="A recipe with a section [update], as srec init writes it.")],
    force: Annotated[
        bool, typer.Option("--force", help="Publish in spite of a refusal, but nothing that fails a check.")
    ] = False,
    overrides: SetOption = None,
) -> None:
    """Read new reviews, prepare, train, measure against what is served, and publish what is no worse."""
    from srec.updating.update import Busy
    from srec.updating.update import update as run

    try:
        outcome = run(
            recipe, overrides or (), force=force, told=lambda line: console.print(line, markup=False)
        )
    except Busy as error:
        typer.echo(f"srec: {error}", err=True)
        raise typer.Exit(BUSY) from None
    if outcome.refused:
        raise typer.Exit(REFUSED)
    if outcome.published is not None:
        console.print(f"published: version {outcome.published.number}", highlight=False)
