"""The page docs/reference/api.md: every public name of ``import srec``, from its signature and docstring.

``docs/reference.py`` writes it with the other pages of the reference.
"""

import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import srec

#: The sections of a Google docstring, and what they are called on the page.
SECTIONS = {
    "Args:": "Arguments",
    "Returns:": "Returns",
    "Yields:": "Yields",
    "Raises:": "Raises",
    "Attributes:": "Attributes",
    "Example:": "Example",
    "Examples:": "Examples",
}
#: What the functions return and take that has no name in ``srec``, and where it is.
RETURNED = (
    "srec.store.stores.base:Store",
    "srec.store.ingestion:Summary",
    "srec.training.run:Run",
    "srec.evaluation.results:Report",
    "srec.evaluation.results:Leaderboard",
    "srec.inference.answers:Answer",
    "srec.inference.answers:Recommended",
    "srec.inference.answers:Batch",
)


def page() -> Iterator[str]:
    """The whole page, line by line."""
    yield "# Python\n"
    yield "These are the names of `import srec`. They are imported when they are first used."
    yield "A path may be a `str` or a `Path`.\n"
    for name in sorted(srec.__all__, key=str.lower):
        yield from _entry(f"srec.{name}", getattr(srec, name))
    yield "## What comes back\n"
    yield "Functions and methods return these. There is no need to import them.\n"
    for where in RETURNED:
        yield from _entry(where.replace(":", "."), pkgutil.resolve_name(where), level="###")


def _entry(name: str, found: Any, level: str = "##") -> Iterator[str]:
    """One public name: a class with its public methods, a function, or a table."""
    yield f"{level} `{name}`\n"
    if isinstance(found, Mapping):
        yield "The models by name, as a mapping. [Models](models.md) says what each is.\n"
        return
    found = inspect.unwrap(found)
    if level == "##":  # nobody makes what comes back
        yield from _signature(name, found)
    yield from documented(found)
    if inspect.isclass(found):
        short = name.rpartition(".")[2]
        for member, one in vars(found).items():
            if not member.startswith(("_", "model_")):
                yield from _member(f"{level}# `{short}.{member}`\n", f"{short}.{member}", one)


def _member(heading: str, name: str, found: Any) -> Iterator[str]:
    """A public method or property of a class; other attributes are told by the class."""
    if isinstance(found, property):
        yield heading
        yield from documented(found)
    elif isinstance(found, classmethod | staticmethod):
        yield heading
        yield from _signature(name, found.__get__(None, object))
        yield from documented(found.__func__)
    elif inspect.isfunction(found):
        yield heading
        yield from _signature(name.rpartition(".")[2], found)
        yield from documented(found)


class _Said:
    """An annotation that is a text, printed without its quotes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _signature(name: str, found: Any) -> Iterator[str]:
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # a class of C, or one without a constructor of its own
        return
    parameters = [
        one.replace(annotation=_said(one.annotation))
        for one in signature.parameters.values()
        if one.name not in ("self", "cls")
    ]
    back = inspect.Signature.empty if inspect.isclass(found) else _said(signature.return_annotation)
    shown = str(signature.replace(parameters=parameters, return_annotation=back))
    # A default that is an object prints its address, which differs from run to run.
    shown = re.sub(r"<function ([\w.<>]+) at 0x[0-9a-f]+>", "...", shown)
    shown = re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", shown)
    line = f"{name}{shown}"
    if len(line) > 88:
        inner = ",\n".join(f"    {part}" for part in _split(shown[1 : shown.rindex(")")]))
        line = f"{name}(\n{inner},\n{shown[shown.rindex(')') :]}"
    yield f"```text\n{line}\n```\n"


def _said(annotation: Any) -> Any:
    return _Said(annotation) if isinstance(annotation, str) else annotation


def _split(parameters: str) -> Iterator[str]:
    """The parameters of a printed signature; commas inside of brackets and texts are not between them."""
    depth, start, quoted = 0, 0, False
    for place, sign in enumerate(parameters):
        quoted ^= sign == "'"
        depth += 0 if quoted else (sign in "([{") - (sign in ")]}")
        if sign == "," and not depth and not quoted:
            yield parameters[start:place].strip()
            start = place + 1
    yield parameters[start:].strip()


def documented(found: Any) -> Iterator[str]:
    """A docstring as Markdown: prose as it stands, sections as lists, examples as code."""
    if isinstance(found, ModuleType) or not found.__doc__:
        return
    section = None
    for block in re.split(r"\n\s*\n", inspect.cleandoc(found.__doc__)):
        head, _, rest = block.partition("\n")
        if head in SECTIONS:
            section = head
            yield f"**{SECTIONS[head]}**\n"
            block = rest
        elif not block.startswith(" "):
            section = None
        if section in ("Example:", "Examples:"):
            yield f"```pycon\n{textwrap.dedent(block)}\n```\n"
        elif section in ("Returns:", "Yields:"):
            yield " ".join(block.split()).replace("``", "`") + "\n"
        elif section:
            yield from _list(textwrap.dedent(block))
        elif block.startswith("    "):
            yield f"```python\n{textwrap.dedent(block)}\n```\n"
        else:
            yield re.sub(r"::$", ":", block).replace("``", "`") + "\n"


def _list(block: str) -> Iterator[str]:
    """``name: meaning`` lines, continued by indented ones, as a list."""
    for entry in re.split(r"\n(?=\S)", block):
        text = " ".join(entry.split()).replace("``", "`")
        name, colon, meaning = text.partition(": ")
        shown = f"`{name}`: {meaning}" if colon and re.fullmatch(r"[\w.*]+", name) else text
        yield f"- {shown}"
    yield ""
