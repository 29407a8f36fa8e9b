"""The models: one file each, and one line in the table.

A counted model has ``fit(dataset, settings, part)`` and is a Scorer at once; a learnt one is a torch
SessionModel that the training loop fits. Both name their settings class as ``settings_type``.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError


@dataclass(frozen=True)
class Entry:
    """Where a model is; its file is imported when it is used, for a learnt one imports torch."""

    module: str
    name: str
    learnt: bool = False
    only: Literal["repeats", "games"] | None = None  # where sessions repeat items, or items are dated games

    def fits(self, dataset: Dataset) -> bool:
        """Whether the model can answer on such data."""
        return self.only is None or (self.only == "repeats") == dataset.repeats

    def load(self) -> Any:
        """The model's class."""
        return getattr(import_module(f"srec.models.{self.module}"), self.name)


MODELS: dict[str, Entry] = {
    "popularity": Entry("popularity", "Popularity"),
    "popularity-recent": Entry("popularity", "RecentPopularity", only="games"),
    "tags": Entry("tags", "TagScorer", only="games"),
    "own-items": Entry("own_items", "OwnItems", only="repeats"),
    "markov": Entry("markov", "Markov"),
    "rules": Entry("rules", "Rules"),
    "vs-knn": Entry("session_knn", "VSKNN"),
    "vstan": Entry("session_knn", "VSTAN"),
    "item-knn": Entry("item_knn", "ItemKNN"),
    "ease": Entry("ease", "EASE"),
    "blend": Entry("blend", "Blend"),
    "narm": Entry("narm", "NARM", learnt=True),
    "sr-gnn": Entry("sr_gnn", "SRGNN", learnt=True),
    "sasrec": Entry("sasrec", "SASRec", learnt=True),
    "bert4rec": Entry("bert4rec", "BERT4Rec", learnt=True),
    "gce-gnn": Entry("gce_gnn", "GCEGNN", learnt=True),
}


def model_entry(name: str) -> Entry:
    """The table's entry of a model.

    Raises:
        SettingsError: there is no such model; the message lists those there are.
    """
    if name not in MODELS:
        raise SettingsError(f"there is no model {name!r}; the models are {', '.join(MODELS)}")
    return MODELS[name]
