"""The commands for a store itself: count its contents, check it, and export it as Parquet."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from srec.cli.console import console
from srec.cli.options import MemoryOption, ThreadsOption
from srec.errors import SRecError

app = typer.Typer(help="Count a store's contents, check it, and export it as Parquet.")
StoreArgument = Annotated[
    str, typer.Argument(help="The store: a DuckDB file, a postgresql:// URL, or an exported directory.")
]


@app.command()
def stats(store: StoreArgument) -> None:
    """Count a store's contents: reviews, users, games, rejects by reason, and its last ingestions."""
    from srec.store.connections import shown
    from srec.store.stores import open_reader
    from srec.store.stores.inspection import describe, size

    with open_reader(store, whole=True) as reader:
        found = describe(reader)
        held = size(reader, store)
    table = Table("what", title=shown(store))
    table.add_column("", justify="right")
    for name, count in (
        ("reviews", found.reviews),
        ("users", found.users),
        ("games", found.games),
        ("sequences", found.sequences or None),
        ("libraries", found.libraries or None),
        ("removed", found.removed),
    ):
        if count is not None:
            table.add_row(name, f"{count:,}")
    if found.positive_share is not None:
        table.add_row("positive", f"{found.positive_share:.1%}")
        table.add_row("first review", found.first_review)
        table.add_row("last review", found.last_review)
    table.add_row("data", "simulated" if found.simulated else "real")
    table.add_row("size", f"{held / 1e6:,.1f} MB")
    console.print(table)
    for reason, count in found.rejects.items():
        console.print(f"rejects: {count:,} rows, {reason}", highlight=False, markup=False)
    if found.ingestions:
        last = Table(title="The last ingestions")
        for name in ("finished", "source", "table"):
            last.add_column(name, no_wrap=True)
        for name in ("read", "added", "replaced", "repeated", "rejected"):
            last.add_column(name, justify="right")
        for one in found.ingestions:
            numbers = (one.read, one.added, one.replaced, one.repeated, one.rejected)
            last.add_row(one.finished_at[:16], one.source, one.kind, *(f"{number:,}" for number in numbers))
        console.print(last)


@app.command()
def verify(store: StoreArgument, memory: MemoryOption = "2GB", threads: ThreadsOption = None) -> None:
    """Read a whole store and check every rule; lists broken rules and exits with status 1."""
    from srec.artifacts import verify as verify_directory
    from srec.store.connections import shown
    from srec.store.stores import open_reader
    from srec.store.stores.integrity import check
    from srec.store.stores.parquet import KIND, VERSION

    if "://" not in store and Path(store).is_dir():
        verify_directory(Path(store), KIND, VERSION)
    with console.status(f"reading {shown(store)}"), open_reader(store, whole=True) as reader:
        checks = check(reader, memory, threads)
    broken = [one for one in checks if one.broken]
    for one in broken:
        said = f" ({one.said})" if one.said else ""
        console.print(f"broken: {one.rule}: {one.broken:,}{said}", highlight=False, markup=False)
    if broken:
        raise SRecError(f"{shown(store)} breaks {len(broken)} of {len(checks)} rules")
    console.print(f"{shown(store)}: sound; {len(checks)} rules hold", highlight=False, markup=False)


@app.command()
def export(
    store: StoreArgument,
    target: Annotated[Path, typer.Argument(help="The directory to write.")],
    memory: MemoryOption = "2GB",
    threads: ThreadsOption = None,
) -> None:
    """Write all rows as Parquet; srec prepare reads the directory like a store."""
    from srec.store.connections import shown
    from srec.store.stores import open_reader
    from srec.store.stores.inspection import export as write

    with console.status(f"exporting {shown(store)}"), open_reader(store, whole=True) as reader:
        written = write(reader, target, memory_limit=memory, threads=threads)
    console.print(f"{'exported' if written else 'up to date'}: {target}", highlight=False, markup=False)
