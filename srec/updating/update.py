"""``srec update``: read, prepare, train, measure against what is served, and publish what is no worse.

Each step leaves a complete directory, and finds it again: after a kill the same command goes on. What is
served changes in the last step only, and only to a whole version.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srec.artifacts import fingerprint
from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, SettingsError, SRecError
from srec.evaluation.figures import figures
from srec.evaluation.players import held_out
from srec.evaluation.results import Report
from srec.evaluation.settings import EvaluationSettings, VisitorSettings
from srec.evaluation.verdicts import signed
from srec.experiments.report import Other, write_report
from srec.inference.as_scorer import BundleScorer
from srec.inference.bundle import Bundle
from srec.inference.export import export
from srec.locks import lock
from srec.models import MODELS, model_entry
from srec.prepare.context import ContextSettings
from srec.prepare.doubts import doubts, size_of
from srec.prepare.engines import preparing
from srec.prepare.interactions import PrepareSettings
from srec.prepare.tags import TagSettings
from srec.publishing.folder import Models
from srec.publishing.version import Version
from srec.recipes import read_recipe
from srec.settings import Recipe, Settings
from srec.store.connections import shown
from srec.store.ingest import choose_source, ingest
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import training_of
from srec.updating.gate import SERVED, against_served, kept, refusals
from srec.updating.last import LastRun, fits
from srec.updating.log import Log
from srec.updating.settings import UpdateSettings

NEW = "new"
#: The models that a new one is measured beside; all of them take seconds.
BESIDE = ("popularity", "popularity-recent", "tags")


class Busy(SRecError):  # noqa: N818 -- it says what the folder is
    """Another update is at work in the same folder."""


@dataclass(frozen=True)
class Outcome:
    """What an update did.

    Attributes:
        published: the version that is served from now on; None if that did not change.
        refused: why nothing was published, a line each; empty if something was, or nothing is new.
    """

    published: Version | None = None
    refused: tuple[str, ...] = ()


def update(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    *,
    force: bool = False,
    told: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Bring the published model up to date; after an interruption, the same call goes on.

    Args:
        recipe: a TOML file with a section ``[update]``; its paths are relative to the file's folder.
        overrides: ``section.key=value`` texts; they win over the file.
        force: publish in spite of a refusal; a bundle that fails a check is never published.
        told: called with a line for each step.

    Returns:
        The version that was published, or why none was.

    Raises:
        Busy: another update is at work in the same folder.
        SRecError: a step failed; what is served did not change.
    """
    read = read_recipe(recipe, overrides)
    return _Update(read, read.get(UpdateSettings), Path(recipe).absolute().parent, told).run(force)


