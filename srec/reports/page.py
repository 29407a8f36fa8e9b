"""The report as one HTML page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srec.evaluation import verdict, verdicts
from srec.evaluation.beyond import MEANINGS
from srec.evaluation.comparison import FEWEST_SESSIONS, LEVEL
from srec.evaluation.players import HOW_TO_GET
from srec.evaluation.results import Measured, Report
from srec.evaluation.slices import RULE
from srec.evaluation.visited import CHANGES
from srec.reports import numbers, plots
from srec.reports.shell import TEMPLATES, render

Line = Mapping[str, Any]
MOST_SHOWN = 6


@dataclass(frozen=True)
class Epochs:
    """The epochs of a run's log.

    Attributes:
        stages: all epochs, by stage of training, in the order of the log.
        measured: the epochs after which the validation window was measured.
    """

    stages: Mapping[str, Sequence[Line]]
    measured: Sequence[Line]


def page(result: Report, manifest: Mapping[str, Any], training: Mapping[str, Sequence[Line]]) -> str:
    """The whole page.

    Args:
        result: the result, as ``write_report`` writes it to report.json.
        manifest: the dataset's manifest.
        training: the lines of each run's metrics.jsonl, by name.
    """
    assert result.visitors is not None
    logs = {name: _epochs(log) for name, log in training.items()}
    return render(
        TEMPLATES / "report.html.j2",
        result=result,
        simulated=result.dataset.simulated,
        pairs=_pairs(result.models),
        manifest=manifest,
        training={name: epochs for name, epochs in logs.items() if epochs.stages},
        plots=plots,
        verdicts=verdicts,
        level=f"{LEVEL:.0%}",
        by_chance=round(1 / (1 - LEVEL)),
        fewest_sessions=FEWEST_SESSIONS,
        slice_rule=RULE,
        rule=verdict.rule(result.visitors.settings),
        how_to_get=HOW_TO_GET,
        changes=CHANGES,
        shown=_shown(result),
        numbers=numbers,
        meanings=MEANINGS,
    )


def _shown(result: Report) -> list[str]:
    """The models whose examples stand side by side: the one to serve, the trained ones, the baselines."""
    assert result.visitors is not None
    runs = [name.removeprefix("run ") for name in result.made_from if name.startswith("run ")]
    wanted = [result.serve or "smart", *runs, "smart", *result.visitors.baselines]
    return [name for name in dict.fromkeys(wanted) if name in result.models][:MOST_SHOWN]


def _pairs(models: Mapping[str, Measured]) -> dict[str, Any]:
    """The differences of each model to each baseline."""
    return {
        f"{name} \N{MINUS SIGN} {baseline}": differences
        for name, model in models.items()
        if model.against
        for baseline, differences in model.differences.items()
    }


def _epochs(log: Sequence[Line]) -> Epochs:
    lines = [line for line in log if line.get("event") == "epoch"]
    stages: dict[str, list[Line]] = {}
    for line in lines:
        stages.setdefault(str(line.get("stage", "training")), []).append(line)
    return Epochs(stages, [line for line in lines if line.get("valid")])
