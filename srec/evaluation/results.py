"""The types of the experiments' results: a report, a leaderboard, a reproduced paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from srec.environment import FlatEnvironment
from srec.evaluation.beyond import Curve
from srec.evaluation.comparison import Compared, Estimate
from srec.evaluation.settings import EvaluationSettings
from srec.evaluation.visited import Visitors
from srec.results import Frozen, Result

#: Chooses the epoch on the held-out latest sessions ("honest") or, as a paper's authors do, on the test set.
Protocol = Literal["paper", "honest"]


@dataclass(frozen=True)
class Measured(Compared):
    """A model of a report.

    Attributes:
        beyond: the measures beyond accuracy, by the names of ``beyond.MEANINGS``.
        concentration: how popular its recommendations are.
        examples_per_second: how fast it scores.
    """

    beyond: Mapping[str, float | None]
    concentration: Curve
    examples_per_second: float


@dataclass(frozen=True)
class Slice:
    """All models on a part of the examples."""

    name: str
    examples: int
    sessions: int
    models: Mapping[str, Compared]


class DatasetFacts(Frozen):
    """A report's facts about its dataset, from the manifest."""

    name: str
    fingerprint: str
    simulated: bool
    split: Mapping[str, Any]
    shows: str | None = None
    statistics: Mapping[str, Any]


class Report(Result):
    """Models side by side on one window of a dataset.

    Attributes:
        part: the window, "test" or "valid".
        protocol: how it was measured, in sentences.
        unanswerable: the number of targets among their own inputs.
        baselines: the models that the others must beat.
        headline: the metric of verdicts and slices.
        models: the models, by name.
        targets: how popular the right answers are.
        slices: the slices of each kind, such as "length".
        verdict: what to serve and why, what that loses, and a warning.
        serve: the model that the verdict names, if it names one.
        visitors: what a visitor gets.
        verdicts: the findings on the next game in sentences; ``slice_wins`` and ``slice_losses`` have those
            on slices.
        validation: by run, the chosen epoch and its metrics on the validation window.
        made_from: the fingerprints of the dataset and of the runs.
        parameters: the settings of the evaluation and of the counted models.
    """

    srec: str
    dataset: DatasetFacts
    part: Literal["test", "valid"]
    settings: EvaluationSettings
    protocol: Sequence[str]
    unanswerable: int
    baselines: Sequence[str]
    headline: str
    examples: int
    sessions: int
    models: Mapping[str, Measured]
    targets: Curve
    slices: Mapping[str, Sequence[Slice]]
    verdict: Sequence[str] | None = None
    serve: str | None = None
    visitors: Visitors | None = None
    verdicts: Sequence[str]
    slice_wins: Sequence[str]
    slice_losses: Sequence[str]
    validation: Mapping[str, Mapping[str, int | float]] = {}
    made_from: Mapping[str, str] = {}
    parameters: Mapping[str, Mapping[str, Any]] = {}
    environment: FlatEnvironment | None = None


class Row(Result):
    """A measured model of a leaderboard.

    Attributes:
        name: its name in the table.
        model: its key in the MODELS table.
        dataset: the dataset's fingerprint.
        settings: the model's settings.
        training: the loop's settings, without the seed; None for a counted model.
        max_length: how many of a session's newest items are input.
        seeds: the seeds, one for each run; empty for a counted model.
        examples: the number of tested examples.
        metrics: the means over the seeds, in [0, 1].
        deviation: the standard deviations over the seeds.
        interval: the 95 % intervals over resampled sessions.
        off_head: HR@20 of the targets outside the 100 most popular items, in [0, 1]; None if no target is
            there, or in rows of earlier versions.
        epochs: the chosen epoch of each run.
        parameters: the number of learnt parameters.
        weights: the weights of a blend's models.
        seconds: the time of training or counting.
        examples_per_second: how fast the examples are scored and ranked.
        players: names the held-out players, if there are any.
        visitors: what they get, by metric: means over the seeds; intervals over resampled players of the
            first seed.
    """

    name: str
    model: str
    dataset: str
    settings: Mapping[str, Any]
    training: Mapping[str, Any] | None
    max_length: int
    seeds: Sequence[int]
    examples: int
    metrics: Mapping[str, float]
    deviation: Mapping[str, float]
    interval: Mapping[str, tuple[float, float]]
    off_head: float | None = None
    epochs: Sequence[int]
    parameters: int
    weights: Mapping[str, float] | None = None
    seconds: float
    examples_per_second: float
    players: str | None = None
    visitors: Mapping[str, Estimate] | None = None
    environment: FlatEnvironment


