"""How every benchmark tells its result."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec_bench.results import BenchResult

ResultOption = Annotated[Path | None, typer.Option(help="A file to write the result to, as JSON.")]


def show(lines: Iterable[str]) -> None:
    """Print Markdown as it is."""
    for line in lines:
        console.print(line, highlight=False)


def tell(found: BenchResult, result: Path | None) -> None:
    """Write the result file if it is wanted, and print the result as one line of JSON for programs."""
    if result:
        found.write(result)
    print(json.dumps(found.model_dump(mode="json")))  # noqa: T201 -- for programs, not wrapped to the terminal
