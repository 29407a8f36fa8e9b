"""``srec leaderboard``: every model that fits a dataset, measured under one protocol, in one table."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srec import __version__
from srec.artifacts import MANIFEST
from srec.dataset.dataset import Dataset
from srec.dataset.sessions import prepare_sessions
from srec.errors import ArtifactError, SRecError
from srec.evaluation.players import Players, from_file, held_out
from srec.evaluation.results import BoardDataset, Leaderboard, Row
from srec.evaluation.settings import BATCH_SIZE, EvaluationSettings
from srec.experiments.asked import changed, checked_seeds
from srec.experiments.candidates import Candidate, candidates, chosen, digest
from srec.experiments.rows import measure
from srec.experiments.sets import HELD_OUT, PAPER, located
from srec.locks import lock
from srec.models import MODELS
from srec.recipes import read_recipe
from srec.reports.leaderboard import markdown, page
from srec.training.loop import Watch
from srec.training.process import computing


def leaderboard(
    dataset: Dataset | str | Path,
    *,
    rows: Sequence[str] | None = None,
    models: Mapping[str, Any] | None = None,
    seeds: int = 1,
    players: str | Path | None = None,
    data: str | Path | None = None,
    work: str | Path = "work/sessions",
    target: str | Path | None = None,
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    threads: int | None = None,
    watch: Watch = lambda step: None,
    told: Callable[[str], None] = lambda line: None,
) -> Leaderboard:
    """Train or count every model that fits a dataset, and measure it; existing rows are kept.

    Args:
        dataset: a dataset or its path; "diginetica", "tmall" or "nowplaying"; or a folder of sessions with
            the same two files.
        rows: only these rows, by their names in the table; None means all.
        models: classes of counted models that are not in the table, by name. They have their default
            settings, and are measured in each call, because their code may have changed.
        seeds: how many runs of each trained model, with the seeds 0, 1, ...
        players: a Parquet file of held-out players (user_id, app_id, hours), to measure what they get. None
            means the users that the dataset holds out, if it does.
        data: the folder that has the named sets.
        work: the folder that keeps datasets, runs and results.
        target: the folder of rows/*.json (one for each row), leaderboard.json, .md and .html. None means a
            folder in ``work`` that is named after the dataset and, if they are not the usual ones, the
            settings.
        recipe: a TOML file with the settings that differ from the defaults; it may have other sections too.
        overrides: ``section.key=value`` texts; they win over the recipe, and must all be read here.
        threads: torch's threads; None leaves their number as it is.
        watch: called after each training step.
        told: called with a line that says which model is measured, or left out.

    Raises:
        SettingsError: there is no such row, or a setting is fixed by the protocol or not read.
        SourceError: the dataset is neither a dataset nor a folder of sessions, or ``players`` cannot be read.
        SRecError: another process writes the target, or something else is in it.
    """
    numbers = checked_seeds(seeds)
    prepared, name, folder = _prepared(dataset, data, Path(work))
    table = MODELS.loadable(told)
    changed(overrides, (model for model, entry in table.items() if entry.fits(prepared)))
    read = read_recipe(recipe, overrides)
    every, usual = (candidates(prepared, name, one, given=models) for one in (read, read_recipe()))
    # Other settings have their own folders, so that earlier measurements stay.
    settings = digest(every, prepared)
    ending = "" if settings == digest(usual, prepared) else f"-{settings}"
    held = held_out(prepared) if players is None else from_file(players, prepared)
    board = Board(prepared, name, every, Path(target) if target else folder / f"leaderboard{ending}", held)
    with computing(threads):
        return board.fill(
            chosen(every, rows),
            seeds=numbers,
            runs=folder / f"runs{ending}",
            batch_size=read.get(EvaluationSettings).batch_size,
            watch=watch,
            told=told,
        )


def _prepared(
    dataset: Dataset | str | Path, data: str | Path | None, work: Path
) -> tuple[Dataset, str, Path]:
    """The dataset, its name, and its own folder in ``work``."""
    if not isinstance(dataset, Dataset):
        if str(dataset) in PAPER or not (Path(dataset) / MANIFEST).is_file():
            source, name = located(dataset, data)
            return prepare_sessions(source, work / name / "honest", HELD_OUT), name, work / name
        dataset = Dataset(Path(dataset))
    name = dataset.path.resolve().name
    return dataset, name, work / f"{name}-{dataset.fingerprint[:8]}"


@dataclass(frozen=True)
class Board:
    """The folder of a leaderboard, and its possible rows.

    Attributes:
        dataset: the dataset to learn from and to test on.
        name: the dataset's name, for the title.
        every: all candidates of the dataset; the table has the measured ones.
        folder: the folder of rows/*.json (one for each row), leaderboard.json, .md and .html.
        players: held-out players, if there are any.
    """

    dataset: Dataset
    name: str
    every: Sequence[Candidate]
    folder: Path
    players: Players | None = None

    def fill(
        self,
        wanted: Sequence[Candidate],
        *,
        seeds: Sequence[int],
        runs: Path,
        batch_size: int = BATCH_SIZE,
        watch: Watch = lambda step: None,
        told: Callable[[str], None] = lambda line: None,
    ) -> Leaderboard:
        """Measure the rows that are missing; after each, write all existing rows as one table.

        Args:
            wanted: the rows to measure.
            seeds: the seeds of trained models.
            runs: the folder that keeps the runs.
            batch_size: examples scored at a time; it bounds the memory and changes no rank.
            watch: called after each training step.
            told: called with a line that says which model is measured.

        Raises:
            SRecError: another process writes the folder, or something else is in it.
        """
        self._begin()
        with ExitStack() as held:
            if lock(self.folder, held) is False:
                raise SRecError(f"another process writes {self.folder}: wait for it, or name another folder")
            for one in wanted:
                if one.given or self.known(one, seeds) is None:
                    told(f"measuring {one.name}")
                    row = measure(
                        self.dataset,
                        one,
                        seeds=seeds,
                        folder=runs,
                        players=self.players,
                        batch_size=batch_size,
                        watch=watch,
                        told=told,
                    )
                    row.write(self._file(one))
                    self.write()
            return self.write()

    def _begin(self) -> None:
        """Make the folder, unless something else has its name."""
        rows = self.folder / "rows"
        if not rows.is_dir() and os.path.lexists(self.folder) and not _is_empty(self.folder):
            raise SRecError(f"{self.folder} is there and has no leaderboard: move it away or name another")
        rows.mkdir(parents=True, exist_ok=True)

    def known(self, candidate: Candidate, seeds: Sequence[int] = ()) -> Row | None:
        """The existing row, if it has this dataset and settings, these players and at least these seeds."""
        try:
            row = Row.read(self._file(candidate))
        except ArtifactError:
            return None
        described = candidate.described(self.dataset, seeds)
        wanted = set(described.pop("seeds"))
        described["players"] = None if self.players is None else self.players.digest
        same = all(getattr(row, key) == value for key, value in described.items())
        return row if same and wanted <= set(row.seeds) else None

    def write(self) -> Leaderboard:
        """Write all existing rows with these settings as leaderboard.json, .md and .html."""
        found = (self.known(one) for one in self.every)
        # In the table, a row has no file of its own.
        measured = [row.model_copy(update={"path": None}) for row in found if row is not None]
        statistics = self.dataset.manifest["statistics"]
        result = Leaderboard(
            srec=__version__,
            name=self.name,
            dataset=BoardDataset(
                fingerprint=self.dataset.fingerprint,
                simulated=self.dataset.simulated,
                **{key: statistics.get(key) for key in ("users", "items", "interactions")},
            ),
            repeats=self.dataset.repeats,
            rows=sorted(measured, key=lambda row: -row.metrics["MRR@20"]),
        ).write(self.folder / "leaderboard.json")
        (self.folder / "leaderboard.md").write_text(markdown(result), encoding="utf-8")
        (self.folder / "leaderboard.html").write_text(page(result), encoding="utf-8")
        return result

    def _file(self, candidate: Candidate) -> Path:
        return self.folder / "rows" / f"{candidate.file_name}.json"


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())
