"""The commands for server owners: check a bundle, answer many lists at once, show what is installed."""

from importlib.metadata import metadata, requires
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from srec.cli.console import console
from srec.errors import SRecError
from srec.progress import counting_progress

BundleArgument = Annotated[Path, typer.Argument(help="The bundle directory.")]


def verify(bundle: BundleArgument) -> None:
    """Check a bundle: its checksums, and that engine and API answer its golden requests as the model did."""
    from srec.inference.bundle import Bundle
    from srec.inference.scans import kernels
    from srec.serving.app import create_app

    create_app(bundle)
    golden = Bundle(bundle).golden
    console.print(
        f"{bundle}: complete; {len(golden)} golden requests answered as the model did,"
        f" by the engine ({kernels()[0]}) and by the API",
        highlight=False,
    )


def batch(
    bundle: BundleArgument,
    source: Annotated[
        Path, typer.Argument(help="A Parquet file with a column liked: lists of app ids, oldest liked first.")
    ],
    target: Annotated[
        Path, typer.Argument(help="The Parquet file to write: the other columns, app_ids and scores.")
    ],
    top: Annotated[int, typer.Option(min=1, help="How many games for each list.")] = 10,
) -> None:
    """Answer many lists of games; after an interruption, the same command goes on."""
    from srec.inference.batch import answer_file, count_rows
    from srec.inference.bundle import Bundle
    from srec.inference.recommender import Recommender

    recommender = Recommender(Bundle(bundle))
    with counting_progress(console, "lists", count_rows(source)) as watch:
        rows = answer_file(recommender, source, target, k=top, watch=watch)
    console.print(f"answers: {target}, {rows:,} lists")


def doctor() -> None:
    """Show what is installed and which code scores the items."""
    from srec.environment import libraries
    from srec.inference.scans import NUMPY, kernels

    found = kernels()
    table = Table("part", "here", title="SRec's parts")
    table.add_row("scan of the items", f"{found[0]} (of {', '.join(found)})")
    for library in libraries(requires("srec") or (), metadata("srec").get_all("Provides-Extra") or ()):
        absent = f"not installed; part of the extra {' or '.join(library.extras)}"
        table.add_row(library.name, library.version or (absent if library.extras else "MISSING"))
    console.print(table)
    if found[0] == NUMPY:
        console.print(
            "The native scan is missing: answers are the same, but slower."
            " Install a compiler, then reinstall SRec."
        )
    if find_spec("onnxruntime") is None:
        raise SRecError("ONNX Runtime is missing: nothing can be served")
