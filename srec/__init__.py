"""SRec recommends Steam games to anonymous visitors: name the games you like, get the next ones.

The names of the front door are imported on first use, so that ``import srec`` costs nothing::

    import srec

    srec.simulate("work/world")
    srec.ingest("work/store.duckdb", "work/world", source="simulated")
    dataset = srec.prepare("work/store.duckdb", "work/dataset")
    run = srec.train(dataset, "work/run", "gce-gnn")
    bundle = srec.export(dataset, run, "work/bundle")
    answer = srec.Recommender(bundle).recommend([620, 400])
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

#: Where each name of the front door is.
_DOOR = {
    "Bundle": "srec.inference.bundle",
    "Dataset": "srec.dataset.dataset",
    "MODELS": "srec.models",
    "Recommender": "srec.inference.recommender",
    "evaluate": "srec.api.models",
    "export": "srec.api.models",
    "ingest": "srec.api.data",
    "leaderboard": "srec.api.models",
    "open_store": "srec.api.data",
    "prepare": "srec.api.data",
    "simulate": "srec.api.data",
    "train": "srec.api.models",
}

__all__ = list(_DOOR)


def __getattr__(name: str) -> Any:
    if name not in _DOOR:
        raise AttributeError(f"module 'srec' has no attribute {name!r}")
    return getattr(import_module(_DOOR[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_DOOR])
