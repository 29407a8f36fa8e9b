"""The command that brings public data sets."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from srec.cli.console import console
from srec.errors import SRecError


def fetch(
    name: Annotated[str | None, typer.Argument(help="The set; without one, all of them are listed.")] = None,
    folder: Annotated[Path | None, typer.Argument(help="Where its files go; work/NAME if left out.")] = None,
) -> None:
    """Bring a public data set from where it is published; an interrupted download goes on."""
    from srec.fetch.sets import SETS

    if name is None:
        table = Table("set", "MB", "what is in it", "licence", title="Public data sets")
        for each, one in SETS.items():
            table.add_row(each, f"{one.megabytes:,.0f}" if one.files else "by hand", one.content, one.licence)
        console.print(table)
        return
    if name not in SETS:
        raise SRecError(f"there is no set {name}; there are {', '.join(SETS)}")
    from srec.fetch.download import fetch as bring

    chosen, folder = SETS[name], folder or Path("work") / name
    console.print(f"{chosen.content}. Licence: {chosen.licence}. {chosen.page}", highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as shown:
        tasks = {file.name: shown.add_task(file.name, total=None, start=False) for file in chosen.files}

        def progress(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                shown.print(file)
                return
            shown.start_task(tasks[file])
            shown.update(tasks[file], completed=done, total=total)

        files = bring(chosen, folder, progress)
    console.print(f"fetched: {', '.join(str(file) for file in files)}", highlight=False, soft_wrap=True)
    console.print(f"next: {chosen.then.format(folder=folder)}", highlight=False, soft_wrap=True)