class BoardDataset(Frozen):
    """The dataset of a leaderboard, and its size if the manifest has it."""

    fingerprint: str
    simulated: bool
    users: int | None
    items: int | None
    interactions: int | None


class Leaderboard(Result):
    """Models of one dataset under one protocol, the best first.

    Attributes:
        name: the dataset's name.
        repeats: whether the input's items may be answers.
    """

    command: Literal["leaderboard"] = "leaderboard"
    srec: str
    name: str
    dataset: BoardDataset
    repeats: bool
    rows: Sequence[Row]


class ReproducedRun(Frozen):
    """One run of a paper's model.

    Attributes:
        epochs: the number of epochs to choose from.
        curve: the metrics after each epoch, on the examples that choose.
        seconds: the time of each stage of the training.
        peak_memory_mb: the peak after each epoch of each stage.
        chosen_epoch: the chosen epoch; only under "honest".
        metrics: under "paper", the best of the curve for each metric; under "honest", one look at the test.
    """

    seed: int
    epochs: int
    curve: Sequence[Mapping[str, float]]
    seconds: Mapping[str, float]
    peak_memory_mb: Mapping[str, Sequence[int]] | None = None
    chosen_epoch: int | None = None
    metrics: Mapping[str, float]


class Reproduction(Result):
    """A paper's model on a paper's set under one protocol.

    Attributes:
        dataset: the name of the set.
        changed: the differences from the paper's settings.
        metrics: the means over the runs, in [0, 1].
        deviation: the standard deviations over the runs.
        paper: the published figures in %; empty if there are none.
        model: the model's settings.
        training: the loop's settings, without the seed.
    """

    command: Literal["reproduce gce-gnn"] = "reproduce gce-gnn"
    dataset: str
    protocol: Protocol
    changed: str
    metrics: Mapping[str, float]
    deviation: Mapping[str, float]
    paper: Mapping[str, float]
    runs: Sequence[ReproducedRun]
    model: Mapping[str, Any]
    training: Mapping[str, Any]
    environment: FlatEnvironment


class Trial(Frozen):
    """Settings that were tried.

    Attributes:
        settings: by ``section.key``.
        value: the metric on the validation window, in [0, 1].
        seconds: what it took.
    """

    settings: Mapping[str, Any]
    value: float
    seconds: float


class Tuning(Result):
    """A search for a model's settings; no trial looked at the test.

    Attributes:
        model: its key in the MODELS table.
        dataset: the dataset's fingerprint.
        metric: what is maximised on the validation window.
        settings: the model's settings before the search.
        training: the loop's settings before the search; None for a counted model.
        trials: in their order; the first has the settings before the search.
    """

    command: Literal["tune"] = "tune"
    model: str
    dataset: str
    metric: str
    settings: Mapping[str, Any]
    training: Mapping[str, Any] | None
    trials: Sequence[Trial]
    environment: FlatEnvironment

    @property
    def best(self) -> Trial:
        """The first of the best trials."""
        return max(self.trials, key=lambda trial: trial.value)

    def with_trial(self, trial: Trial) -> Self:
        """With one more trial at the end."""
        return self.model_copy(update={"trials": (*self.trials, trial)})
