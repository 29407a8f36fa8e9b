"""Markdown for the pages in docs/ that are generated from result files."""


def link(name: str) -> str:
    """A link from a page in docs/ to a file in benchmarks/results."""
    return f"[{name}](../benchmarks/results/{name})"
