"""The report's plots as inline SVG, made without pyplot, so that no figure is kept globally.

Models' names are in legends beside the SVG, never in it, so that no name is read as markup or mathematics.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from srec.evaluation.beyond import Curve
from srec.evaluation.results import Report, Row, Slice
from srec.evaluation.visited import Visitors
from srec.reports.figures import Axes, Figure, FuncFormatter, MaxNLocator, rc_context

COLOURS = ("#66c0f4", "#f2a65a", "#8bd17c", "#e377a2", "#b39ddb", "#e8d44d", "#4fd1c5", "#ff8a80")
MARKERS = "osD^vPX*"
GLYPHS = "●■◆▲▼✚✖★"
INK, LINE = "#b8c7d6", "#2b3a49"
MOST_LENGTHS = 30


def colour(place: int) -> str:
    """The colour of the model at a place; colours repeat after eight."""
    return COLOURS[place % len(COLOURS)]


@dataclass(frozen=True)
class Mark:
    """How a legend shows one name."""

    name: str
    colour: str
    glyph: str


def legend(names: Iterable[str]) -> list[Mark]:
    """Names with the colours and glyphs of their places."""
    return [Mark(name, colour(place), GLYPHS[_shape(place)]) for place, name in enumerate(names)]


def front(found: Visitors, kind: Literal["recall", "off_head"], title: str) -> Markup:
    """A recall of each model against the overlap with the popular list, over the weight of popularity.

    Args:
        found: what a visitor gets.
        kind: which recall.
        title: of the axis.
    """
    figure, axes = new_figure(f"of {found.settings.length} games, how many are the popular ones", title)
    main = found.main
    assert main is not None
    metric = found.recall if kind == "recall" else found.off_head
    for place, (name, model) in enumerate(found.models.items()):
        points = [] if model.front is None else model.front.points
        axes.plot(
            [point.overlap for point in points],
            [getattr(point, kind) or 0 for point in points],
            color=colour(place),
            marker=marker(place),
            markersize=4,
            linewidth=1.6,
            clip_on=False,
        )
        own = main.models[name].metrics.get(metric)
        if own:
            axes.plot(
                [model.sameness.overlap],
                [own.value],
                color=colour(place),
                marker="o",
                markersize=11,
                fillstyle="none",
                clip_on=False,
            )
    axes.set_xlim(0, found.settings.length)
    axes.set_ylim(bottom=0)
    return as_svg(figure)


def by_overlap(result: Report) -> Markup:
    """The headline metric of each model, with its interval, against the overlap with the popular list."""
    found = result.visitors
    assert found is not None
    x = f"of {found.settings.length} games, how many are the popular ones"
    figure, axes = new_figure(x, f"{result.headline} on the next game")
    for place, (name, model) in enumerate(result.models.items()):
        one = model.metrics[result.headline]
        _point(axes, place, found.models[name].sameness.overlap, one.value, low=one.low, high=one.high)
    axes.set_xlim(0, found.settings.length)
    axes.set_ylim(bottom=0)
    return as_svg(figure)


def _point(axes: Axes, place: int, x: float, value: float, *, low: float, high: float) -> None:
    """A model's value with its interval; if sessions are few, the interval may not contain the value."""
    axes.errorbar(
        x,
        value,
        yerr=[[max(value - low, 0)], [max(high - value, 0)]],
        fmt=marker(place),
        color=colour(place),
        markersize=6.5,
        elinewidth=1.4,
        capsize=2.5,
        clip_on=False,
    )


def slices(parts: Sequence[Slice], metric: str, title: str) -> Markup:
    """A metric by slice; each model is a point with its interval."""
    figure, axes = new_figure(title, metric)
    names = list(parts[0].models)
    for place, name in enumerate(names):
        found = [part.models[name].metrics[metric] for part in parts]
        at = [x + (place - (len(names) - 1) / 2) * 0.6 / max(len(names), 1) for x in range(len(parts))]
        values = [one.value for one in found]
        # If sessions are few, a percentile interval may not contain its value.
        below = [max(one.value - one.low, 0) for one in found]
        above = [max(one.high - one.value, 0) for one in found]
        axes.errorbar(
            at,
            values,
            yerr=[below, above],
            fmt=marker(place),
            color=colour(place),
            markersize=5.5,
            elinewidth=1.4,
            capsize=2.5,
            clip_on=False,
        )
    axes.set_xticks(range(len(parts)), [f"{part.name}\nn = {part.examples:,}" for part in parts])
    axes.set_ylim(bottom=0)
    return as_svg(figure)


