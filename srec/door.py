"""Packages that share their name with a function: ``srec.prepare(...)`` and ``srec.prepare.build``."""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class _CallableRoom(ModuleType):
    """A package that can be called: it then calls the function of its name in ``srec.api.data``."""

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function; ``help`` and ``inspect.signature`` look for it here."""
        function: Callable[..., Any] = getattr(
            import_module("srec.api.data"), self.__name__.rpartition(".")[2]
        )
        return function

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.__wrapped__(*given, **named)


def make_callable(room: str) -> None:
    """Make a package callable; otherwise its name would hide the function of the front door."""
    sys.modules[room].__class__ = _CallableRoom
