"""Small pieces of HTML; every text that comes from outside is escaped here."""

from collections.abc import Iterable, Sequence
from html import escape

Row = Sequence[str]


def text(value: object) -> str:
    """A value as escaped text: numbers with separators, other things as they are."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "&ndash;"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return escape(str(value))


def table(head: Row, rows: Iterable[Row], note: str = "") -> str:
    """A table that scrolls sideways where it is too wide.

    Args:
        head: the headings, as HTML.
        rows: the first cell of each heads its row; cells are HTML, whole ``<td>`` elements are kept.
        note: HTML below the table, which does not scroll with it.
    """
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = []
    for first, *others in rows:
        cells = "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in others)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    below = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>{below}"
    )


def figure(svg: str, caption: str, legend: str = "") -> str:
    """A plot with what it shows in words; both the caption and the legend are HTML."""
    return f'<figure role="group">{svg}{legend}<figcaption>{caption}</figcaption></figure>'


def bullets(lines: Iterable[str], style: str = "") -> str:
    """A list of lines, escaped."""
    return f'<ul class="{style}">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
