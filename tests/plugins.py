"""A package with models of its own, as somebody else would install it."""

import sys
from pathlib import Path

import pytest

LAST = """
from typing import ClassVar
import numpy as np
from pydantic import Field
from srec.settings import Settings

class LastSettings(Settings):
    section: ClassVar[str] = "last"
    bonus: float = Field(1.0, description="what the newest item gets")

class Last:
    settings_type = LastSettings

    def __init__(self, item_count, bonus):
        self.item_count, self.bonus = item_count, bonus

    @classmethod
    def fit(cls, dataset, settings, part):
        return cls(dataset.item_count, settings.bonus)

    def score(self, items_BL):
        newest_B = items_BL[np.arange(len(items_BL)), (items_BL > 0).sum(1) - 1]
        return np.float32(self.bonus) * np.eye(self.item_count, dtype=np.float32)[newest_B - 1]

class LastOfGames(Last):
    only = "games"

class OnlyOnSundays(Last):
    only = "sundays"

class TwinSettings(Settings):
    section: ClassVar[str] = "item_knn"
    bonus: float = Field(1.0, description="what the newest item gets")

class Twin(Last):
    settings_type = TwinSettings

class Nothing:
    pass

class NeitherOf:
    settings_type = LastSettings
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, points: str) -> None:
    """Installs a package with one module, ``lastly``, and these entry points, until the test ends."""
    place = folder / "site"
    about = place / "lastly_models-1.0.dist-info"
    about.mkdir(parents=True)
    (place / "lastly.py").write_text(LAST, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lastly-models\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[srec.models]\n{points}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(place)
    monkeypatch.delitem(sys.modules, "lastly", raising=False)
