"""Commands of other packages, such as ``srec bench``: loaded when they are used or listed."""

from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from srec.errors import SRecError, first_line

GROUP = "srec.commands"
_BENCH = "the benchmarks are a package of their own: pip install 'srec[bench]'"


class Commands(TyperGroup):
    """SRec's own commands, then those of other packages; none of theirs takes the name of one of SRec's."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        own = super().list_commands(ctx)
        return [*own, *sorted(entry_points(group=GROUP).names - set(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in entry_points(group=GROUP, name=cmd_name):
            return _loaded(point)
        return _refusal(cmd_name, _BENCH) if cmd_name == "bench" else None


def _loaded(point: EntryPoint) -> Any:
    """The command; for a broken package, a command that says so, because the others must go on working."""
    try:
        command = typer.main.get_command(point.load())
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other commands go on
        package = point.dist.name if point.dist else point.value
        return _refusal(
            point.name,
            f"{point.name} of the package {package} cannot be loaded:"
            f" {type(error).__name__}: {first_line(error)}",
        )
    command.name = point.name
    return command


def _refusal(name: str, said: str) -> Any:
    """A command that takes anything and refuses."""
    app = typer.Typer(add_completion=False)

    @app.command(name, help=said, add_help_option=False, context_settings={"ignore_unknown_options": True})
    def refuse(arguments: Annotated[list[str] | None, typer.Argument()] = None) -> None:
        raise SRecError(said)

    return typer.main.get_command(app)
