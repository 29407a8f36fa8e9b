"""Packages that share their name with a function: ``srec.prepare(...)`` and ``srec.prepare.build``.

Import a module of such a package by its full name: ``from srec.prepare.build import build``.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class _CallableRoom(ModuleType):
    """A package that can be called: it then calls the function of its name in ``srec.api.data``."""

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function; ``inspect.signature`` and ``inspect.unwrap`` look for it here."""
        function: Callable[..., Any] = getattr(
            import_module("srec.api.data"), self.__name__.rpartition(".")[2]
        )
        return function

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.__wrapped__(*given, **named)

    def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
        """For pickle, as a function has it: by its name. ``multiprocessing`` and ``joblib`` send it so."""
        return import_module, (self.__name__,)


def make_callable(room: str) -> None:
    """Make a package callable; otherwise its name would hide the function of the front door."""
    sys.modules[room].__class__ = _CallableRoom
