"""A result as one HTML page."""

from pathlib import Path

from srec.reports.plots import legend
from srec.reports.shell import render
from srec_bench.inference.plot import order_by_speed
from srec_bench.inference.result import InferenceResult
from srec_bench.inference.shown import HEADINGS, KINDS, cells, protocol


def page(result: InferenceResult) -> str:
    """The whole page."""
    return render(
        Path(__file__).with_name("inference.html.j2"),
        result=result,
        simulated=result.simulated,
        kinds={kind: [cells(row, kind) for row in result.contenders] for kind in KINDS},
        headings=HEADINGS,
        protocol=protocol(result),
        legend=legend(row.name for row in result.contenders),
        order_by_speed=order_by_speed,
    )
