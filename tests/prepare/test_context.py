import itertools
import json
from pathlib import Path

import numpy as np

from srec.prepare.context import KINDS, ContextSettings, write_context


def test_rare_values_are_pooled_and_none_is_left_out(tmp_path: Path) -> None:
    rows = [
        (1, "genre", "Action"),
        (1, "genre", "RPG"),
        (2, "genre", "Action"),
        (3, "genre", "Opera"),
        (3, "genre", "Ballet"),
    ]
    counts = write_context(tmp_path, rows, item_count=4, settings=ContextSettings(min_items=2))
    assert counts["genre"] == 3
    assert json.loads((tmp_path / "genre" / "names.json").read_text()) == ["(unknown)", "(rare)", "Action"]
    ids, offsets = np.load(tmp_path / "genre" / "ids.npy"), np.load(tmp_path / "genre" / "offsets.npy")
    rows_of_items = [ids[a:b].tolist() for a, b in itertools.pairwise(offsets)]
    # Padding is empty; 1 has Action and a rare one; 3 has two rare ones, counted once; 4 is unknown.
    assert rows_of_items == [[], [1, 2], [2], [1], [0]]


def test_every_kind_is_written_even_without_values(tmp_path: Path) -> None:
    assert set(write_context(tmp_path, [], item_count=2, settings=ContextSettings())) == set(KINDS)
    assert np.load(tmp_path / "free" / "ids.npy").tolist() == [0, 0]
