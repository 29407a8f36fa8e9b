"""Models: trained, measured, compared and exported."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srec.progress import console_for, training_progress

if TYPE_CHECKING:
    from srec.dataset.dataset import Dataset
    from srec.evaluation.results import Leaderboard, Report
    from srec.inference.bundle import Bundle
    from srec.settings import Settings
    from srec.training.run import Run
    from srec.training.settings import TrainingSettings


def train(
    dataset: "Dataset | str | Path",
    target: str | Path,
    model: str = "gce-gnn",
    *,
    settings: "Settings | Mapping[str, Any] | None" = None,
    training: "TrainingSettings | Mapping[str, Any] | None" = None,
    progress: bool | None = None,
) -> "Run":
    """Train a model, or go on where an interrupted training stopped.

    The epoch is chosen on the validation window; then the model is trained anew on all before the test.

    Args:
        dataset: what to learn from.
        target: the run directory to write.
        model: a learnt model of ``srec.MODELS``.
        settings: the model's own, where they differ from its defaults, such as ``{"dimension": 32}``.
        training: the loop's, where they differ from those of the model's paper, such as ``{"epochs": 5}``.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The run: its weights, settings, and the log of its epochs.

    Raises:
        SettingsError: there is no such model, or it is counted and not trained.
        TrainingError: there is nothing to learn from, the loss is not finite, or another process trains this.
    """
    from srec.training.run import train as fit

    with training_progress(console_for(progress)) as watch:
        return fit(dataset, target, model, settings=settings, training=training, watch=watch)


def evaluate(
    dataset: "Dataset | str | Path",
    target: str | Path,
    *,
    runs: "Sequence[Run | str | Path]" = (),
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
) -> "Report":
    """Measure all counted models that fit a dataset, and trained runs, on its test window, with intervals.

    Args:
        dataset: what to test on.
        target: the report directory to write: report.json (the result) and index.html (the page).
        runs: trained runs to measure beside the counted models; a run's name is that of its directory.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The result, as it stands in report.json.

    Raises:
        SRecError: the test window is empty, or a run belongs to another dataset.
    """
    from srec.experiments.report import evaluate as measure

    with console_for(progress).status("measuring"):
        return measure(dataset, target, runs=runs, recipe=recipe, overrides=overrides)


def leaderboard(
    dataset: "Dataset | str | Path",
    *,
    rows: Sequence[str] | None = None,
    models: Mapping[str, Any] | None = None,
    seeds: int = 1,
    data: str | Path | None = None,
    work: str | Path = "work/sessions",
    target: str | Path | None = None,
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
) -> "Leaderboard":
    """Train or count every model that fits a dataset, and measure each; known rows are not made again.

    Args:
        dataset: a dataset or where it is; "diginetica", "tmall" or "nowplaying"; or a folder of sessions.
        rows: only these, by their names in the table; all where None.
        models: classes of counted models that are not in ``srec.MODELS``, by name.
        seeds: how many runs of each trained model, with the seeds 0, 1, ...
        data: the folder that has the named sets.
        work: where datasets, runs and results are kept.
        target: the folder of rows and tables; where None, in ``work`` by the dataset's name and settings.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Returns:
        The table: a row for each model that is measured.

    Raises:
        SettingsError: there is no such row, or something is set that the protocol fixes or that is not read.
        SourceError: the dataset is neither a dataset nor a folder of sessions.
    """
    from srec.experiments.leaderboard import leaderboard as measure

    console = console_for(progress)
    with training_progress(console) as watch:
        return measure(
            dataset,
            rows=rows,
            models=models,
            seeds=seeds,
            data=data,
            work=work,
            target=target,
            recipe=recipe,
            overrides=overrides,
            watch=watch,
            told=console.print,
        )


def export(
    dataset: "Dataset | str | Path",
    run: "Run | str | Path",
    target: str | Path,
    *,
    progress: bool | None = None,
) -> "Bundle":
    """Write all that serving needs into one directory: no torch, no pickle, checksummed.

    Args:
        dataset: what the run was trained on.
        run: the trained run.
        target: the bundle directory; one of the same dataset and run stays.
        progress: whether to show it; where None, in a terminal and in a notebook.

    Raises:
        ArtifactError: the run is of another dataset, or the exported model scores differently.
    """
    from srec.dataset.dataset import opened
    from srec.inference.export import export as write
    from srec.training.run import Run

    with console_for(progress).status(f"exporting {target}"):
        return write(opened(dataset), run if isinstance(run, Run) else Run(Path(run)), Path(target))
