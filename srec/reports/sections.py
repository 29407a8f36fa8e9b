"""The sections of the report that compare models; each is HTML in pieces, computed from the result alone."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from srec.evaluation.beyond import MEANINGS
from srec.evaluation.comparison import FEWEST_SESSIONS, LEVEL
from srec.evaluation.slices import RULE
from srec.reports import plots, verdicts
from srec.reports.markup import bullets, figure, table, text

Result = Mapping[str, Any]


def side_by_side(result: Result) -> Iterator[str]:
    """Verdicts, every metric of every model, and the differences to the baselines."""
    yield bullets(result["verdicts"], "verdicts")
    models = result["models"]
    metrics = list(next(iter(models.values()))["metrics"])
    best = {
        metric: max(models, key=lambda name: models[name]["metrics"][metric]["value"]) for metric in metrics
    }
    yield table(
        ["metric", *map(escape, models)],
        (
            [metric, *(_metric_cell(model, metric, best[metric] == name) for name, model in models.items())]
            for metric in metrics
        ),
        f"Each value with its {LEVEL:.0%} interval, and what the paired difference to the strongest baseline"
        f" of its row shows. ★ marks the highest value. Baselines: {escape(', '.join(result['baselines']))}.",
    )
    pairs = {
        f"{escape(name)} &minus; {escape(baseline)}": found
        for name, model in models.items()
        for baseline, found in (model["differences"].items() if model["against"] else ())
    }
    if pairs:
        yield "<h3>Paired differences</h3>"
        yield table(
            ["metric", *pairs],
            ([metric, *(_difference_cell(found[metric]) for found in pairs.values())] for metric in metrics),
            "Positive: the first of the two is better.",
        )


def _metric_cell(model: Result, metric: str, best: bool) -> str:
    found = model["metrics"][metric]
    against = model["against"].get(metric)
    verdict = _verdict(against["verdict"]) if against else "<small>baseline</small>"
    kind = ' class="best"' if best else ""
    return f"<td{kind}><b>{found['value']:.4f}</b><small>{verdicts.interval(found)}</small>{verdict}</td>"


def _difference_cell(found: Result) -> str:
    low, high = f"{found['low']:+.4f}", f"{found['high']:+.4f}"
    return f"<td><b>{found['value']:+.4f}</b><small>[{low}, {high}]</small>{_verdict(found['verdict'])}</td>"


def _verdict(verdict: str) -> str:
    return f'<small class="{verdict.replace(" ", "-")}">{verdict}</small>'


def wins(result: Result) -> Iterator[str]:
    """Where a model is better or worse than the strongest baseline, and the numbers of every slice."""
    metric = result["headline"]
    models = result["models"]
    yield _claims("Clearly better than the strongest baseline of the slice", result["slice_wins"])
    yield _claims("Clearly worse", result["slice_losses"])
    pairs = sum(bool(model["against"]) for model in models.values())
    tried = pairs * sum(len(parts) for parts in result["slices"].values())
    yield (
        f'<p class="soft">{tried} comparisons were made on slices: where nothing differs, about 1 in'
        f" {round(1 / (1 - LEVEL))} looks clear by chance. Slices of fewer than {FEWEST_SESSIONS} sessions"
        f" get no verdict. {escape(RULE)}</p>"
    )
    titles = {
        "length": "items in the input",
        "taste": "popularity of the input",
        "popularity": "popularity of the target",
    }
    figures = (
        figure(
            plots.slices(parts, metric, titles[kind]),
            f"{metric} by {titles[kind]}, with {LEVEL:.0%} intervals.",
            plots.legend(list(models)),
        )
        for kind, parts in result["slices"].items()
    )
    yield f'<div class="figures">{"".join(figures)}</div>'
    rows = (
        [
            verdicts.slice_name(kind, part["name"]),
            text(part["examples"]),
            *(_slice_cell(part["models"][name], metric) for name in models),
        ]
        for kind, parts in result["slices"].items()
        for part in parts
    )
    yield table(
        ["slice", "examples", *map(escape, models)],
        rows,
        f"{metric}; below it the difference to the strongest baseline in the slice.",
    )


def _claims(heading: str, lines: Sequence[str]) -> str:
    return f"<h3>{heading}</h3>" + (bullets(lines, "verdicts") if lines else "<p>In no slice.</p>")


def _slice_cell(model: Result, metric: str) -> str:
    found, against = model["metrics"][metric], model["against"].get(metric)
    note = f"<small>{verdicts.interval(found)}</small>"
    if against:
        note = f"<small>{verdicts.signed(against)}</small>{_verdict(against['verdict'])}"
    return f"<td><b>{found['value']:.4f}</b>{note}</td>"


def beyond(result: Result) -> Iterator[str]:
    """What is recommended, beside whether it is right."""
    models, top = result["models"], result["settings"]["top"]
    yield table(
        ["model", *(name.replace("_", " ") for name in MEANINGS), "examples/s"],
        (
            [
                escape(name),
                *(_number(model["beyond"][key]) for key in MEANINGS),
                f"{model['examples_per_second']:,.0f}",
            ]
            for name, model in models.items()
        ),
        f"Of the first {top} recommendations for each example. The last column is the speed of scoring, on"
        " the machine that wrote this report.",
    )
    curves = figure(
        plots.concentrations([model["concentration"] for model in models.values()], result["targets"]),
        "How popular the recommended games are: the share of all recommendations that falls on the most"
        " popular games. The dashed line is what visitors chose; a curve above it recommends more popular"
        " games than they choose.",
        plots.legend(list(models)),
    )
    meanings = "".join(
        f"<dt>{key.replace('_', ' ')}</dt><dd>{escape(said)}</dd>" for key, said in MEANINGS.items()
    )
    yield f'<div class="figures">{curves}<dl>{meanings}</dl></div>'


def _number(value: float | None) -> str:
    return "&ndash;" if value is None else f"{value:,.1f}" if value >= 10 else f"{value:.3f}"
