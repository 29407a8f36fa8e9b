"""``srec tune``: search a model's settings on the validation window, within a budget of minutes.

The sampler is Optuna's TPE (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011). The trials
are kept in SRec's own result file, and the search is a function of them, so a call goes on from what the file
has. The test is never looked at.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from srec.dataset.dataset import Dataset, opened
from srec.environment import Environment
from srec.errors import MissingLibrary, SettingsError, SRecError
from srec.evaluation.results import Trial, Tuning
from srec.evaluation.validation import validator
from srec.locks import lock
from srec.models import model_entry
from srec.recipes import read_recipe
from srec.settings import Settings, Space, Span, settings_of
from srec.training.loop import Watch
from srec.training.process import computing
from srec.training.run import train
from srec.training.settings import Metric, TrainingSettings, training_of

FILE, BEST = "tuning.json", "best.toml"
_NEW = 100  # how often the sampler may name settings that were tried before it is done


def tune(
    dataset: Dataset | str | Path,
    model: str,
    target: str | Path,
    *,
    minutes: float,
    metric: Metric = "MRR@20",
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    threads: int | None = None,
    watch: Watch = lambda step: None,
    told: Callable[[str], None] = lambda line: None,
) -> Tuning:
    """Try settings of a model until the time is over; the first trial is the settings as they are.

    Args:
        dataset: the dataset, or its path. Models know what comes before its validation window, and are
            measured on the window.
        model: a model of the MODELS table whose settings have a ``space``.
        target: the folder of ``tuning.json``, with every trial, and ``best.toml``, a recipe with the best.
        minutes: no trial begins after this time; one that has begun is finished.
        metric: what to maximise.
        recipe: a TOML file with settings that differ from the defaults, for what is not searched.
        overrides: ``section.key=value`` texts; they win over the recipe.
        threads: torch's threads; None leaves their number as it is.
        watch: called after each training step.
        told: called with a line for each trial.

    Raises:
        SettingsError: there is no such model, it has nothing to search, or the folder has the trials of
            something else.
        MissingLibrary: Optuna is not installed.
        SRecError: another process is at work in the folder, or there is no validation example.
    """
    if find_spec("optuna") is None:  # before the first trial, which needs no sampler
        raise MissingLibrary("optuna", "tune")
    search = _Search.of(opened(dataset), model, metric, recipe, overrides)
    target, until = Path(target), time.monotonic() + 60 * minutes
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        if lock(target, held) is False:
            raise SRecError(f"another process is tuning in {target}: wait for it, or name another folder")
        held.enter_context(computing(threads))
        found = search.begun(target)
        while time.monotonic() < until:
            values = search.next(found.trials)
            if values is None:
                told("all settings of the space have been tried")
                break
            found = found.with_trial(search.tried(values, target, watch)).write(target / FILE)
            (target / BEST).write_text(_toml(found.best.settings), encoding="utf-8")
            last = found.trials[-1]
            told(f"{metric} {last.value:.4f}, best {found.best.value:.4f}: {_said(last.settings)}")
    if not found.trials:
        raise SettingsError("the budget of minutes leaves no time for a trial")
    return found


@dataclass(frozen=True)
class _Search:
    """What is searched, and on what."""

    dataset: Dataset
    model: str
    kind: Any
    settings: Settings
    training: TrainingSettings | None
    max_length: int
    metric: Metric

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        model: str,
        metric: Metric,
        recipe: str | Path | None,
        overrides: Sequence[str],
    ) -> "_Search":
        entry = model_entry(model)
        kind, read = entry.load(), read_recipe(recipe, overrides)
        if not entry.fits(dataset):
            raise SettingsError(f"{model} does not fit {dataset.path}")
        if not kind.settings_type.space:
            raise SettingsError(f"{model} has nothing to search: its settings name no space")
        training = None
        if entry.learnt:
            training = training_of(kind, read).model_copy(update={"refit": False, "metric": metric})
        length = read.changed(TrainingSettings()).max_length
        return cls(dataset, model, kind, read.get(kind.settings_type), training, length, metric)

    @property
    def space(self) -> Space:
        """By ``section.key``."""
        section = self.kind.settings_type.section
        found: Space = self.kind.settings_type.space
        return {name if "." in name else f"{section}.{name}": values for name, values in found.items()}

    def begun(self, target: Path) -> Tuning:
        """The trials so far, or none."""
        fixed = {
            "model": self.model,
            "dataset": self.dataset.fingerprint,
            "metric": self.metric,
            "settings": self.settings.model_dump(mode="json"),
            "training": self.training.model_dump(mode="json") if self.training else None,
        }
        if not (target / FILE).exists():
            if (target / BEST).exists():
                raise SettingsError(f"{target} has a {BEST} that no search wrote: name another folder")
            return Tuning(trials=(), environment=Environment.here(), **fixed)
        found = Tuning.read(target / FILE)
        for name, value in fixed.items():
            if getattr(found, name) != value:
                raise SettingsError(f"{target} has trials of another {name}: name another folder")
        return found

    def next(self, trials: Sequence[Trial]) -> dict[str, Any] | None:
        """The settings to try next; None if the sampler names no new ones."""
        if not trials:
            whole = {self.settings.section: self.settings, "training": self.training}
            return {name: getattr(whole[name.split(".")[0]], name.split(".")[1]) for name in self.space}
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        # Seeded by the number of trials, a search that was interrupted names the same settings again.
        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=len(trials))
        )
        spans = {name: _distribution(values) for name, values in self.space.items()}
        for trial in trials:
            # The settings as they are may lie outside of the space.
            if all(_inside(value, self.space[name]) for name, value in trial.settings.items()):
                params = dict(trial.settings)
                study.add_trial(optuna.create_trial(params=params, distributions=spans, value=trial.value))
        known = [dict(trial.settings) for trial in trials]
        for _ in range(_NEW):
            asked = study.ask(spans)
            values = {name: _rounded(value, self.space[name]) for name, value in asked.params.items()}
            if values not in known:
                return values
        return None

    def tried(self, values: Mapping[str, Any], target: Path, watch: Watch) -> Trial:
        """Fit or train the model with these settings, and measure it on the validation window."""
        started = time.perf_counter()
        by_section: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            section, key = name.split(".")
            by_section.setdefault(section, {})[key] = value
        own = by_section.get(self.settings.section, {})
        settings = settings_of(type(self.settings), self.settings.model_dump() | own)
        if self.training is None:
            scorer = self.kind.fit(self.dataset, settings, "train")
            measured = validator(self.dataset, self.max_length)(scorer)
        else:
            changes = by_section.get(TrainingSettings.section, {})
            training = settings_of(TrainingSettings, self.training.model_dump() | changes)
            text = json.dumps(values, sort_keys=True)
            folder = target / "runs" / hashlib.sha256(text.encode()).hexdigest()[:12]
            run = train(self.dataset, folder, self.model, settings=settings, training=training, watch=watch)
            measured = dict(run.valid)
            shutil.rmtree(folder)
        seconds = round(time.perf_counter() - started, 2)
        return Trial(settings=dict(values), value=measured[self.metric], seconds=seconds)


def _distribution(values: Span | tuple[Any, ...]) -> Any:
    """Optuna's word for a part of a space."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(values, Span):
        return CategoricalDistribution(values)
    if _whole(values):
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def _inside(value: Any, values: Span | tuple[Any, ...]) -> bool:
    return values.low <= value <= values.high if isinstance(values, Span) else value in values


def _whole(span: Span) -> bool:
    return isinstance(span.low, int) and isinstance(span.high, int)


def _rounded(value: Any, values: Span | tuple[Any, ...]) -> Any:
    """Three digits are enough, and a recipe stays readable."""
    if not isinstance(values, Span) or _whole(values):
        return value
    return min(max(float(f"{value:.3g}"), values.low), values.high)


def _said(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _toml(settings: Mapping[str, Any]) -> str:
    """A recipe with these settings."""
    lines: list[str] = []
    for section in dict.fromkeys(name.split(".")[0] for name in settings):
        lines.append(f"[{section}]")
        for name, value in settings.items():
            if name.split(".")[0] == section and value is not None:
                lines.append(f"{name.split('.')[1]} = {json.dumps(value)}")
        lines.append("")
    return "\n".join(lines)
