"""The command that serves: a bundle, or whichever version is published."""

from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.errors import SRecError
from srec.serving.logs import Logged, log_to_stderr


def serve(
    bundle: Annotated[
        Path | None, typer.Argument(help="The bundle directory; leave it out with --models.")
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(help="A folder of published versions; a new one is swapped in without a lost request."),
    ] = None,
    aliases: Annotated[
        list[Path] | None,
        typer.Option(help="A table of other names that the search knows, beside its own; may be repeated."),
    ] = None,
    root_path: Annotated[
        str, typer.Option(help="The path that a proxy passes on, such as /games; not if it takes it off.")
    ] = "",
    origins: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            help="A site whose pages may ask the API and embed the page; may be repeated; * is all.",
        ),
    ] = None,
    links: Annotated[
        str | None,
        typer.Option(help="Where games have their pages, with {id} in it, or none; Steam's if left out."),
    ] = None,
    pictures: Annotated[
        str | None,
        typer.Option(help="Where their pictures are, likewise; Steam's if the links are Steam's."),
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(help="A table of your own ids, which may be texts: app id, tab, own id."),
    ] = None,
    steam_key_file: Annotated[
        Path | None,
        typer.Option(help="A file with your Steam Web API key: visitors can then bring their library."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to listen on; :: is all of them, IPv4 too.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="The number of processes that answer.")] = 1,
    connections: Annotated[
        int, typer.Option(min=1, help="The most connections of a process; a further one gets status 503.")
    ] = 500,
    logged: Annotated[
        Logged,
        typer.Option("--log", help="Lines for people, as JSON, or as JSON with one for each request."),
    ] = "text",
    startup_timeout: Annotated[
        float, typer.Option(min=1, help="Of several: seconds that one may take to start.")
    ] = 60,
    worker_timeout: Annotated[
        float, typer.Option(min=1, help="Of several: seconds without a sign of life until one is replaced.")
    ] = 30,
) -> None:
    """Serve the page and the API."""
    from srec.publishing.folder import Models
    from srec.serving.connection import Limits
    from srec.serving.library import read_key
    from srec.serving.master import Patience
    from srec.serving.server import serve as run
    from srec.serving.site import Site, read_ids

    if (bundle is None) == (models is None):
        raise SRecError("name a bundle, or a folder of published versions with --models, and not both")
    if models is not None:
        Models(models).served()  # it says what is missing
    source = bundle if models is None else models
    assert source is not None
    log_to_stderr(logged)
    run(
        source,
        host=host,
        port=port,
        workers=workers,
        aliases=aliases or (),
        site=Site(
            root_path,
            tuple(origins or ()),
            links,
            pictures,
            read_ids(ids) if ids else {},
            read_key(steam_key_file) if steam_key_file else None,
        ),
        limits=Limits(connections),
        patience=Patience(startup_timeout, worker_timeout),
        logged=logged,
        told=console.print,
    )
