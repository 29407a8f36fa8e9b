"""The findings in sentences, which are computed from the numbers and claim no more."""

from collections.abc import Iterator, Mapping, Sequence

from srec.evaluation.comparison import Compared, Difference, Estimate
from srec.evaluation.results import Slice

SAYS = {
    "better": "beats",
    "worse": "is worse than",
    "no clear difference": "does not beat",
    "too few sessions": "cannot be told from",
}
SLICES = {
    "length": "inputs of {} items",
    "taste": "inputs of {}",
    "popularity": "{} targets",
}


def interval(estimate: Estimate) -> str:
    """The interval of a value, such as "[0.2214, 0.2850]"."""
    return f"[{estimate.low:.4f}, {estimate.high:.4f}]"


def signed(estimate: Estimate) -> str:
    """A difference with its interval, such as "-0.0120 [-0.0300, +0.0040]"."""
    return f"{estimate.value:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]"


def overall(models: Mapping[str, Compared], metric: str) -> Iterator[str]:
    """A line for each pair of a model and a baseline."""
    for name, model in models.items():
        if model.against:
            for baseline, differences in model.differences.items():
                yield _line(name, baseline, metric, differences[metric])


def by_slice(slices: Mapping[str, Sequence[Slice]], metric: str, verdict: str) -> Iterator[str]:
    """A line for each slice with this verdict on a model against the slice's strongest baseline."""
    for kind, parts in slices.items():
        for part in parts:
            for name, model in part.models.items():
                against = model.against.get(metric)
                if against and against.verdict == verdict:
                    line = _line(name, against.baseline, metric, against)
                    yield f"On {slice_name(kind, part.name)} ({part.examples:,} examples) {line}"


def slice_name(kind: str, name: str) -> str:
    """The name of a slice in a sentence."""
    return "inputs of 1 item" if (kind, name) == ("length", "1") else SLICES[kind].format(name)


def _line(name: str, baseline: str, metric: str, difference: Difference) -> str:
    reasons = {
        "no clear difference": ", which includes 0",
        "too few sessions": f", from {difference.sessions} sessions only",
    }
    reason = reasons.get(difference.verdict, "")
    says = SAYS[difference.verdict]
    return f"{name} {says} {baseline} on {metric}: difference {signed(difference)}{reason}."
