"""Write the pages of docs/reference from the code: commands, settings, models, sources, tables, Python.

Run it after changing any of them; with ``--check`` it only says whether the pages are up to date.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import api
import typer
from srec_bench.inference.contenders import CONTENDERS

from srec.cli import app
from srec.models import MODELS
from srec.recipes import settings_types
from srec.settings import Span
from srec.store.schema import TABLES
from srec.store.sources import SOURCES

FOLDER = Path(__file__).with_name("reference")


def commands() -> Iterator[str]:
    """Each command with its arguments and options, as ``--help`` has them."""
    yield "# Commands\n"
    group: Any = typer.main.get_command(app)
    all_ = {name: group.get_command(None, name) for name in group.list_commands(None)}
    groups = {name: one.commands for name, one in all_.items() if hasattr(one, "commands")}
    leaves = {name: command for name, command in all_.items() if name not in groups}
    for outer, inner in groups.items():
        leaves |= {f"{outer} {name}": command for name, command in inner.items()}
    for name, command in leaves.items():
        yield f"## `srec {name}`\n"
        yield f"{command.help}\n"
        if not command.params:
            continue
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
    yield "# Settings\n"
    yield "These are the sections of a recipe (TOML), and of `--set section.key=value`.\n"
    for kind in settings_types(_tell):
        yield f"## `[{kind.section}]`\n"
        yield f"{_first_line(kind)}\n"
        if not kind.model_fields:
            continue
        yield "| key | meaning | type | default |\n|---|---|---|---|"
        for name, field in kind.model_fields.items():
            annotation = getattr(field.annotation, "__name__", None) or str(field.annotation)
            shown = annotation.replace("|", "or")
            yield f"| `{name}` | {field.description} | {shown} | `{field.default}` |"
        yield ""
        if kind.space:
            searched = ", ".join(f"`{name}` {_range(values)}" for name, values in kind.space.items())
            yield f"`srec tune` searches {searched}.\n"


def _range(values: Span | tuple[Any, ...]) -> str:
    """What is searched, in words."""
    if not isinstance(values, Span):
        return "among " + ", ".join(map(str, values))
    return f"from {values.low:g} to {values.high:g}"


def models() -> Iterator[str]:
    """The models, and the ways to run one that a benchmark compares."""
    yield "# Models\n"
    yield "A counted model takes seconds; a learnt one is trained by `srec train`.\n"
    yield "| name | learnt | what it is |\n|---|---|---|"
    for name, entry in MODELS.loadable(_tell).items():
        yield f"| `{name}` | {'yes' if entry.learnt else 'no'} | {_first_line(entry.load())} |"
    yield "\n## Contenders\n\n`srec bench inference` compares these ways to run a model.\n"
    yield "| name | what it is |\n|---|---|"
    for name, contender in CONTENDERS.items():
        yield f"| `{name}` | {contender.what} |"
    yield ""


def sources() -> Iterator[str]:
    """What `srec ingest` reads."""
    yield "# Sources\n"
    yield "`srec ingest --source NAME` reads these.\n"
    yield "| name | what it reads |\n|---|---|"
    for name, source in SOURCES.items():
        yield f"| `{name}` | {_first_line(sys.modules[source.__module__])} |"
    yield ""


def tables() -> Iterator[str]:
    """The canonical tables."""
    yield "# Tables\n"
    yield "Every source is mapped to these tables, and a store holds them.\n"
    for table in TABLES.values():
        yield f"## The table `{table.name}`\n\n{table.doc}\n\n| column | type | meaning |\n|---|---|---|"
        for column in table.columns:
            doc = column.doc + (" (required)" if column.required else "")
            yield f"| `{column.name}` | {column.type} | {doc} |"
        yield ""


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").strip().splitlines()[0]


WRITERS: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "settings": settings,
    "models": models,
    "sources": sources,
    "tables": tables,
    "api": api.page,
}
NOTE = "<!-- written by make docs from the code -->\n"


def pages() -> dict[Path, str]:
    """Every page of the reference, as the code has it."""
    return {FOLDER / f"{name}.md": "\n".join([NOTE, *write()]) for name, write in WRITERS.items()}


if __name__ == "__main__":
    for target, wanted in pages().items():
        if "--check" not in sys.argv[1:]:
            target.write_text(wanted, encoding="utf-8")
        elif not target.is_file() or target.read_text(encoding="utf-8") != wanted:
            sys.exit(f"docs/reference/{target.name} differs from the code: run `make docs`")
