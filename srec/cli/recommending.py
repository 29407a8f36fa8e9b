"""The command that answers one request."""

from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.cli.tables import answer_table
from srec.errors import SRecError


def recommend(
    bundle: Annotated[Path, typer.Argument(help="The bundle directory.")],
    games: Annotated[
        list[str] | None,
        typer.Argument(
            help='Games you like, by name or Steam app id; a minus before it is a dislike: -"Dota 2".'
        ),
    ] = None,
    dislike: Annotated[
        list[str] | None, typer.Option(help="A game you do not like, by name or app id; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="A game never to recommend, such as one you own; may be repeated."),
    ] = None,
    popularity: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="From 0, only my taste, to 1, what everybody plays."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help="How many games to recommend.")] = 10,
    by: Annotated[str, typer.Option(help="The recommender: smart, tags or popular.")] = "smart",
) -> None:
    """Answer one request on the command line."""
    from srec.inference.bundle import Bundle
    from srec.inference.naming import Names
    from srec.inference.recommender import Recommender

    given = games or []
    if unknown := [one for one in given if one.startswith("--")]:
        raise SRecError(f"there is no option {unknown[0]}: see srec recommend --help")
    opened = Bundle(bundle)
    names = Names(opened)
    answer = Recommender(opened).recommend(
        names.app_ids([one for one in given if not one.startswith("-")]),
        k=top,
        recommender=by,
        disliked=names.app_ids([*(one[1:] for one in given if one.startswith("-")), *(dislike or ())]),
        popularity=popularity,
        excluded=names.app_ids(exclude or ()),
    )
    console.print(answer_table(answer, {game.app_id: game.name for game in opened.games}))
    if answer.unknown:
        console.print(f"not known to this bundle: {', '.join(map(str, answer.unknown))}")
