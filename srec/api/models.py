"""Trains, measures, compares and exports models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srec.errors import naming_the_extra
from srec.progress import console_for, training_progress

if TYPE_CHECKING:
    from srec.dataset.dataset import Dataset
    from srec.evaluation.results import Leaderboard, Report
    from srec.inference.bundle import Bundle
    from srec.settings import Settings
    from srec.training.runs import Run
    from srec.training.settings import TrainingSettings


@naming_the_extra()
def train(
    dataset: "Dataset | str | Path",
    target: str | Path,
    model: str = "smart",
    *,
    settings: "Settings | Mapping[str, Any] | None" = None,
    training: "TrainingSettings | Mapping[str, Any] | None" = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> "Run":
    """Train a model, or go on where an interrupted training stopped.

    ``smart`` is counted: it chooses the weight of popularity on the validation window. A trained model
    chooses its epoch there. Both then learn again from all data before the test.

    Args:
        dataset: the dataset to learn from.
        target: the run directory to write.
        model: a model of ``srec.MODELS`` that is trained, or ``smart``.
        settings: the model's settings that differ from its defaults, such as ``{"dimension": 32}``.
        training: the loop's settings, for a trained model. A mapping such as ``{"epochs": 5}`` says what
            differs from the model's paper. A ``TrainingSettings`` object is taken as it is: what it leaves
            out has SRec's defaults, not the paper's.
        threads: torch's threads while it trains; None leaves their number as it is. An interrupted training
            keeps the number that it began with, and says so.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Returns:
        The run: its weights, its settings and the log of its epochs.

    Raises:
        SettingsError: there is no such model, or it is counted and cannot be stored.
        TrainingError: there is nothing to learn from, the loss is not finite, or another process is training
            into this target.
    """
    from srec.training.run import train as fit

    console = console_for(progress)
    with training_progress(console) as watch:
        return fit(
            dataset,
            target,
            model,
            settings=settings,
            training=training,
            threads=threads,
            watch=watch,
            told=console.print,
        )


@naming_the_extra()
def evaluate(
    dataset: "Dataset | str | Path",
    target: str | Path,
    *,
    runs: "Sequence[Run | str | Path]" = (),
    players: str | Path | None = None,
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
) -> "Report":
    """Measure trained runs, and all counted models that fit a dataset: what visitors get, and the next game.

    The next game is that of the dataset's test window. ``srec.evaluation.gate.failures`` checks thresholds.

    Args:
        dataset: the dataset to test on.
        target: the report directory to write: report.json (the result) and index.html (the page).
        runs: trained runs to measure beside the counted models; a run's name is that of its directory.
        players: a Parquet file of held-out players (user_id, app_id, hours), for what a visitor gets. None
            means the users that the dataset holds out, if it does.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Returns:
        The result, as in report.json.

    Raises:
        SRecError: the test window is empty, or a run belongs to another dataset.
    """
    from srec.experiments.report import evaluate as measure

    console = console_for(progress)
    with console.status("measuring"):
        return measure(
            dataset,
            target,
            runs=runs,
            players=players,
            recipe=recipe,
            overrides=overrides,
            told=console.print,
        )


@naming_the_extra()
def leaderboard(
    dataset: "Dataset | str | Path",
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
    progress: bool | None = None,
) -> "Leaderboard":
    """Train or count every model that fits a dataset, and measure it; existing rows are kept.

    Args:
        dataset: a dataset or its path; "diginetica", "tmall" or "nowplaying"; or a folder of sessions.
        rows: only these rows, by their names in the table; None means all.
        models: classes of counted models that are not in ``srec.MODELS``, by name.
        seeds: how many runs of each trained model, with the seeds 0, 1, ...
        players: a Parquet file of held-out players: user_id, app_id, hours. None means the users that the
            dataset holds out, if it does.
        data: the folder that has the named sets.
        work: the folder that keeps datasets, runs and results.
        target: the folder of rows and tables; None means one in ``work``, by the dataset's name and settings.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        threads: torch's threads while it trains and measures; None leaves their number as it is.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Returns:
        The table, with a row for each measured model.

    Raises:
        SettingsError: there is no such row, or a setting is fixed by the protocol or not read.
        SourceError: the dataset is neither a dataset nor a folder of sessions, or ``players`` cannot be read.
    """
    from srec.experiments.leaderboard import leaderboard as measure

    console = console_for(progress)
    with training_progress(console) as watch:
        return measure(
            dataset,
            rows=rows,
            models=models,
            seeds=seeds,
            players=players,
            data=data,
            work=work,
            target=target,
            recipe=recipe,
            overrides=overrides,
            threads=threads,
            watch=watch,
            told=console.print,
        )


@naming_the_extra()
def export(
    dataset: "Dataset | str | Path",
    run: "Run | str | Path",
    target: str | Path,
    *,
    report: "Report | str | Path | None" = None,
    progress: bool | None = None,
) -> "Bundle":
    """Write all that serving needs into one directory, with checksums and without torch or pickle.

    Args:
        dataset: the dataset that the run was trained on.
        run: the trained run.
        target: the bundle directory; an existing one of the same dataset, run and figures is kept.
        report: a report that measured the run, or its directory; the bundle keeps the run's figures.
        progress: whether to show progress; None shows it in a terminal and in a notebook.

    Raises:
        ArtifactError: the run belongs to another dataset, or the exported model scores differently.
        SettingsError: the report has no model of the run's name.
    """
    from srec.dataset.dataset import opened
    from srec.evaluation.figures import figures
    from srec.evaluation.results import Report
    from srec.inference.export import export as write
    from srec.training.runs import Run

    dataset, run = opened(dataset), run if isinstance(run, Run) else Run(Path(run))
    if report is not None and not isinstance(report, Report):
        report = Report.read(Path(report) / "report.json")
    kept = None if report is None else figures(report, run.path.name)
    with console_for(progress).status(f"exporting {target}"):
        return write(dataset, run, Path(target), figures=kept)
