"""The report as one HTML page that needs nothing beside it: no script, no font, no image from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from srec.evaluation.comparison import LEVEL
from srec.reports import plots, sections
from srec.reports.markup import bullets, figure, table, text
from srec.reports.style import STYLE

Result = Mapping[str, Any]
Log = Sequence[Mapping[str, Any]]


def page(result: Result, manifest: Mapping[str, Any], training: Mapping[str, Log]) -> str:
    """The whole page.

    Args:
        result: what ``write_report`` puts into report.json.
        manifest: the dataset's.
        training: the lines of each run's metrics.jsonl, by name.
    """
    parts = {
        "Models side by side": "".join(sections.side_by_side(result)),
        "Where personal models win": "".join(sections.wins(result)),
        "Beyond accuracy": "".join(sections.beyond(result)),
        "Training": "".join(_training(training)),
        "Dataset": "".join(_dataset(result, manifest)),
        "Protocol": "".join(_protocol(result)),
    }
    kept = {heading: body for heading, body in parts.items() if body}
    links = "".join(f'<a href="#{_anchor(heading)}">{heading}</a>' for heading in kept)
    body = "".join(
        f'<section id="{_anchor(heading)}"><h2>{heading}</h2>{body}</section>'
        for heading, body in kept.items()
    )
    name = escape(result["dataset"]["name"])
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>SRec report: {name}</title><style>{STYLE}</style></head><body>"
        f"{_simulated(result)}<header><div><h1>SRec report: {name}</h1>{_window(result)}{_facts(result)}"
        f"<nav>{links}</nav></div></header><main>{body}<footer>Written by srec {escape(result['srec'])} from"
        f" the dataset {escape(result['dataset']['fingerprint'])}. The numbers are in report.json.</footer>"
        "</main></body></html>\n"
    )


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _simulated(result: Result) -> str:
    if not result["dataset"]["simulated"]:
        return ""
    return (
        '<div class="simulated" role="note">Simulated data: these reviews come from SRec&rsquo;s simulator,'
        " not from Steam. The numbers say nothing about real players.</div>"
    )


def _window(result: Result) -> str:
    """When the tested window begins, where the dataset tells."""
    bound = {"test": "valid_until", "valid": "train_until"}[result["part"]]
    since = result["dataset"]["split"].get(bound)
    when = f" from {escape(str(since)[:10])} on" if since else ""
    return f"<p>Which game comes next? Models side by side on the {result['part']} window{when}.</p>"


def _facts(result: Result) -> str:
    known = result["dataset"]["statistics"]
    facts = {
        "users": known.get("users"),
        "games": known.get("items"),
        "positive reviews": known.get("interactions"),
        f"{result['part']} examples": result["examples"],
        f"sessions in {result['part']}": result["sessions"],
    }
    shown = "".join(f"<li><b>{text(value)}</b> {name}</li>" for name, value in facts.items() if value)
    return f'<ul class="facts">{shown}</ul>'


def _training(training: Mapping[str, Log]) -> Iterator[str]:
    for name, log in training.items():
        lines = [line for line in log if line.get("event") == "epoch"]
        if not lines:
            continue
        stages: dict[str, list[Mapping[str, Any]]] = {}
        for line in lines:
            stages.setdefault(str(line.get("stage", "training")), []).append(line)
        measured = [line for line in lines if line.get("valid")]
        figures = [
            figure(
                plots.training_loss(list(stages.values())),
                "Mean loss of each epoch, by stage of training.",
                plots.legend(list(stages)),
            )
        ]
        if measured:
            names = list(measured[0]["valid"])
            figures.append(
                figure(
                    plots.training_metrics(measured, names),
                    "Metrics on the validation window after each epoch.",
                    plots.legend(names),
                )
            )
        yield f'<h3>{escape(name)}</h3><div class="figures">{"".join(figures)}</div>'


def _dataset(result: Result, manifest: Mapping[str, Any]) -> Iterator[str]:
    steps = manifest.get("steps", [])
    if steps:
        yield table(
            ["step of preparation", "reviews", "users", "games"],
            (
                [
                    escape(str(step["step"])),
                    *(text(step.get(key)) for key in ("interactions", "users", "items")),
                ]
                for step in steps
            ),
            "What each step of the preparation left.",
        )
    known = dict(result["dataset"]["statistics"])
    histogram = known.pop("lengths", {})
    rows = [[text(key.replace("_", " ")), text(value)] for key, value in known.items()]
    rows += [[text(key.replace("_", " ")), text(value)] for key, value in result["dataset"]["split"].items()]
    left = table(["statistic", "value"], rows)
    right = figure(plots.lengths(histogram), "How long the sessions are.") if histogram else ""
    yield f'<div class="figures"><div>{left}</div><div>{right}</div></div>'


def _protocol(result: Result) -> Iterator[str]:
    settings = result["settings"]
    yield bullets(
        [
            *result["protocol"],
            f"Intervals: {LEVEL:.0%}, percentile bootstrap over {settings['resamples']:,} resamples of whole"
            f" sessions (seed {settings['seed']}); all models see the same resamples, so differences are"
            " paired. No clear difference means that the interval of the difference includes 0.",
            "Popularity of an item is counted on what comes before the tested window. Inputs are the last"
            f" {settings['max_length']} games of a session before the target.",
            "Made with "
            + ", ".join(f"{name} {value}" for name, value in result["environment"].items())
            + ".",
        ]
    )
