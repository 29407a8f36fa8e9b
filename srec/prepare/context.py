"""Context metadata of the games as ids: one table of values for each kind; rare values share an id.

Each kind's id 0 is "(unknown)", for items without a value, and id 1 "(rare)", for values of few items.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from srec.settings import Settings

KINDS = ("developer", "publisher", "genre", "category", "release_year", "price_band", "free")
UNKNOWN, RARE = "(unknown)", "(rare)"


class ContextSettings(Settings):
    """How the metadata becomes ids."""

    section: ClassVar[str] = "context"
    min_items: int = Field(3, ge=1, description="a value of fewer items is pooled with the rare ones")


def write_context(
    target: Path, rows: Iterable[tuple[int, str, str]], *, item_count: int, settings: ContextSettings
) -> dict[str, Any]:
    """Write each kind's values as ids; returns the number of values of each kind.

    Args:
        target: the folder to write into; it is made.
        rows: (item, kind, value), each once.
        item_count: V.
        settings: what counts as rare.
    """
    values: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item, kind, value in rows:
        values[kind][item].append(value)
    return {kind: _write_kind(target / kind, values[kind], item_count, settings.min_items) for kind in KINDS}


def _write_kind(target: Path, values: dict[int, list[str]], item_count: int, min_items: int) -> int:
    counts = Counter(value for of_item in values.values() for value in of_item)
    names = [UNKNOWN, RARE, *sorted(value for value, count in counts.items() if count >= min_items)]
    index = {name: at for at, name in enumerate(names)}
    ids: list[int] = []
    offsets = [0, 0]
    for item in range(1, item_count + 1):
        ids += sorted({index.get(value, 1) for value in values.get(item, [])} or {0})
        offsets.append(len(ids))
    target.mkdir(parents=True)
    np.save(target / "ids.npy", np.asarray(ids, np.int32))
    np.save(target / "offsets.npy", np.asarray(offsets, np.int64))
    (target / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    return len(names)
