"""Write docs/reference.md from the code: commands, settings, models, sources, tables and contenders.

Run it after changing any of them; with ``--check`` it only says whether the page is up to date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from srec_bench.inference.contenders import CONTENDERS

from srec.cli import app
from srec.models import MODELS
from srec.recipes import settings_types
from srec.store.schema import TABLES
from srec.store.sources import SOURCES

PAGE = Path(__file__).with_name("reference.md")


def commands() -> Iterator[str]:
    """Each command with its arguments and options, as ``--help`` has them."""
    yield "## Commands\n"
    group: Any = typer.main.get_command(app)
    groups = {name: one.commands for name, one in group.commands.items() if hasattr(one, "commands")}
    leaves = {name: command for name, command in group.commands.items() if name not in groups}
    for outer, inner in groups.items():
        leaves |= {f"{outer} {name}": command for name, command in inner.items()}
    for name, command in leaves.items():
        yield f"### `srec {name}`\n"
        yield f"{command.help}\n"
        yield "| argument | meaning | default |\n|---|---|---|"
        for parameter in command.params:
            shown = parameter.name.upper() if parameter.param_type_name == "argument" else parameter.opts[0]
            default = (
                "" if parameter.default in (None, ()) or callable(parameter.default) else parameter.default
            )
            yield f"| `{shown}` | {parameter.help or ''} | {default} |"
        yield ""


def settings() -> Iterator[str]:
    """Each section of a recipe with its fields."""
    yield "## Settings\n"
    yield "The sections of a recipe (TOML), and of `--set section.key=value`.\n"
    for kind in settings_types():
        yield f"### `[{kind.section}]`\n"
        yield f"{(kind.__doc__ or '').strip().splitlines()[0]}\n"
        if not kind.model_fields:
            continue
        yield "| key | meaning | type | default |\n|---|---|---|---|"
        for name, field in kind.model_fields.items():
            annotation = getattr(field.annotation, "__name__", None) or str(field.annotation)
            shown = annotation.replace("|", "or")
            yield f"| `{name}` | {field.description} | {shown} | `{field.default}` |"
        yield ""


def tables() -> Iterator[str]:
    """The models, the sources and the canonical tables."""
    yield "## Models\n\n| name | learnt | what it is |\n|---|---|---|"
    for name, entry in MODELS.items():
        doc = (entry.load().__doc__ or "").strip().splitlines()[0]
        yield f"| `{name}` | {'yes' if entry.learnt else 'no'} | {doc} |"
    yield "\n## Sources\n\n| name | what it reads |\n|---|---|"
    for name, source in SOURCES.items():
        module = sys.modules[source.__module__]
        yield f"| `{name}` | {(module.__doc__ or '').strip().splitlines()[0]} |"
    yield "\n## Contenders\n\nOf `srec bench inference`.\n\n| name | what it is |\n|---|---|"
    for name, contender in CONTENDERS.items():
        yield f"| `{name}` | {contender.what} |"
    for table in TABLES.values():
        yield f"\n## The table `{table.name}`\n\n| column | type | meaning |\n|---|---|---|"
        for column in table.columns:
            doc = column.doc + (" (required)" if column.required else "")
            yield f"| `{column.name}` | {column.type} | {doc} |"
    yield ""


def page() -> str:
    """The whole page."""
    head = "# Reference\n\nWritten by `make docs` from the code; a test compares the two.\n"
    return "\n".join([head, *commands(), *settings(), *tables()])


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit("docs/reference.md differs from the code: run `make docs`")
    else:
        PAGE.write_text(text, encoding="utf-8")
