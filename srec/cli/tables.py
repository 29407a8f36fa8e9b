"""Tables for the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from srec.evaluation.comparison import Estimate
    from srec.evaluation.results import Leaderboard, Report, Reproduction
    from srec.inference.answers import Answer, Recommended
    from srec.store.ingestion import Summary

_REASONS = 4  # parts of a score that are shown


def ingestion_table(summary: "Summary") -> Table:
    """How many rows were read, and what happened to them."""
    table = Table("table", title=f"Read from {summary.source}")
    for name in ("read", "added", "replaced", "repeated", "rejected"):
        table.add_column(name, justify="right")
    for name, counts in summary.tables.items():
        numbers = (counts.read, counts.added, counts.replaced, counts.repeated, counts.rejected)
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return table


def steps_table(manifest: Mapping[str, Any]) -> Table:
    """The rows left after each step of preparation."""
    table = Table("step", title="Rows left after each step")
    for name in ("reviews", "users", "games"):
        table.add_column(name, justify="right")
    for step in manifest["steps"]:
        counts = (f"{step[key]:,}" for key in ("interactions", "users", "items"))
        table.add_row(step["step"], *counts)
    return table


def statistics_table(manifest: Mapping[str, Any]) -> Table:
    """SRec's Table 1."""
    table = Table("statistic", title="The dataset")
    table.add_column("value", justify="right")
    facts = manifest["statistics"]
    for name, value in facts.items():
        if name != "lengths":
            shown = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
            table.add_row(name.replace("_", " "), shown)
    for name, moment in manifest["split"].items():
        table.add_row(name.replace("_", " "), str(moment))
    return table


def report_table(report: "Report") -> Table:
    """The models side by side."""
    title = f"{report.examples:,} {report.part} examples of {report.sessions:,} sessions"
    if report.dataset.simulated:
        title += ", SIMULATED DATA"
    table = Table(title=title)
    table.add_column("model", no_wrap=True)
    next_game = [f"{name}@{report.settings.top}" for name in ("HR", "MRR", "NDCG")]
    told = report.visitors.main if report.visitors else None
    if report.visitors and told:
        wanted = [report.visitors.recall, report.visitors.off_head]
        for heading in (*wanted, "overlap", *next_game[:2]):
            table.add_column(heading, justify="right")
        for name, model in report.models.items():
            got = [told.models[name].metrics.get(metric) for metric in wanted]
            overlap = report.visitors.models[name].sameness.overlap
            found = map(_with_interval, (model.metrics[metric] for metric in next_game[:2]))
            table.add_row(Text(name), *map(_with_interval, got), Text(f"{overlap:.1f}"), *found)
        return table
    for heading in (*next_game, f"{report.headline} against baselines", "coverage"):
        table.add_column(heading, justify="right")
    for name, model in report.models.items():
        against = model.against.get(report.headline)
        table.add_row(
            Text(name),
            *map(_with_interval, (model.metrics[metric] for metric in next_game)),
            Text(against.verdict if against else "baseline"),
            f"{model.beyond['coverage']:.1%}",
        )
    return table


def _with_interval(one: "Estimate | None") -> Text:
    return Text("-" if one is None else f"{one.value:.4f}\n±{(one.high - one.low) / 2:.4f}")


def leaderboard_table(board: "Leaderboard") -> Table:
    """The rows of a leaderboard."""
    from srec.reports.leaderboard import headings, rows

    table = Table(title=f"{board.name}: metrics in %")
    for place, heading in enumerate(headings(board)):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows(board):
        table.add_row(*map(escape, row))
    return table


def reproduction_table(result: "Reproduction") -> Table:
    """The figures beside the paper's, in %."""
    from srec.evaluation.metrics import METRICS
    from srec.reports.numbers import in_percent

    chosen = "best epoch of each metric on the test set" if result.protocol == "paper" else "one look"
    table = Table("", *METRICS, title=f"{result.dataset}, protocol {result.protocol}: {chosen}")
    runs = len(result.runs)
    table.add_row(f"here, {runs} seed(s)", *in_percent(result, runs))
    published = (f"{result.paper[metric]:.2f}" if result.paper else "-" for metric in METRICS)
    table.add_row("the paper", *published)
    return table


def answer_table(answer: "Answer", names: Mapping[int, str]) -> Table:
    """The games of an answer, with names and why they come.

    Args:
        answer: the answer.
        names: the names of the games that the visitor named, by app id.
    """
    why = "tags in common" if answer.sum is None else "because of"
    table = Table("", "app id", "game", "score", why, title=f"{answer.recommender} recommender")
    for place, game in enumerate(answer.games, 1):
        reason = (
            ", ".join(game.shared_tags) if answer.sum is None else _because(game, answer.sum.named, names)
        )
        table.add_row(str(place), str(game.app_id), escape(game.name), f"{game.score:.3f}", escape(reason))
    return table


def _because(game: "Recommended", named: Sequence[int], names: Mapping[int, str]) -> str:
    """What adds up to a game's score, the largest part first."""
    parts = dict(zip((names[app_id] for app_id in named), game.parts or (), strict=True))
    parts |= {"quality": game.quality or 0.0, "popularity": game.popularity or 0.0}
    largest = sorted(parts, key=lambda name: -abs(parts[name]))
    return ", ".join(f"{name} {parts[name]:+.2f}" for name in largest[:_REASONS])
