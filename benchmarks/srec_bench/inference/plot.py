"""The plot of the page: speed against order."""

from collections.abc import Iterable

from markupsafe import Markup
from matplotlib.ticker import FuncFormatter

from srec.reports.plots import as_svg, colour, marker, new_figure


def order_by_speed(speeds: Iterable[float], agreements: Iterable[float], x: str, y: str) -> Markup:
    """Each contender's share of lists that equal the reference's (0 to 1, shown in %), by its speed."""
    figure, axes = new_figure(x, y)
    for place, (speed, agreement) in enumerate(zip(speeds, agreements, strict=True)):
        axes.plot(
            speed,
            100 * agreement,
            marker(place),
            color=colour(place),
            markersize=8,
            clip_on=False,
            alpha=0.9,
        )
    axes.set_xlim(left=0)
    axes.set_ylim(-3, 103)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return as_svg(figure)
