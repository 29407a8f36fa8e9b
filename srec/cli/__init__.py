"""The command line: it composes the parts."""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from srec import __version__
from srec.cli import (
    crawling,
    fetching,
    operations,
    pipeline,
    publishing,
    recommending,
    research,
    serving,
    stores,
    updating,
)
from srec.cli.console import console
from srec.cli.mounted import Commands
from srec.errors import SRecError, naming_the_extra
from srec.terminal import PlainConsole
from srec.threads import sleep_while_waiting

app = typer.Typer(
    cls=Commands,
    help="Recommend Steam games to anonymous visitors: from reviews to a served page.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for command in (
    fetching.fetch,
    pipeline.simulate,
    pipeline.ingest,
    crawling.crawl,
    pipeline.prepare,
    pipeline.train,
    pipeline.evaluate,
    pipeline.export,
    recommending.recommend,
    serving.serve,
    updating.init,
    updating.update,
    operations.verify,
    operations.batch,
    operations.doctor,
    research.reproduce,
    research.leaderboard,
    research.tune,
):
    # A name with a minus before it is no option.
    names = command is recommending.recommend
    app.command(context_settings={"ignore_unknown_options": True} if names else None)(command)
app.add_typer(stores.app, name="store")
app.add_typer(publishing.app, name="models")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Options of every command."""
    if show:
        console.print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; an error that a person can fix is one line, with exit status 1."""
    sleep_while_waiting()
    try:
        with naming_the_extra():
            app()
    except (SRecError, OSError) as error:  # OSError: a full disk, a missing right, and so on
        PlainConsole(stderr=True).print(
            f"[bold red]srec:[/] {escape(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(1)
    except KeyboardInterrupt:
        PlainConsole(stderr=True).print("[bold]srec:[/] interrupted; the same command goes on from here")
        sys.exit(130)
