import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError
from pages import HOSTILE, assert_whole_and_alone

from srec.reports import plots
from srec.reports.numbers import UNKNOWN, as_text, to_three_digits
from srec.reports.shell import TEMPLATES, render

TEMPLATE = """\
{% extends "page.html.j2" %}
{% from "pieces.html.j2" import figure, text_table %}
{% block title %}{{ thing.name }}{% endblock %}
{% block lead %}{% endblock %}
{% block main %}
{{ text_table(["name", "count"], [[thing.name, thing.count | as_text]]) }}
{% call figure(svg, legend) %}A plot.{% endcall %}
{% endblock %}
{% block footer %}{% endblock %}
"""

STYLE = (TEMPLATES / "page.css").read_text(encoding="utf-8")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "thing.html.j2").write_text(TEMPLATE, encoding="utf-8")
    return tmp_path / "thing.html.j2"


@pytest.mark.parametrize("kind", [dict, SimpleNamespace])
def test_a_template_from_elsewhere_fills_the_shell(template: Path, kind: type) -> None:
    svg, legend = plots.lengths({"2": 3}), plots.legend([HOSTILE])
    html = render(template, thing=kind(name=HOSTILE, count=1234), simulated=False, svg=svg, legend=legend)
    page = assert_whole_and_alone(html, HOSTILE)
    assert page.texts["th"] == ["name", "count", HOSTILE]
    assert page.texts["td"] == ["1,234"]
    assert [text.strip() for text in page.texts["li"]] == [HOSTILE]
    assert "svg" in page.tags, "a plot is markup"
    assert html.count(STYLE) == 1
    assert "Simulated data" not in html


def test_markup_that_no_plot_made_is_shown_as_text(template: Path) -> None:
    html = render(template, thing={"name": "x", "count": 1}, simulated=True, svg="<svg></svg>", legend=[])
    page = assert_whole_and_alone(html, "x")
    assert "svg" not in page.tags
    assert "<svg></svg>" in "".join(page.texts["figure"])
    assert any("Simulated data" in text for text in page.texts["div"])


def test_a_value_that_is_not_there_is_an_error(template: Path) -> None:
    with pytest.raises(UndefinedError, match="count"):
        render(template, thing={"name": "x"}, simulated=False, svg="", legend=[])


def test_numbers_read_well() -> None:
    values = (True, False, None, 1234567, 1234.5678, 0.5, "<b>")
    assert [as_text(value) for value in values] == ["yes", "no", UNKNOWN, "1,234,567", "1,235", "0.5", "<b>"]
    assert [to_three_digits(value) for value in (None, 0.5, 9.9996, 10.0, 1234.56)] == [
        UNKNOWN,
        "0.500",
        "10.000",
        "10.0",
        "1,234.6",
    ]


def test_a_page_needs_no_torch() -> None:
    heavy = ("torch", "duckdb", "srec.models", "srec.training", "srec.experiments")
    code = (
        "import sys, srec.reports.page, srec.reports.leaderboard;"
        f" print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
