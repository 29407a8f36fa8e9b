"""The figures of one model of a report by short names: for a gate, and for whoever keeps them elsewhere."""

from collections.abc import Mapping
from typing import Any

from srec.errors import SettingsError
from srec.evaluation.comparison import Comparison, Estimate
from srec.evaluation.results import Report
from srec.evaluation.visited import Visitors

MEANINGS = {
    "recall": "the share of the expected games that are found",
    "ndcg": "the same, with more weight on the first places",
    "off-head": "the recall of expected games outside the most popular ones",
    "overlap": "how many games of an answer are the popular ones",
    "distinct": "the number of different games in all answers",
    "gini": "how unevenly the answers are spread over the catalogue",
    "same-first": "the share of lists with the most frequent first game",
    "permuted": "how much of an answer stays (Jaccard@10) if the list has another order",
    "added": "how much stays with one more game",
    "dropped": "how much stays with one game less",
    "swapped": "how much stays with one game replaced by the nearest by tags",
    "intrusion": "the share of disliked games among the first 20",
    "next-hr": "the hit rate on the next game",
    "next-mrr": "the mean reciprocal rank of the next game",
}


def figures(report: Report, name: str) -> dict[str, Any]:
    """The figures of one model as a small JSON object.

    Args:
        report: the report.
        name: a model of it.

    Returns:
        "measured" says on what, and "figures" has the value of each that is measured, by the names of
        MEANINGS, with "low" and "high" where there is an interval.

    Raises:
        SettingsError: the report has no such model.
    """
    found: dict[str, Any] = {}
    for key, one in values(report, name).items():
        if isinstance(one, Estimate):
            found[key] = {"value": one.value, "low": one.low, "high": one.high}
        else:
            found[key] = {"value": one}
    visitors = report.visitors
    measured = {
        "dataset": report.dataset.fingerprint,
        "simulated": report.dataset.simulated,
        "part": report.part,
        "next_length": report.settings.top,
    }
    if visitors is not None:
        measured |= {
            "players": visitors.players,
            "told": visitors.settings.main,
            "length": visitors.settings.length,
        }
    return {"measured": measured, "figures": found}


def values(report: Report, name: str) -> dict[str, Estimate | float]:
    """Each measured figure of one model, in the order of MEANINGS.

    Args:
        report: the report.
        name: a model of it.

    Raises:
        SettingsError: the report has no such model.
    """
    if name not in report.models:
        raise SettingsError(f"the report has no model {name!r}; its models are {', '.join(report.models)}")
    found = {} if report.visitors is None else _visited(report.visitors, name)
    metrics, top = report.models[name].metrics, report.settings.top
    return found | {"next-hr": metrics[f"HR@{top}"], "next-mrr": metrics[f"MRR@{top}"]}


def _visited(visitors: Visitors, name: str) -> dict[str, Estimate | float]:
    length, one = visitors.settings.length, visitors.models[name]
    metrics = {} if visitors.main is None else visitors.main.models[name].metrics
    found: dict[str, Estimate | float | None] = {
        "recall": metrics.get(visitors.recall),
        "ndcg": metrics.get(f"NDCG@{length}"),
        "off-head": metrics.get(visitors.off_head),
        "overlap": one.sameness.overlap,
        "distinct": float(one.sameness.distinct),
        "gini": one.sameness.gini,
        "same-first": one.sameness.first_share,
        **_stays(visitors.stability, name),
        "intrusion": one.disliked.intrusion if one.disliked else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _stays(stability: Mapping[str, Comparison], name: str) -> dict[str, Estimate]:
    return {kind: of.models[name].metrics["Jaccard@10"] for kind, of in stability.items()}