class _Update:
    """One update."""

    def __init__(
        self, read: Recipe, settings: UpdateSettings, folder: Path, told: Callable[[str], None]
    ) -> None:
        self.read, self.settings, self.folder = read, settings, folder
        self.work, self.models = folder / settings.work, Models(folder / settings.models)
        self.store = settings.store if "://" in settings.store else str(folder / settings.store)
        self.log = Log(self.work / "log.jsonl", told)
        self.last = LastRun(self.work / "last")

    def run(self, force: bool) -> Outcome:
        self.work.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            if lock(self.work, held) is False:
                raise Busy(f"another update is at work in {self.work}: wait for it")
            self._read_new()
            dataset = self._prepare()
            run = self._train(dataset)
            served = self._served()
            if served is not None and _same(served[0], dataset, run):
                self.log.write("nothing new", f"nothing is new: version {served[0].number} stays")
                return Outcome()
            if served is not None and not force and (line := self._withdrawn(dataset, run)):
                self.log.write("refused", f"not published: {line}", reason=line)
                return Outcome(refused=(line,))
            report, refused = self._measure(dataset, run, served)
            if refused and not force:
                self.last.forget()  # what is refused is no beginning
                for line in refused:
                    self.log.write("refused", f"not published: {line}", reason=line)
                return Outcome(refused=tuple(refused))
            return Outcome(self._publish(dataset, run, report))

    def _read_new(self) -> None:
        """Fetch and read what is new; rows that the store has change nothing."""
        settings = self.settings
        if not settings.reviews and not settings.crawl and not self._filled():
            raise SettingsError(
                f"[update] names neither reviews nor apps to crawl, and there is no store {shown(self.store)}"
            )
        if settings.crawl:
            from srec.crawl.run import crawl

            with self.log.step("crawl") as facts:
                key = os.environ.get("STEAM_KEY", "").strip()
                outcome = crawl(self.store, settings.crawl, key=key, budget=settings.crawl_budget)
                facts |= {"added": outcome.added, "replaced": outcome.replaced}
        wanted = [
            ("games", settings.games, "table", settings.game_columns, "", ""),
            (
                "reviews",
                settings.reviews,
                settings.source,
                settings.columns,
                settings.positive,
                settings.query,
            ),
        ]
        for table, where, source, columns, positive, query in wanted:
            if not where:
                continue
            tabular = source == "table"
            chosen = choose_source(
                where if "://" in where else str(self.folder / where),
                source,
                table=table if tabular else None,
                columns=columns if tabular else None,
                positive=positive or None,
                query=query or None,
            )
            with self.log.step(f"read {table}") as facts:
                read = ingest(self.store, chosen, memory_limit=settings.memory, threads=settings.threads)
                for one in read.tables.values():
                    facts["added"] = facts.get("added", 0) + one.added
                    facts["rejected"] = facts.get("rejected", 0) + one.rejected

    def _filled(self) -> bool:
        """Whether there may be a store that somebody else fills."""
        return "://" in self.store or Path(self.store).exists()

    def _prepare(self) -> Dataset:
        settings = self.settings
        prepare = preparing("duckdb", memory_limit=settings.memory, threads=settings.threads, update=True)
        with self.log.step("prepare") as facts:
            dataset = prepare(
                self.store,
                self.work / "dataset",
                self.read.get(PrepareSettings),
                tags=self.read.get(TagSettings),
                context=self.read.get(ContextSettings),
            )
            known = dataset.manifest["statistics"]
            facts |= {"users": known["users"], "games": known["items"]}
        for line in doubts(size_of(dataset)):
            self.log.write("doubtful", f"doubtful: {line}", reason=line)
        return dataset

    def _train(self, dataset: Dataset) -> Run:
        entry = model_entry(self.settings.model)
        kind = entry.load()
        own, threads = self.read.get(kind.settings_type), self.settings.threads
        with self.log.step("train") as facts:
            if not entry.learnt:
                return train(dataset, self.work / NEW, self.settings.model, settings=own, threads=threads)
            training = training_of(kind, self.read)
            wanted = {
                "model": self.settings.model,
                "settings": own.model_dump(),
                "training": training.model_dump(),
            }
            run = self._trained(dataset, wanted)
            if run is None:
                warm = self.last.warm(wanted, self.settings.warm)
                facts["warm"] = warm is not None
                run = train(
                    dataset,
                    self.work / NEW,
                    self.settings.model,
                    settings=own,
                    training=training,
                    threads=threads,
                    warm=warm,
                )
            self.last.keep(run, dataset)
        return run

    def _trained(self, dataset: Dataset, wanted: Mapping[str, Any]) -> Run | None:
        """The run of an interrupted update: it was trained on this dataset, from whatever weights."""
        try:
            run = Run(self.work / NEW)
        except ArtifactError:
            return None
        return run if run.manifest["inputs"]["dataset"] == dataset.fingerprint and fits(run, wanted) else None

    def _served(self) -> tuple[Version, Bundle] | None:
        """The version that is served; None if there is none that can be read."""
        try:
            number = self.models.served()[-1]
            found = self.models.folder(number)
            return Version.read(found, number), Bundle(found)
        except ArtifactError as error:
            if self.models.numbers():
                self.log.write("unreadable", f"what is served cannot be compared with: {error}")
            return None

    def _withdrawn(self, dataset: Dataset, run: Run) -> str | None:
        """Why what was rolled back does not come again with the next update."""
        away = self.models.withdrawn()
        for version in self.models.versions():
            if version.number in away and _same(version, dataset, run):
                return f"version {version.number} was made from the same, and was rolled back"
        return None

    def _measure(
        self, dataset: Dataset, run: Run, served: tuple[Version, Bundle] | None
    ) -> tuple[Report, list[str]]:
        """Measure the new model beside the served one; returns the reasons not to publish it."""
        others: dict[str, Other] = {}
        with self.log.step("measure") as facts:
            stays = None
            if served is not None:
                scorer = BundleScorer(served[1], dataset.app_ids)
                others[SERVED] = Other(served[1].fingerprint, scorer)
                stays = kept(dataset, run.scorer(dataset), scorer)
            report = write_report(
                self.work / "report",
                dataset,
                counted=self._beside(dataset),
                runs={NEW: run.path},
                settings=self.read.get(EvaluationSettings),
                visiting=self.read.get(VisitorSettings),
                players=held_out(dataset),
                others=others,
            )
            if (found := against_served(report, NEW)) is not None:
                metric, difference = found
                facts |= {"metric": metric, "difference": signed(difference)}
            if stays is not None:
                facts["kept"] = round(stays.value, 3)
            refused = list(refusals(report, NEW, stays=stays, settings=self.settings))
        return report, refused

    def _beside(self, dataset: Dataset) -> dict[str, Settings]:
        table = dict(MODELS.items())
        fitting = [name for name in BESIDE if table[name].fits(dataset)]
        return {name: self.read.get(table[name].load().settings_type) for name in fitting}

    def _publish(self, dataset: Dataset, run: Run, report: Report) -> Version:
        with self.log.step("export"):
            bundle = export(dataset, run, self.work / "bundle", figures=figures(report, NEW))
        with self.log.step("publish") as facts:
            version = self.models.publish(bundle.path)
            self.models.prune(self.settings.keep)
            facts["version"] = version.number
        return version


def _same(version: Version, dataset: Dataset, run: Run) -> bool:
    """Whether a version was made from this dataset and run."""
    made_from = version.made_from or {}
    return made_from.get("dataset") == dataset.fingerprint and made_from.get("run") == fingerprint(run.path)
