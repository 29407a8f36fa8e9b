"""The results of ``srec leaderboard`` and ``srec reproduce`` as Markdown."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Leaderboard, Reproduction
from srec.reports.leaderboard import HEADINGS, cells, protocol
from srec.reports.numbers import in_percent
from srec_bench.markdown import link, markdown_table

TITLES = {
    "leaderboard-tmall": "Tmall: every model under one protocol",
    "leaderboard-diginetica": "Diginetica: every model under one protocol",
    "leaderboard-steam-ucsd-all": "Steam reviews (UCSD): all users",
    "leaderboard-steam-ucsd-filtered": "Steam reviews (UCSD): without popular-only users",
    "leaderboard-simulated-1m-all": "A simulated Steam of a million reviews: all users",
    "leaderboard-simulated-1m-filtered": "The same simulation: without popular-only users",
}


def reproduced(folder: Path) -> Iterator[str]:
    """GCE-GNN here and in its paper."""
    files = sorted(folder.glob("reproduce-*.json"))
    if not files:
        return
    yield "### GCE-GNN reproduced\n"
    yield "`srec reproduce gce-gnn`, in %. Under `paper` each metric has its best epoch on the test set, as"
    yield "the authors do; under `honest` the epoch is chosen on held-out sessions before one look at it.\n"
    rows = []
    for file in files:
        result = Reproduction.read(file)
        changed = f", {result.changed}" if result.changed else ""
        runs = len(result.runs)
        name = f"{result.dataset}, {result.protocol}{changed}, {runs} seed(s)"
        rows.append([name, *in_percent(result, runs), link(file.name)])
    published = {found.dataset: found.paper for found in map(Reproduction.read, files)}
    rows += [
        [f"{name}, as published", *(f"{figures[metric]:.2f}" for metric in METRICS), ""]
        for name, figures in published.items()
        if figures
    ]
    yield markdown_table(("set and protocol", *METRICS, "file"), sorted(rows)) + "\n"


def boards(folder: Path, names: Iterable[str] = TITLES) -> Iterator[str]:
    """The leaderboards."""
    for name in names:
        file = folder / name / "leaderboard.json"
        if not file.is_file():
            continue
        result = Leaderboard.read(file)
        yield f"### {TITLES[name]}\n"
        yield markdown_table(HEADINGS, [cells(row) for row in result.rows]) + "\n"
        yield (
            " ".join(protocol(result))
            + f" Files: {link(f'{name}/leaderboard.json')}, {link(f'{name}/leaderboard.html')}.\n"
        )
