"""A gate: thresholds that the figures of a report must keep, so that a pipeline stops before a bad model."""

from collections.abc import Iterable, Iterator, Mapping

from srec.errors import SettingsError
from srec.evaluation.comparison import Estimate
from srec.evaluation.figures import MEANINGS, values
from srec.evaluation.results import Report


def thresholds(texts: Iterable[str]) -> dict[str, float]:
    """The thresholds of ``figure=limit`` or ``model:figure=limit`` texts, by what stands before the sign.

    Raises:
        SettingsError: a text is of another form, or there is no such figure.
    """
    found = {}
    for text in texts:
        key, _, limit = text.partition("=")
        try:
            found[key.strip()] = float(limit)
        except ValueError:
            raise SettingsError(f"a threshold is figure=limit or model:figure=limit, not {text!r}") from None
        _split(key.strip())
    return found


def failures(
    report: Report, *, below: Mapping[str, float] | None = None, above: Mapping[str, float] | None = None
) -> list[str]:
    """A line for each threshold that is not kept; a figure that is not measured does not keep it.

    A threshold is on a "figure" of ``figures.MEANINGS``, or on a "model:figure". Without a model it holds for
    each run of the report or, if the report has no run, for the model that the verdict names.

    Args:
        report: the report.
        below: the limit that a figure must reach, by figure.
        above: the limit that a figure must not exceed.

    Raises:
        SettingsError: there is no such figure or model, or no model is named by anybody.
    """
    found: list[str] = []
    for limits, sign in ((below or {}, 1), (above or {}, -1)):
        for key, limit in limits.items():
            named, figure = _split(key)
            for name in [named] if named else _judged(report):
                found += _failed(report, name, figure, limit=limit, sign=sign)
    return found


def _failed(report: Report, name: str, figure: str, *, limit: float, sign: int) -> Iterator[str]:
    one = values(report, name).get(figure)
    if one is None:
        yield f"{figure} of {name} is not measured, so {limit:g} cannot be kept"
        return
    value = one.value if isinstance(one, Estimate) else one
    if sign * value < sign * limit:
        yield f"{figure} of {name} is {value:.4g}: {'below' if sign > 0 else 'above'} {limit:g}"


def _judged(report: Report) -> list[str]:
    runs = [name.removeprefix("run ") for name in report.made_from if name.startswith("run ")]
    judged = runs or ([report.serve] if report.serve else [])
    if not judged:
        raise SettingsError("the verdict names no model: write model:figure=limit, such as smart:recall=0.2")
    return judged


def _split(key: str) -> tuple[str | None, str]:
    """The model, if there is one, and the figure."""
    name, colon, figure = key.rpartition(":")
    if figure not in MEANINGS:
        raise SettingsError(f"there is no figure {figure!r}; the figures are {', '.join(MEANINGS)}")
    return (name if colon else None), figure
