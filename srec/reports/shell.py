"""The one shell of all pages: a template fills it, and the page needs no other file."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from srec.reports.numbers import as_text, to_three_digits

TEMPLATES = Path(__file__).with_name("templates")


def render(template: Path, **values: object) -> str:
    """A whole HTML page.

    Args:
        template: a file that extends ``page.html.j2``; it can include files beside it and in TEMPLATES.
        values: the template's values. Every text is escaped, except ``Markup``.

    Raises:
        jinja2.UndefinedError: the template uses a value that is missing.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"as_text": as_text, "to_three_digits": to_three_digits}
    return environment.get_template(template.name).render(values)
