"""The engines that run the SQL of preparation: one file each, and one line here."""

import inspect
import pkgutil
from collections.abc import Callable
from functools import partial
from typing import Any

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError

#: The function of each engine that prepares, as "module:function"; it is imported on first use.
ENGINES = {
    "duckdb": "srec.prepare.engines.duckdb:prepare",
    "spark": "srec.prepare.engines.spark:prepare",
}
_OPTIONS = {
    "memory_limit": "a memory limit (--memory)",
    "threads": "a number of threads (--threads)",
    "update": "an update (--update)",
    "master": "a master (--master)",
    "scratch": "a scratch folder (--scratch)",
}


def preparing(engine: str, **options: Any) -> Callable[..., Dataset]:
    """The function that prepares on an engine, with the engine's options bound.

    Args:
        engine: a key of ENGINES.
        options: the engine's options; an option that is None has the engine's default.

    Returns:
        ``prepare(store, target, settings, *, tags, context, note)``.

    Raises:
        SettingsError: there is no such engine, or it has no use for an option.
        MissingLibrary: the engine's extra is not installed.
    """
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine {engine!r}; the engines are {', '.join(ENGINES)}")
    function = pkgutil.resolve_name(ENGINES[engine])
    given = {name: value for name, value in options.items() if value is not None}
    if useless := [name for name in given if name not in inspect.signature(function).parameters]:
        raise SettingsError(f"the engine {engine} has no use for {_OPTIONS[useless[0]]}: leave it out")
    return partial(function, **given)