def concentrations(curves: Iterable[Curve], targets: Curve) -> Markup:
    """The share of recommendations, and of targets, that falls on the most popular part of the catalogue."""
    figure, axes = new_figure("most popular share of the catalogue", "share of the recommendations")
    axes.fill_between(targets.catalogue, targets.reached, color=INK, alpha=0.14, linewidth=0)
    axes.plot(targets.catalogue, targets.reached, color=INK, linewidth=1.4, linestyle=(0, (4, 3)))
    for place, curve in enumerate(curves):
        axes.plot(
            curve.catalogue,
            curve.reached,
            color=colour(place),
            linewidth=1.8,
            marker=marker(place),
            markevery=0.12,
            markersize=4.5,
        )
    axes.set_xscale("log")
    percent = FuncFormatter(lambda value, _: f"{100 * value:g} %")
    axes.xaxis.set_major_formatter(percent)
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    axes.yaxis.set_major_formatter(percent)
    axes.set_ylim(0, 1.03)
    return as_svg(figure)


def training_loss(stages: Iterable[Sequence[Mapping[str, Any]]]) -> Markup:
    """The mean loss of each epoch; the first stage solid, later ones dashed."""
    figure, axes = new_figure("epoch", "training loss")
    for place, lines in enumerate(stages):
        axes.plot(
            [line["epoch"] for line in lines],
            [line["loss"] for line in lines],
            color=colour(place),
            marker=marker(place),
            markersize=4,
            linestyle="--" if place else "-",
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return as_svg(figure)


def training_metrics(lines: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    """The validation metrics of each epoch."""
    figure, axes = new_figure("epoch", "validation metric")
    for place, name in enumerate(names):
        axes.plot(
            [line["epoch"] for line in lines],
            [line["valid"][name] for line in lines],
            color=colour(place),
            marker=marker(place),
            markersize=4,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0)
    return as_svg(figure)


def quality_by_time(rows: Sequence[Row], metric: str) -> Markup:
    """A metric of each model, in %, with its interval, by its training time in seconds."""
    figure, axes = new_figure("training time", f"{metric} in %")
    for place, row in enumerate(rows):
        value, (low, high) = row.metrics[metric], row.interval[metric]
        seconds = max(row.seconds, 0.01)
        _point(axes, place, seconds, 100 * value, low=100 * low, high=100 * high)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    marks = {
        0.01: "10 ms",
        0.1: "0.1 s",
        1: "1 s",
        10: "10 s",
        60: "1 min",
        600: "10 min",
        3600: "1 h",
        36000: "10 h",
    }
    low_x, high_x = axes.get_xlim()
    kept = {at: name for at, name in marks.items() if low_x <= at <= high_x}
    axes.set_xticks(list(kept), list(kept.values()))
    axes.minorticks_off()
    return as_svg(figure)


def lengths(histogram: Mapping[str, int]) -> Markup:
    """The number of sessions of each length; the longest are pooled."""
    pooled: dict[int, int] = {}
    for text, count in histogram.items():
        length = min(int(text), MOST_LENGTHS)
        pooled[length] = pooled.get(length, 0) + count
    figure, axes = new_figure("interactions of a session", "sessions")
    axes.bar(list(pooled), list(pooled.values()), width=0.8, color=COLOURS[0])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.0f}" + ("+" if value == MOST_LENGTHS else ""))
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return as_svg(figure)


def _shape(place: int) -> int:
    """The shape at a place; it changes each time the colours repeat, so that 64 models can be told apart."""
    return (place + place // len(COLOURS)) % len(MARKERS)


def marker(place: int) -> str:
    """The marker of the model at a place."""
    return MARKERS[_shape(place)]


def new_figure(x: str, y: str) -> tuple[Figure, Axes]:
    """An empty plot in the page's style, with what its axes are called."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes: Axes = figure.add_subplot()
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.tick_params(colors=INK, which="both", length=0)
    axes.grid(visible=True, color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.patch.set_visible(False)
    figure.patch.set_visible(False)
    return figure, axes


def as_svg(figure: Figure) -> Markup:
    """The figure as an <svg> element: as wide as its container, without prolog or metadata, reproducible."""
    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "srec"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(
        r' id="(?:figure|axes|patch|matplotlib|xtick|ytick|line2d|text|\w*Collection)[\w.]*"', "", text
    )
    return Markup(text.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704 - matplotlib escapes texts
