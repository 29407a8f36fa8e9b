"""The candidates of a leaderboard: the models of the table that fit a dataset, each with its settings."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.experiments.reproduce import EPOCHS, training_settings
from srec.experiments.sets import model_settings
from srec.models import GROUP, MODELS, model_entry
from srec.models.blend import BlendSettings
from srec.models.gce_gnn import GCEGNNSettings
from srec.models.item_knn import ItemKNNSettings
from srec.settings import Recipe, Settings
from srec.training.settings import TrainingSettings, training_of

LONGEST = 200


@dataclass(frozen=True)
class Candidate:
    """A row of a leaderboard before it is measured.

    Attributes:
        name: its name in the table.
        model: a key of the MODELS table, or the name of the caller's class.
        settings: the model's settings.
        training: the loop's settings; None for a counted model.
        max_length: how many of a session's newest items are input.
        given: the caller's class, if the model is not in the MODELS table.
    """

    name: str
    model: str
    settings: Settings
    training: TrainingSettings | None
    max_length: int
    given: Any = None

    @property
    def kind(self) -> Any:
        """The model's class."""
        return self.given or model_entry(self.model).load()

    @property
    def own(self) -> bool:
        """Whether it is a model of SRec's own."""
        return self.given is None and self.model in MODELS.own

    @property
    def file_name(self) -> str:
        """The name as a file name, without its extension."""
        return file_name(self.name)

    def described(self, dataset: Dataset, seeds: Sequence[int]) -> dict[str, Any]:
        """The data and settings that determine the row's numbers, as plain JSON."""
        return {
            "name": self.name,
            "model": self.model,
            "dataset": dataset.fingerprint,
            "settings": self.settings.model_dump(mode="json"),
            "training": self.training.model_dump(mode="json", exclude={"seed"}) if self.training else None,
            "max_length": self.max_length,
            "seeds": list(seeds) if self.training else [],
        }


def candidates(
    dataset: Dataset, name: str, recipe: Recipe, *, given: Mapping[str, Any] | None = None
) -> list[Candidate]:
    """All models that fit a dataset: a paper's whole sessions, or prepared reviews of games.

    A model of another package that cannot be loaded is left out.

    Args:
        dataset: the dataset.
        name: the dataset's name; for a set of the GCE-GNN paper it selects the paper's settings.
        recipe: the settings that differ from the defaults.
        given: classes of counted models that are not in the table, by name.

    Raises:
        SettingsError: the recipe sets something that the protocol fixes, or a given model is not counted,
            has no settings or has the file name of another.
    """
    explicit = recipe.get(TrainingSettings).model_fields_set
    if "refit" in explicit:
        raise SettingsError("training.refit cannot be set here: every model is trained again before the test")
    if "seed" in explicit:
        raise SettingsError(
            "training.seed cannot be set here: seeds (--seeds) N trains with the seeds 0 to N - 1"
        )
    defaults = {} if dataset.has_games else {"max_length": LONGEST}
    length = recipe.changed(TrainingSettings(**defaults)).max_length
    found: list[Candidate] = []
    for key, entry in MODELS.loadable().items():
        if not entry.fits(dataset):
            continue
        kind = entry.load()
        settings = recipe.get(kind.settings_type)
        if not entry.learnt:
            found.append(Candidate(key, key, settings, None, length))
        elif key != "gce-gnn":
            found.append(Candidate(key, key, settings, training_of(kind, recipe, **defaults), length))
        elif not dataset.has_games:
            training = recipe.changed(training_settings("honest", 0, EPOCHS))
            settings = recipe.changed(model_settings(name))
            found.append(Candidate(key, key, settings, training, training.max_length))
        else:
            found += _modifications(settings, training_of(kind, recipe))
    if not dataset.repeats:
        knn = recipe.get(ItemKNNSettings)
        decayed = knn.model_copy(update={"decay": 0.7})
        found += [
            *([Candidate("item-knn decayed", "item-knn", decayed, None, length)] if knn.decay == 1 else []),
            _blended(recipe, length, **defaults),
        ]
    return found + _given(given or {}, length, {*MODELS, *(one.name for one in found)})


def _given(given: Mapping[str, Any], length: int, taken: Iterable[str]) -> list[Candidate]:
    """The rows of classes that are given, with their default settings."""
    files, found = {file_name(name) for name in taken}, []
    for key, kind in given.items():
        if file_name(key) in files:
            raise SettingsError(f"there is a model {key} already: give yours another name")
        files.add(file_name(key))
        if not hasattr(kind, "fit"):
            raise SettingsError(
                f"{key} has no fit, so it is no counted model: a learnt one needs an entry point in the group"
                f" {GROUP}, because its runs are opened by its name"
            )
        if not hasattr(kind, "settings_type"):
            raise SettingsError(f"{key} has no settings_type: name there the class of its settings")
        found.append(Candidate(key, key, kind.settings_type(), None, length, given=kind))
    return found


def _blended(recipe: Recipe, length: int, **defaults: Any) -> Candidate:
    """A blend of the counted models and a learnt one, which has the settings that it has alone."""
    kind = model_entry("sasrec").load()
    settings = recipe.get(BlendSettings)
    parts = settings.parts | {"sasrec": recipe.get(kind.settings_type).model_dump()}
    return Candidate(
        "blend with sasrec",
        "blend",
        settings.model_copy(update={"learnt": ("sasrec",), "parts": parts}),
        training_of(kind, recipe, **defaults),
        length,
    )


def _modifications(settings: Settings, training: TrainingSettings) -> list[Candidate]:
    """The paper's GCE-GNN, SRec's, and variants of SRec's with parts left out or changed."""
    assert isinstance(settings, GCEGNNSettings)
    plain = {"tags": False, "context": False}
    changes: dict[str, dict[str, Any]] = {
        "gce-gnn as published": plain | {"dimension": 100, "hops": 2},
        "srec": {},
        "srec without tags": {"tags": False},
        "srec without context": {"context": False},
        "srec without both": plain,
        "srec with 2 hops": {"hops": 2},
        "srec without global graph": {"hops": 0},
    }
    return [
        Candidate(name, "gce-gnn", settings.model_copy(update=change), training, training.max_length)
        for name, change in changes.items()
    ]


def chosen(known: Iterable[Candidate], names: Sequence[str] | None) -> list[Candidate]:
    """The candidates with these names, in the table's or the files' spelling; None means all.

    Raises:
        SettingsError: there is no such row, or no row is named; the message lists the rows. Or two rows would
            have one file.
    """
    named: dict[str, Candidate] = {}
    for one in known:
        other = named.setdefault(one.file_name, one)
        if other is not one:
            raise SettingsError(f"{other.name} and {one.name} would have one file: rename one of the models")
    if names is None:
        return list(named.values())
    if not names:
        raise SettingsError(f"rows names no row; the rows are {', '.join(named)}")
    for name in names:
        if file_name(name) not in named:
            raise SettingsError(f"there is no row {name!r}; the rows are {', '.join(named)}")
    return [named[file_name(name)] for name in names]


def digest(known: Iterable[Candidate], dataset: Dataset) -> str:
    """A short hash that names what is set of the candidates.

    A model that is only there does not change it: SRec's own count, and others where their settings are set.
    """
    counting = (one for one in known if one.own or one.settings.model_dump(exclude_defaults=True))
    described = json.dumps([one.described(dataset, ()) for one in counting], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:8]


def file_name(name: str) -> str:
    """A row's name as a file name, without its extension."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())
