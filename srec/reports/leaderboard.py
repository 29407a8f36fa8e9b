"""A leaderboard as Markdown and as one HTML page."""

from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Leaderboard, Row
from srec.reports import plots
from srec.reports.markdown import markdown_table
from srec.reports.numbers import in_percent
from srec.reports.shell import TEMPLATES, render

HEADINGS = ("model", *METRICS, "training", "examples/s", "parameters", "epochs")


def cells(row: Row) -> list[str]:
    """A row's texts, in the order of HEADINGS; metrics in %, with their deviation over several seeds."""
    return [
        row.name,
        *in_percent(row, len(row.seeds)),
        duration(row.seconds),
        f"{row.examples_per_second:,.0f}",
        f"{row.parameters:,}" if row.parameters else "-",
        ", ".join(map(str, row.epochs)) or "-",
    ]


def duration(seconds: float) -> str:
    """Seconds as a person would say them."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def markdown(result: Leaderboard) -> str:
    """The table, followed by how it was measured."""
    body = markdown_table(HEADINGS, map(cells, result.rows))
    notes = "\n".join(f"- {note}" for note in protocol(result))
    return f"# Leaderboard: {result.name}\n\n{body}\n\n{notes}\n"


def protocol(result: Leaderboard) -> list[str]:
    """How the numbers were measured, in sentences."""
    rows = result.rows
    widest = max((high - low) / 2 for row in rows for low, high in row.interval.values())
    made = sorted({row.environment.date for row in rows})
    repeated = (
        "Items of the input may be answers: sessions repeat them."
        if result.repeats
        else "The input's own items are excluded from the answer."
    )
    return [
        *(["Simulated data: the numbers say nothing about real players."] * result.dataset.simulated),
        f"Each of {rows[0].examples:,} test examples asks for the next item. All"
        f" {result.dataset.items:,} items are ranked, without sampling. {repeated}",
        "Protocol honest: a trained model chose its epoch on the latest data, which was held out, and was"
        " then trained again on all data before the test. Each seed looked at the test once.",
        "HR@K and MRR@K are in %. Their 95 % intervals over resampled sessions are at most"
        f" ±{100 * widest:.2f} wide. ± in the table is the deviation over seeds.",
        "The training time includes choosing the epoch and training again, but not measuring on the held-out"
        " data; for a counted model it is the time of counting. The machines were shared, so read times as"
        " orders of magnitude. Each row's file has its settings, versions and machine.",
        f"Measured {made[0]}" + (f" to {made[-1]}" if len(made) > 1 else "") + ".",
    ]


def page(result: Leaderboard) -> str:
    """The whole page."""
    return render(
        TEMPLATES / "leaderboard.html.j2",
        result=result,
        simulated=result.dataset.simulated,
        headings=HEADINGS,
        rows=map(cells, result.rows),
        protocol=protocol(result),
        plots=plots,
    )
