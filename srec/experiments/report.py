"""``srec evaluate``: models side by side on the test window, written as JSON and as a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from srec.artifacts import fingerprint, is_current, write_directory
from srec.dataset.dataset import Dataset, opened
from srec.environment import Environment
from srec.errors import SRecError
from srec.evaluation.players import Players, from_file, held_out
from srec.evaluation.results import Report
from srec.evaluation.settings import EvaluationSettings, VisitorSettings
from srec.evaluation.verdict import verdict
from srec.experiments.side_by_side import BASELINES, side_by_side
from srec.experiments.visitors import visitors
from srec.models import MODELS
from srec.models.base import Scorer
from srec.recipes import read_recipe
from srec.reports.page import page
from srec.settings import Settings
from srec.training.runs import Run

KIND = "report"
VERSION = 2


@dataclass(frozen=True)
class Other:
    """A model that is neither counted here nor a run.

    Attributes:
        fingerprint: names its content.
        scorer: of the dataset's items.
    """

    fingerprint: str
    scorer: Scorer


def evaluate(
    dataset: Dataset | str | Path,
    target: str | Path,
    *,
    runs: Sequence[Run | str | Path] = (),
    players: str | Path | None = None,
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    told: Callable[[str], None] = lambda line: None,
) -> Report:
    """Measure all counted models that fit a dataset, and trained runs, on its test window.

    An existing report of the same dataset, runs and settings is kept.

    Args:
        dataset: the dataset to test on, or its path.
        target: the report directory to write: report.json (the result) and index.html.
        runs: trained runs or their directories; a run's name is that of its directory.
        players: a Parquet file of held-out players: user_id, app_id, hours. None means the users that the
            dataset holds out, if it does.
        recipe: a TOML file with the settings that differ from the defaults.
        overrides: ``section.key=value`` texts; they win over the recipe.
        told: told which models of other packages are left out, for they cannot be loaded.

    Raises:
        SRecError: the test window is empty, the dataset has sessions instead of reviews of games, two runs
            have one name, a run belongs to another dataset, or ``players`` cannot be read.
    """
    read, dataset = read_recipe(recipe, overrides), opened(dataset)
    if not dataset.has_games:
        raise SRecError(
            f"{dataset.path} has sessions, not reviews of games: srec leaderboard compares models on it"
        )
    counted = {
        name: read.get(entry.load().settings_type)
        for name, entry in MODELS.loadable(told).items()
        if not entry.learnt and entry.fits(dataset)
    }
    made = [run if isinstance(run, Run) else Run(run) for run in runs]
    named = {run.path.name: run.path for run in made}
    for run in made:  # which is the counted model, stored
        if run.counted:
            counted.pop(run.model_name, None)
    if len(named) < len(made):
        raise SRecError("two runs have the same name: rename one of their folders")
    if taken := [name for name in named if name in counted]:
        raise SRecError(f"the run {taken[0]} has the name of a counted model: rename its folder")
    return write_report(
        Path(target),
        dataset,
        counted=counted,
        runs=named,
        settings=read.get(EvaluationSettings),
        visiting=read.get(VisitorSettings),
        players=held_out(dataset) if players is None else from_file(players, dataset),
    )


def write_report(
    target: Path,
    dataset: Dataset,
    *,
    counted: Mapping[str, Settings],
    runs: Mapping[str, Path],
    settings: EvaluationSettings,
    visiting: VisitorSettings | None = None,
    players: Players | None = None,
    others: Mapping[str, Other] | None = None,
) -> Report:
    """Measure counted models and trained runs on the test window, and write the report directory.

    Args:
        target: the directory to write.
        dataset: the dataset to test on.
        counted: the counted models by name, with their settings; they are fitted on all data before the test.
        runs: the run directories, by the name that the report gives them.
        settings: list lengths, resamples, seed.
        visiting: how it is measured what a visitor gets; None means the defaults.
        players: held-out players, if there are any.
        others: further models that the runs must beat, by name, such as the one that is served.

    Raises:
        SRecError: the test window is empty, or a run belongs to another dataset.
    """
    others = others or {}
    inputs = {"dataset": dataset.fingerprint}
    inputs |= {f"run {name}": fingerprint(path) for name, path in runs.items()}
    inputs |= {f"other {name}": one.fingerprint for name, one in others.items()}
    if players is not None:
        inputs["players"] = players.digest
    visiting = visiting or VisitorSettings()
    chosen = {"evaluation": settings, "visitors": visiting} | dict(counted)
    parameters = {name: one.model_dump(mode="json") for name, one in chosen.items()}
    file = target / "report.json"
    if is_current(target, KIND, VERSION, inputs=inputs, parameters=parameters):
        return Report.read(file)
    table = dict(MODELS.items())
    scorers: dict[str, Scorer] = {
        name: table[name].load().fit(dataset, one, "fit") for name, one in counted.items()
    }
    logs, validation = {}, {}
    for name, path in runs.items():
        run = Run(path)
        scorers[name] = run.scorer(dataset)
        if not run.counted:
            logs[name] = run.log
            validation[name] = {"epoch": run.chosen_epoch, **run.valid}
    scorers |= {name: one.scorer for name, one in others.items()}
    result = side_by_side(dataset, scorers, settings, baselines=[*BASELINES, *others])
    found = visitors(
        dataset,
        scorers,
        visiting,
        players=players,
        others=list(others),
        resamples=settings.resamples,
        batch_size=settings.batch_size,
    )
    said = verdict(found, result.models, result.headline)
    result = result.model_copy(
        update={
            "verdict": said.lines,
            "serve": said.serve,
            "visitors": found,
            "validation": validation,
            "made_from": inputs,
            "parameters": parameters,
            "environment": Environment.here(),
        }
    )
    with write_directory(target, KIND, VERSION, inputs=inputs, parameters=parameters) as draft:
        result.write(draft.path / file.name)
        (draft.path / "index.html").write_text(page(result, dataset.manifest, logs), encoding="utf-8")
    return Report.read(file)
