"""The results of ``srec leaderboard`` and ``srec reproduce`` as Markdown."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Leaderboard, Reproduction
from srec.reports.leaderboard import headings, protocol, rows
from srec.reports.markdown import markdown_table
from srec.reports.numbers import in_percent
from srec_bench.markdown import link

TITLES = {
    "leaderboard-tmall": "Tmall: every model under one protocol",
    "leaderboard-diginetica": "Diginetica: every model under one protocol",
    "leaderboard-steam-ucsd-all": "Steam reviews (UCSD): all users",
    "leaderboard-steam-ucsd-filtered": "Steam reviews (UCSD): without popular-only users",
    "leaderboard-steam-last": "Steam reviews without dates (UCSD v2): the last game of each player",
    "leaderboard-simulated-1m-all": "A simulated Steam of a million reviews: all users",
    "leaderboard-simulated-1m-filtered": "The same simulation: without popular-only users",
}


def reproduced(folder: Path) -> Iterator[str]:
    """GCE-GNN's figures here and in its paper."""
    files = sorted(folder.glob("reproduce-*.json"))
    if not files:
        return
    yield "### GCE-GNN reproduced\n"
    yield "`srec reproduce gce-gnn`, in %. `paper` takes each metric's best epoch on the test set, as the"
    yield "authors do. `honest` chooses the epoch on held-out sessions and looks at the test set once.\n"
    table = []
    for file in files:
        result = Reproduction.read(file)
        changed = f", {result.changed}" if result.changed else ""
        runs = len(result.runs)
        name = f"{result.dataset}, {result.protocol}{changed}, {runs} seed(s)"
        table.append([name, *in_percent(result, runs), link(file.name)])
    published = {found.dataset: found.paper for found in map(Reproduction.read, files)}
    table += [
        [f"{name}, as published", *(f"{figures[metric]:.2f}" for metric in METRICS), ""]
        for name, figures in published.items()
        if figures
    ]
    yield markdown_table(("set and protocol", *METRICS, "file"), sorted(table)) + "\n"


def boards(
    folder: Path, names: Iterable[str] = TITLES, shown: Callable[[str], bool] = lambda row: True
) -> Iterator[str]:
    """The leaderboards of these folders, with the rows that ``shown`` selects."""
    for name in names:
        file = folder / name / "leaderboard.json"
        if not file.is_file():
            continue
        result = Leaderboard.read(file)
        yield f"### {TITLES[name]}\n"
        yield markdown_table(headings(result), [row for row in rows(result) if shown(row[0])]) + "\n"
        yield (
            " ".join(protocol(result))
            + f" Files: {link(f'{name}/leaderboard.json')}, {link(f'{name}/leaderboard.html')}.\n"
        )
