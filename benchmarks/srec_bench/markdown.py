"""Markdown for the pages in docs/ that are generated from result files."""

from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with right-aligned numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def link(name: str) -> str:
    """A link from a page in docs/ to a file in benchmarks/results."""
    return f"[{name}](../benchmarks/results/{name})"
