"""The commands for published versions: list, publish, roll back, prune."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from srec.cli.console import console

if TYPE_CHECKING:
    from srec.publishing.version import Version

app = typer.Typer(help="List published versions of a model, publish another, roll back, prune.")
ModelsArgument = Annotated[Path, typer.Argument(help="The folder of published versions.")]
#: Figures that a list has room for; --json has all.
_SHOWN = ("recall", "off-head", "overlap", "next-hr")


@app.command("list")
def list_(
    models: ModelsArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything that is known, as JSON.")] = False,
) -> None:
    """List the published versions: figures, age of the data, and what each was made from."""
    from srec.publishing.folder import Models

    folder = Models(models)
    served, versions = folder.served(), folder.versions()
    if as_json:
        found = [one.as_json() | {"served": one.number == served[-1]} for one in versions]
        console.print_json(json.dumps(found))
        return
    table = Table("version", title=str(models))
    for name in ("model", "made", "newest review"):
        table.add_column(name)
    measured = [name for name in _SHOWN if any(name in (one.figures or {}) for one in versions)]
    for name in measured:
        table.add_column(name, justify="right")
    for one in versions:
        table.add_row(*_row(one, served[-1], measured))
    console.print(table)
    for one in versions:
        origin = "".join(f"{kind} {name[:8]} > " for kind, name in (one.made_from or {}).items())
        said = f"cannot be read: {one.problem}" if one.problem else f"{origin}bundle {one.bundle[:8]}"
        console.print(f"version {one.number}: {said}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def publish(
    models: ModelsArgument, bundle: Annotated[Path, typer.Argument(help="The bundle to publish.")]
) -> None:
    """Copy a bundle into the folder, check the copy, and serve it from now on."""
    from srec.publishing.folder import Models

    with console.status(f"publishing {bundle}"):
        version = Models(models).publish(bundle)
    console.print(f"published: version {version.number} of {models}", highlight=False)


@app.command()
def rollback(
    models: ModelsArgument,
    version: Annotated[
        int | None, typer.Option(min=1, help="The version to serve; the one served before if left out.")
    ] = None,
) -> None:
    """Serve an earlier version again; a server that still has it in memory returns at once."""
    from srec.publishing.folder import Models

    chosen = Models(models).rollback(version)
    console.print(f"served: version {chosen.number} of {models}", highlight=False)


@app.command()
def prune(
    models: ModelsArgument,
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest versions stay.")] = 5,
) -> None:
    """Remove old versions, but never the served one nor the one to go back to."""
    from srec.publishing.folder import Models

    gone = Models(models).prune(keep)
    said = f"versions {', '.join(map(str, gone))}" if gone else "nothing"
    console.print(f"removed: {said}", highlight=False)


def _row(version: "Version", served: int, measured: list[str]) -> list[str]:
    name = f"{version.number} (served)" if version.number == served else str(version.number)
    if version.problem:
        return [name, "damaged"]
    made, days = version.created_at, version.age()
    until = "" if version.data_until is None else f"{version.data_until:%Y-%m-%d}, {days:,.0f} days ago"
    figures = version.figures or {}
    return [
        name,
        version.model + (", simulated" if version.simulated else ""),
        "" if made is None else f"{made:%Y-%m-%d %H:%M}",
        until,
        *(f"{figures[one]:.3f}" if one in figures else "" for one in measured),
    ]
