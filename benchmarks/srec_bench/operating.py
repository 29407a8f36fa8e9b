"""The benchmarks of a site's operation: versions swapped in under load, and updates."""

from pathlib import Path
from typing import Annotated

import typer

from srec.cli.console import console
from srec.cli.options import WorkOption
from srec.errors import SRecError
from srec_bench.told import ResultOption, tell


def soak(
    bundle: Annotated[Path, typer.Argument(help="The bundle directory to serve.")],
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the server is loaded.")] = 30,
    reloads: Annotated[int, typer.Option(min=0, help="How often all workers are replaced.")] = 20,
    kills: Annotated[int, typer.Option(min=0, help="How often a worker is killed.")] = 5,
    workers: Annotated[int, typer.Option(min=2, help="The number of processes that answer.")] = 2,
    result: ResultOption = None,
) -> None:
    """Load a server for a while; its workers are replaced and killed, and some of its visitors misbehave."""
    from srec_bench.soak.bench import bench_soak
    from srec_bench.soak.result import ROWS, cells

    with console.status("") as status:
        found = bench_soak(
            bundle, minutes=minutes, reloads=reloads, kills=kills, workers=workers, say=status.update
        )
    console.print(", ".join(f"{name} {cell}" for name, cell in zip(ROWS, cells(found), strict=True)))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


def privacy(result: ResultOption = None) -> None:
    """Run every command under a watch; it must call nobody, and leave nothing that it was not told to."""
    from srec_bench.privacy.bench import bench_privacy

    with console.status("") as status:
        found = bench_privacy(status.update)
    for one in found.commands:
        said = "; ".join(one.foreign[:3]) or "nothing foreign"
        console.print(f"{one.name}, {one.home} home: {said}", highlight=False, markup=False)
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


def swaps(
    bundle: Annotated[Path, typer.Argument(help="The bundle whose copies are published.")],
    swaps: Annotated[int, typer.Option(min=1, help="Sound versions to publish.")] = 50,
    visitors: Annotated[int, typer.Option(min=1, help="Connections that ask without a pause.")] = 4,
    result: ResultOption = None,
) -> None:
    """Publish versions under load, broken ones among them; no request may be lost."""
    from srec_bench.swaps.bench import bench_swaps
    from srec_bench.swaps.result import terminal_table

    with console.status("publishing under load"):
        found = bench_swaps(bundle, swaps, visitors)
    console.print(terminal_table(found))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


def updates(
    folder: Annotated[Path, typer.Argument(help="An empty folder; for full disks, on a small file system.")],
    kills: Annotated[int, typer.Option(min=0, help="Updates to kill at a random moment.")] = 50,
    full: Annotated[int, typer.Option(min=0, help="Updates that meet a full disk.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seeds the reviews and the moments.")] = 0,
    result: ResultOption = None,
) -> None:
    """Update a simulated shop, with kills and full disks; what is served must stay whole."""
    from srec_bench.updates.bench import bench_updates
    from srec_bench.updates.result import terminal_table

    with console.status("updating") as status:
        found = bench_updates(folder, kills=kills, full=full, seed=seed, say=status.update)
    console.print(terminal_table(found))
    tell(found, result)
    if found.failure:
        raise SRecError(found.failure)


def warm(
    before: Annotated[Path, typer.Argument(help="The dataset of the earlier run.")],
    after: Annotated[Path, typer.Argument(help="The dataset after an update.")],
    model: Annotated[str, typer.Option(help="A learnt model.")] = "sasrec",
    epochs: Annotated[list[int] | None, typer.Option(help="Of a warm training; may be repeated.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads to use.")] = 1,
    work: WorkOption = Path("work/warm"),
    result: ResultOption = None,
) -> None:
    """Train a learnt model on from the run before an update, and anew; time and quality."""
    from srec_bench.warm.bench import bench_warm
    from srec_bench.warm.result import terminal_table

    with console.status("training") as status:
        found = bench_warm(
            before, after, work, model=model, epochs=epochs or [1, 2], threads=threads, say=status.update
        )
    console.print(terminal_table(found))
    tell(found, result)
