"""Tiny dataset directories with a known right answer, written as ``srec prepare`` writes them."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from srec.artifacts import write_directory
from srec.dataset.dataset import Dataset
from srec.dataset.writing import KIND, VERSION
from srec.prepare.context import KINDS, ContextSettings, write_context
from srec.prepare.tags import TagSettings, write_tags

TAGS = ("Action", "Co-op", "Puzzle", "RPG", "Racing")
Session = tuple[list[int], list[int], list[int]]


def write_dataset(path: Path, sessions: list[Session], item_count: int, *, dimension: int = 8) -> Dataset:
    """A dataset of reviews of games, dated and tagged, with metadata; no session repeats a game.

    Args:
        path: the directory to write.
        sessions: the (train, valid, test) items of each session, 1..V.
        item_count: V; item i has the app id 10 i and two tags.
        dimension: the dimension of the tags' factors.
    """
    with write_directory(path, KIND, VERSION) as draft:
        folder = draft.path / "sequences"
        folder.mkdir()
        lengths = np.array([[len(part) for part in session] for session in sessions])
        offsets = np.concatenate(([0], np.cumsum(lengths.sum(1))))
        train_ends = offsets[:-1] + lengths[:, 0]
        flat = [item for session in sessions for part in session for item in part]
        np.save(folder / "items.npy", np.array(flat, np.int32))
        np.save(folder / "times.npy", 1_600_000_000 + 3600 * np.arange(len(flat)))
        np.save(folder / "offsets.npy", offsets)
        np.save(folder / "train_ends.npy", train_ends)
        np.save(folder / "valid_ends.npy", train_ends + lengths[:, 1])
        np.save(folder / "test_begins.npy", train_ends + lengths[:, 1])
        np.save(draft.path / "app_ids.npy", 10 * np.arange(item_count + 1, dtype=np.int32))
        items = np.arange(1, item_count + 1)
        tags = [TAGS[at % len(TAGS)] for item in items for at in (item, item + 1)]
        settings = TagSettings(dimension=dimension)
        facts = write_tags(
            draft.path / "tags",
            settings,
            items=items.repeat(2),
            tags=tags,
            weights=np.tile([1.0, 0.5], item_count),
            item_count=item_count,
        )
        rows = [(int(item), "genre", TAGS[item % 3]) for item in items]
        counts = write_context(
            draft.path / "context", rows, item_count=item_count, settings=ContextSettings(min_items=1)
        )
        assert set(counts) == set(KINDS)
        histogram = np.unique(lengths.sum(1), return_counts=True)
        draft.facts = {
            "simulated": True,
            "repeats": False,
            "tags": facts,
            "context": counts,
            "steps": [
                {
                    "step": "all",
                    "interactions": len(flat),
                    "users": len(sessions),
                    "items": item_count,
                }
            ],
            "split": {"train_until": "2020-01-01T00:00:00", "valid_until": "2020-02-01T00:00:00"},
            "statistics": {
                "users": len(sessions),
                "items": item_count,
                "interactions": len(flat),
                "average_length": len(flat) / len(sessions),
                "density": len(flat) / (len(sessions) * item_count),
                "lengths": {str(length): int(n) for length, n in zip(*histogram, strict=True)},
            },
        }
        none = [None] * item_count
        games = {
            "item": items,
            "app_id": 10 * items,
            "name": [f"Game {item}" for item in items],
            "type": ["game"] * item_count,
            "release_date": pa.array([date(2000 + item % 20, 1, 1) for item in items.tolist()]),
            "price_usd_cents": 100 * items,
            "is_free": items % 5 == 0,
            "developers": [[f"Studio {item % 3}"] for item in items],
            "publishers": [[f"House {item % 2}"] for item in items],
            "genres": pa.array(none, pa.list_(pa.string())),
            "platforms": pa.array(none, pa.list_(pa.string())),
        }
        pq.write_table(pa.table(games), draft.path / "games.parquet")
    return Dataset(path)


def chains(item_count: int, sessions: int, *, seed: int, noise: bool) -> list[Session]:
    """Sessions of six distinct items: four to train on, one to validate on, one to test on.

    Args:
        item_count: V.
        sessions: how many.
        seed: of the draws.
        noise: where false, a session follows the cycle 1, 2, ..., V from a random start, so the next item is
            always known; where true, its items are random, and nothing can be learnt.
    """
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(sessions):
        if noise:
            items = generator.permutation(item_count)[:6] + 1
        else:
            items = (generator.integers(item_count) + np.arange(6)) % item_count + 1
        made.append((items[:4].tolist(), items[4:5].tolist(), items[5:].tolist()))
    return made
