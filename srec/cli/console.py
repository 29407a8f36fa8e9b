"""The terminal that the commands write to."""

from rich.console import Console

console = Console()
