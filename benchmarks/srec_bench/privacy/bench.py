"""Runs every command of SRec twice, with an empty home folder and with one that cannot be written."""

import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from srec.environment import Environment
from srec.errors import SRecError
from srec_bench.privacy.commands import APART, commands, line, write_inputs
from srec_bench.privacy.result import PrivacyResult, WatchedCommand
from srec_bench.privacy.serving import watch_server
from srec_bench.privacy.watch import Watch

#: Root can write into every folder but those of a file system that has none.
_NOBODYS = Path("/sys")
_LOOPBACK = {"127.0.0.1:*", "localhost:*", "::1:*", "::ffff:127.0.0.1:*"}


def bench_privacy(say: Callable[[str], None] = lambda line: None) -> PrivacyResult:
    """Watch all commands.

    Args:
        say: called with the name of each command.

    Raises:
        SRecError: a command fails, or no home folder can be made that cannot be written.
    """
    found, means = list[WatchedCommand](), list[str]()
    spark = bool(importlib.util.find_spec("pyspark") and shutil.which("java"))
    for kind in ("empty", "read-only"):
        with tempfile.TemporaryDirectory(prefix="srec-privacy-") as name:
            watch = _watch(Path(name), kind)
            means = watch.means
            write_inputs(watch.folder)
            for one in commands(spark=spark):
                say(f"{one.name}, {kind} home")
                allowed = (
                    dict.fromkeys(("ask", "connect", "bind", "sendto"), _LOOPBACK) if one.loopback else {}
                )
                seen = watch.run(line(one.words))
                found.append(
                    WatchedCommand(
                        name=one.name, home=kind, seen=len(seen), foreign=watch.foreign(seen, allowed)
                    )
                )
            say(f"serve, {kind} home")
            for workers in (1, 2):
                seen, foreign = watch_server(watch, workers)
                found.append(
                    WatchedCommand(
                        name=f"serve --workers {workers}", home=kind, seen=len(seen), foreign=foreign
                    )
                )
    apart = {name: why for name, why in APART.items() if name != "serve"}
    return PrivacyResult(
        environment=Environment.here(
            "pyarrow", "openvino", "pyspark", "optuna", "matplotlib", "fastapi", "uvicorn"
        ),
        means=means,
        commands=found,
        apart=apart,
    )


def _watch(folder: Path, kind: str) -> Watch:
    made = {name: folder / name for name in ("work", "home", "tmp", "told")}
    for each in made.values():
        each.mkdir()
    home = made["home"] if kind == "empty" else _read_only(made["home"])
    return Watch(made["work"], home, made["tmp"], made["told"])


def _read_only(folder: Path) -> Path:
    """A folder that this process cannot write into.

    Raises:
        SRecError: there is none.
    """
    folder.chmod(0o555)
    for one in (folder, _NOBODYS):
        try:
            (one / "srec-was-here").mkdir()
        except OSError:
            return one
        (one / "srec-was-here").rmdir()
    raise SRecError("every folder can be written: run this without the rights of an administrator")
