"""The models: one file each, and one line in the table.

A counted model has ``fit(dataset, settings, part)``, which returns a Scorer. A learnt model is a torch
SessionModel that the training loop fits. Both name their settings class as ``settings_type``.

Another package can add a model to the table with an entry point in the group ``srec.models``. The entry
point leads to the model's class. Its name is the model's name and the section of its settings. A class that
needs "repeats" or "games" (see ``Entry``) says so in an attribute ``only``.
"""

import pkgutil
from collections.abc import Callable, ItemsView, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Literal, get_args

from srec.errors import SettingsError, first_line

if TYPE_CHECKING:
    from srec.dataset.dataset import Dataset

GROUP = "srec.models"
Need = Literal["repeats", "games"]


@dataclass(frozen=True)
class Entry:
    """Where to find a model; its file is imported on first use, because a learnt model imports torch.

    Attributes:
        where: the module and the class, as "module:Class".
        only: "repeats" if it needs sessions that repeat items, "games" if it needs dated, tagged games. A
            model of another package says it in its class.
        section: the section of its settings in a recipe, if that is not the model's name.
        package: the installed package that brings it, if that is not SRec.
        problem: why it cannot be loaded, if that is known already.
    """

    where: str
    only: Need | None = None
    section: str | None = None
    package: str | None = None
    problem: str | None = None

    @property
    def learnt(self) -> bool:
        """Whether the training loop fits it; a counted model fits itself."""
        return not hasattr(self.load(), "fit")

    @property
    def needs(self) -> Need | None:
        """What ``only`` says, or the class of another package's model.

        Raises:
            SettingsError: as ``load``, for a model of another package.
        """
        if self.package is None:
            return self.only
        needed: Need | None = getattr(self.load(), "only", None)
        return needed

    def fits(self, dataset: "Dataset") -> bool:
        """Whether the model can answer on this dataset.

        Raises:
            SettingsError: as ``load``, for a model of another package.
        """
        if self.needs == "repeats":
            return dataset.repeats
        return self.needs is None or dataset.has_games

    def load(self) -> Any:
        """The model's class.

        Raises:
            SettingsError: another package's model cannot be imported, is no model, or has a name that is
                taken; the message names both.
        """
        if self.problem:
            raise SettingsError(self.problem)
        if self.package is None:
            return pkgutil.resolve_name(self.where)
        try:
            kind = pkgutil.resolve_name(self.where)
            problem = _problem(kind, self.section)
        except Exception as error:
            problem = f"{type(error).__name__}: {first_line(error)}"
            raise SettingsError(f"{self._said} cannot be loaded: {problem}") from error
        if problem:
            raise SettingsError(f"{self._said} {problem}")
        return kind

    @property
    def _said(self) -> str:
        return f"the model {self.section} of the package {self.package}"


def _problem(kind: Any, name: str | None) -> str | None:
    """What keeps a class from being the model of this name."""
    if not hasattr(kind, "settings_type"):
        return "has no settings_type"
    if kind.settings_type.section != name:
        return f"has settings of the section {kind.settings_type.section!r}: that must be the model's name"
    if not (hasattr(kind, "fit") or hasattr(kind, "build")):
        return "has no fit, as a counted model does, and is no SessionModel"
    if (only := getattr(kind, "only", None)) not in (None, *get_args(Need)):
        return f"has only = {only!r}: it can be {' or '.join(get_args(Need))}"
    return None


class Models(Mapping[str, Entry]):
    """The models by name: SRec's own first, then those of other packages, which each lookup finds anew.

    Each question looks through the installed packages once: ask for ``items()`` rather than for many names.
    A model whose name another package takes too is in the table, but cannot be loaded.

    Args:
        own: SRec's own models.
    """

    def __init__(self, own: dict[str, Entry]) -> None:
        self.own = own

    def __getitem__(self, name: str) -> Entry:
        return self._found()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())

    def items(self) -> ItemsView[str, Entry]:
        """All names and entries, of one look through the packages."""
        return self._found().items()

    def loadable(self, told: Callable[[str], None] = lambda line: None) -> dict[str, Entry]:
        """All whose class can be loaded: one broken package does not stop the other models.

        Args:
            told: called with a line for each model that is left out.
        """
        found = self._found()
        for name, entry in list(found.items()):
            try:
                if entry.package or entry.problem:
                    entry.load()
            except SettingsError as error:
                told(f"left out: {error}")
                del found[name]
        return found

    def _found(self) -> dict[str, Entry]:
        found = dict(self.own)
        for point in entry_points(group=GROUP):
            package = point.dist.name if point.dist else point.value
            if point.name in found:
                other = found[point.name]
                problem = (
                    f"{other.package or 'srec'} and {package} both have a model named {point.name}:"
                    " uninstall one of them"
                )
                found[point.name] = replace(other, problem=problem)
            else:
                found[point.name] = Entry(point.value, section=point.name, package=package)
        return found


MODELS = Models(
    {
        "smart": Entry("srec.models.smart:Smart"),
        "popularity": Entry("srec.models.popularity:Popularity"),
        "popularity-recent": Entry("srec.models.popularity:RecentPopularity", only="games"),
        "tags": Entry("srec.models.tags:TagScorer", only="games", section="tag-scorer"),
        "own-items": Entry("srec.models.own_items:OwnItems", only="repeats"),
        "markov": Entry("srec.models.markov:Markov"),
        "rules": Entry("srec.models.rules:Rules"),
        "vs-knn": Entry("srec.models.session_knn:VSKNN"),
        "vstan": Entry("srec.models.session_knn:VSTAN"),
        "item-knn": Entry("srec.models.item_knn:ItemKNN"),
        "ease": Entry("srec.models.ease:EASE"),
        "slim": Entry("srec.models.slim:SLIM"),
        "blend": Entry("srec.models.blend:Blend"),
        "narm": Entry("srec.models.narm:NARM"),
        "sr-gnn": Entry("srec.models.sr_gnn:SRGNN"),
        "sasrec": Entry("srec.models.sasrec:SASRec"),
        "core": Entry("srec.models.core:CORE"),
        "bert4rec": Entry("srec.models.bert4rec:BERT4Rec"),
        "gce-gnn": Entry("srec.models.gce_gnn:GCEGNN"),
    }
)


def model_entry(name: str) -> Entry:
    """The table's entry of a model.

    Raises:
        SettingsError: there is no such model; the message lists the models.
    """
    entry = MODELS.get(name)
    if entry is None:
        raise SettingsError(f"there is no model {name!r}; the models are {', '.join(MODELS)}")
    return entry
