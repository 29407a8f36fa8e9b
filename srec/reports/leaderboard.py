"""A leaderboard as Markdown and as one HTML page."""

from collections.abc import Iterator

from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Leaderboard, Row
from srec.evaluation.settings import VisitorSettings
from srec.reports import plots
from srec.reports.markdown import markdown_table
from srec.reports.numbers import UNKNOWN, in_percent
from srec.reports.shell import TEMPLATES, render

#: What held-out players get, after the model's name.
VISITORS = ("recall@12", "off-head@12", "overlap")
#: HR@20 outside the most popular items, after METRICS.
OFF_HEAD = "off-head HR@20"
COSTS = ("training", "examples/s", "parameters", "epochs")


def headings(result: Leaderboard) -> tuple[str, ...]:
    """The model, METRICS and COSTS and, where a row has them, VISITORS and OFF_HEAD."""
    visitors = VISITORS if _with_players(result) else ()
    return ("model", *visitors, *METRICS, *((OFF_HEAD,) if _with_off_head(result) else ()), *COSTS)


def rows(result: Leaderboard) -> Iterator[list[str]]:
    """The texts of all rows, in the order of ``headings``."""
    visited, told = _with_players(result), _with_off_head(result)
    for row in result.rows:
        texts = [row.name, *(_visitors(row) if visited else ()), *in_percent(row, len(row.seeds))]
        if told:
            texts.append(UNKNOWN if row.off_head is None else f"{100 * row.off_head:.2f}")
        yield [
            *texts,
            duration(row.seconds),
            f"{row.examples_per_second:,.0f}",
            f"{row.parameters:,}" if row.parameters else "-",
            ", ".join(map(str, row.epochs)) or "-",
        ]


def _with_players(result: Leaderboard) -> bool:
    return any(row.visitors for row in result.rows)


def _with_off_head(result: Leaderboard) -> bool:
    return any(row.off_head is not None for row in result.rows)


def _visitors(row: Row) -> Iterator[str]:
    """The texts of VISITORS: shares in %, the overlap in games."""
    for name in VISITORS:
        one = (row.visitors or {}).get(name)
        yield UNKNOWN if one is None else f"{one.value if name == 'overlap' else 100 * one.value:.2f}"


def duration(seconds: float) -> str:
    """Seconds as a person would say them."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def markdown(result: Leaderboard) -> str:
    """The table, followed by how it was measured."""
    body = markdown_table(headings(result), rows(result))
    notes = "\n".join(f"- {note}" for note in protocol(result))
    return f"# Leaderboard: {result.name}\n\n{body}\n\n{notes}\n"


def protocol(result: Leaderboard) -> list[str]:
    """How the numbers were measured, in sentences."""
    measured = result.rows
    widest = max((high - low) / 2 for row in measured for low, high in row.interval.values())
    made = sorted({row.environment.date for row in measured})
    repeated = (
        "Items of the input may be answers: sessions repeat them."
        if result.repeats
        else "The input's own items are excluded from the answer."
    )
    return [
        *(["Simulated data: the numbers say nothing about real players."] * result.dataset.simulated),
        f"Each of {measured[0].examples:,} test examples asks for the next item. All"
        f" {result.dataset.items:,} items are ranked, without sampling. {repeated}",
        "Protocol honest: a trained model chose its epoch on the latest data, which was held out, and was"
        " then trained again on all data before the test. Each seed looked at the test once.",
        "HR@K and MRR@K are in %. Their 95 % intervals over resampled sessions are at most"
        f" ±{100 * widest:.2f} wide. ± in the table is the deviation over seeds.",
        *(
            [f"{OFF_HEAD} is that of the targets outside the 100 most popular items, in %."]
            if _with_off_head(result)
            else []
        ),
        *_told(result),
        "The training time includes choosing the epoch and training again, but not measuring on the held-out"
        " data; for a counted model it is the time of counting. The machines were shared, so read times as"
        " orders of magnitude. Each row's file has its settings, versions and machine.",
        f"Measured {made[0]}" + (f" to {made[-1]}" if len(made) > 1 else "") + ".",
    ]


def _told(result: Leaderboard) -> Iterator[str]:
    """What the columns of VISITORS are, if they are there."""
    for row in result.rows:
        if row.visitors and VISITORS[0] in row.visitors:
            recall, told = row.visitors[VISITORS[0]], VisitorSettings()
            yield (
                f"recall@12: {recall.sessions:,} held-out players tell {told.main} games each, and this share"
                f" of their others is found, in % (±{50 * (recall.high - recall.low):.2f}). off-head@12: the"
                f" same of games outside the {told.head} most popular ones. overlap: how many of the 12 games"
                " of an answer are the popular ones."
            )
            return


def page(result: Leaderboard) -> str:
    """The whole page."""
    return render(
        TEMPLATES / "leaderboard.html.j2",
        result=result,
        simulated=result.dataset.simulated,
        headings=headings(result),
        rows=rows(result),
        protocol=protocol(result),
        plots=plots,
    )
