"""Measures the parts of a training step."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from srec.models.gce_gnn import GCEGNN

PARTS = (
    "batching",
    "local graph",
    "global graph and lookups",
    "readout",
    "scoring and loss",
    "backward",
    "optimizer",
)


class Clock:
    """Sums the seconds of each part of a step; hooks on the model's modules separate the parts."""

    def __init__(self, model: GCEGNN) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        encode = model.encode

        def timed(*given: Any) -> Any:
            with self.part("encode"):
                return encode(*given)

        model.encode = timed  # type: ignore[assignment,method-assign]
        for name, module in (("local graph", model.local), ("readout", model.readout)):
            self._hook(name, module)

    def _hook(self, name: str, module: nn.Module) -> None:
        begun: list[float] = []
        module.register_forward_pre_hook(lambda *given: begun.append(time.perf_counter()))

        def ended(*given: Any) -> None:
            self.spent[name] += time.perf_counter() - begun.pop()

        module.register_forward_hook(ended)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time inside the context as this part's."""
        begun = time.perf_counter()
        yield
        self.spent[name] += time.perf_counter() - begun

    def split(self, steps: int) -> dict[str, float]:
        """Milliseconds of each part per step, then reset; parts without a hook are found by subtraction."""
        spent, self.spent = self.spent, defaultdict(float)
        spent["global graph and lookups"] = spent["encode"] - spent["local graph"] - spent["readout"]
        spent["scoring and loss"] = spent["loss"] - spent["encode"]
        return {name: 1000 * spent[name] / steps for name in PARTS}
