"""What the linter does not know of the style."""

import ast
from collections.abc import Iterator
from pathlib import Path

import srec

PACKAGE = Path(srec.__file__).parent
MOST = 3

#: Public functions with more than three positional parameters, and why they may.
EXCEPTIONS = {
    "cli/": "typer reads a command's arguments from its signature",
    "inference/reference.py: reference_top_k": "a kernel's signature: the oracle takes what the search takes",
    "inference/scans.py: NativeScan": "a kernel",
    "models/gce_layers.py: GlobalAggregation.forward": "a forward: torch calls it by position",
    "models/gce_padded.py: encode_padded": "a recorded forward",
}


def functions(node: ast.AST, inside: str = "") -> Iterator[tuple[str, list[str]]]:
    """The public functions and methods of a module, with their positional parameters but ``self``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from functions(child, f"{inside}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and (
            child.name == "__init__" or not child.name.startswith("_")
        ):
            static = any(
                isinstance(one, ast.Name) and one.id == "staticmethod" for one in child.decorator_list
            )
            given = [one.arg for one in child.args.posonlyargs + child.args.args]
            yield f"{inside}{child.name}", given[1 if inside and not static else 0 :]


def test_of_more_than_three_arguments_a_public_function_takes_the_rest_by_name() -> None:
    found = {
        f"{file.relative_to(PACKAGE).as_posix()}: {name}"
        for file in PACKAGE.rglob("*.py")
        for name, given in functions(ast.parse(file.read_text(encoding="utf-8")))
        if len(given) > MOST
    }
    assert {one for one in found if not one.startswith(tuple(EXCEPTIONS))} == set()
    unused = [known for known in EXCEPTIONS if not any(one.startswith(known) for one in found)]
    assert unused == []


def test_no_module_needs_unix_where_it_is_imported() -> None:
    """Windows has none of these: whoever imports one says in a function what happens without it."""
    unix = {"fcntl", "grp", "pwd", "resource", "syslog", "termios"}
    found = {
        f"{file.relative_to(PACKAGE).as_posix()}: {alias.name}"
        for file in PACKAGE.rglob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in unix
    }
    assert found == set()
