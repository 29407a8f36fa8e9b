"""Numbers as people read them."""

from srec.evaluation.comparison import Estimate
from srec.evaluation.metrics import METRICS
from srec.evaluation.results import Reproduction, Row

UNKNOWN = "\N{EN DASH}"


def as_text(value: object) -> str:
    """A value as text: numbers with separators, other things as they are."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: UNKNOWN}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return str(value)


def to_three_digits(value: float | None) -> str:
    """A measure as text: "0.123", or "1,234.5" if it is 10 or more."""
    return UNKNOWN if value is None else f"{value:,.1f}" if value >= 10 else f"{value:.3f}"


def within(estimate: Estimate) -> str:
    """Half of the interval of a value, such as "±0.012"."""
    return f"±{(estimate.high - estimate.low) / 2:.3f}"


def in_percent(measured: Row | Reproduction, runs: int) -> list[str]:
    """The METRICS of a row or result in %, with their deviation if there are several runs."""
    texts = [f"{100 * measured.metrics[metric]:.2f}" for metric in METRICS]
    if runs < 2:
        return texts
    return [
        f"{text} ± {100 * measured.deviation[metric]:.2f}"
        for text, metric in zip(texts, METRICS, strict=True)
    ]
