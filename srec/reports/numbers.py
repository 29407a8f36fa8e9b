"""Numbers as people read them."""

from collections.abc import Mapping
from typing import Any

from srec.evaluation.metrics import METRICS


def in_percent(measured: Mapping[str, Any], runs: int) -> list[str]:
    """The METRICS of a row or result in %, with their deviation where the runs are several."""
    texts = [f"{100 * measured['metrics'][metric]:.2f}" for metric in METRICS]
    if runs < 2:
        return texts
    return [
        f"{text} ± {100 * measured['deviation'][metric]:.2f}"
        for text, metric in zip(texts, METRICS, strict=True)
    ]
