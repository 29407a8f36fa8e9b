"""The log of updates: one JSON object a line, appended, with nothing of what users wrote or asked."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Told = Callable[[str], None]


class Log:
    """Writes lines to a file, and tells a person the same in words.

    Args:
        file: where lines are appended.
        told: called with a sentence for each.
    """

    def __init__(self, file: Path, told: Told) -> None:
        self._file, self._told = file, told

    def write(self, event: str, said: str, **facts: Any) -> None:
        """Write a line.

        Args:
            event: what happened, in a word.
            said: the same for a person.
            facts: JSON values.
        """
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._told(said)

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Run a step; what the caller puts into the dictionary is written with its end."""
        facts: dict[str, Any] = {}
        started = time.perf_counter()
        self.write("begun", f"{name} ...", step=name)
        try:
            yield facts
        except BaseException as error:
            seconds = round(time.perf_counter() - started, 2)
            # A full disk must not hide why the step failed.
            try:
                self.write(
                    "failed", f"{name}: failed", step=name, seconds=seconds, error=type(error).__name__
                )
            except OSError:
                self._told(f"{name}: failed, and the log cannot be written")
            raise
        seconds = round(time.perf_counter() - started, 2)
        shown = "".join(f", {key} {value}" for key, value in facts.items())
        self.write("done", f"{name}: {seconds:.1f} s{shown}", step=name, seconds=seconds, **facts)
