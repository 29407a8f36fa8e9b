"""The command that a timer runs: new reviews in, a better model published."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.cli.options import MemoryOption, SetOption, ThreadsOption, named_columns

#: Exit statuses that a timer can tell apart; 1 is any error, as of all commands.
REFUSED, BUSY = 3, 75


def init(
    recipe: Annotated[Path, typer.Argument(help="The recipe to write.")] = Path("srec.toml"),
    reviews: Annotated[
        str, typer.Option(help="The file, folder or URL of the reviews.", prompt="Where are your reviews")
    ] = "",
    source: Annotated[
        str, typer.Option(help="The kind of source: table, ucsd, steam-api or simulated.")
    ] = "table",
    column: Annotated[
        list[str] | None,
        typer.Option(help="A column of the reviews that cannot be guessed, as ours=theirs; may be repeated."),
    ] = None,
    positive: Annotated[
        str, typer.Option(help="For reviews without such a flag: all, or a rule such as 'rating >= 4'.")
    ] = "",
    query: Annotated[str, typer.Option(help="For PostgreSQL: the SELECT that gives the reviews.")] = "",
    games: Annotated[
        str | None, typer.Option(help="A table of games: their names, tags, prices. Empty: there is none.")
    ] = None,
    game_column: Annotated[
        list[str] | None, typer.Option(help="A column of the games, as ours=theirs; may be repeated.")
    ] = None,
    memory: MemoryOption = "2GB",
    threads: ThreadsOption = None,
) -> None:
    """Look at your reviews, write a recipe for srec update that fits them, and say what to expect."""
    from srec.updating.begin import begin

    if games is None:
        interactive = sys.stdin.isatty()
        games = typer.prompt("Is there a table of games (empty: no)", default="") if interactive else ""
    begun = begin(
        recipe,
        reviews,
        source=source,
        columns=named_columns(column or ()),
        positive=positive,
        query=query,
        games=games,
        game_columns=named_columns(game_column or ()),
        memory=memory,
        threads=threads,
    )
    for line in begun.expect:
        console.print(line, highlight=False, markup=False)
    console.print(f"recipe: {recipe}; next: srec update {recipe}", highlight=False, markup=False)


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
