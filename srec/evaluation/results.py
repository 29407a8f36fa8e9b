"""What the experiments find, as types: a report of models side by side, a leaderboard, a paper reproduced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from srec.evaluation.beyond import Curve
from srec.evaluation.comparison import Compared
from srec.evaluation.settings import EvaluationSettings
from srec.results import Part, Result

#: Of the latest whole sessions, held out ("honest"), or as the authors of a paper do ("paper").
Protocol = Literal["paper", "honest"]
#: What a number was made with: the date, the machine and the versions of what computed it.
Environment = Mapping[str, str | int]


@dataclass(frozen=True)
class Measured(Compared):
    """A model of a report.

    Attributes:
        beyond: what accuracy does not tell, by the names of ``beyond.MEANINGS``.
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


class DatasetFacts(Part):
    """What a report says of its dataset, as the manifest has it."""

    name: str
    fingerprint: str
    simulated: bool
    split: Mapping[str, Any]
    statistics: Mapping[str, Any]


class Report(Result):
    """Models side by side on one window of a dataset.

    Attributes:
        part: the window, "test" or "valid".
        protocol: how it was measured, in sentences.
        unanswerable: targets that stand among their own inputs.
        baselines: the models that the others must beat.
        headline: the metric of verdicts and slices.
        models: by name.
        targets: how popular the right answers are.
        slices: by what they are cut by.
        verdicts: what the numbers say, in sentences; of slices, the wins and the losses.
        validation: of each run the chosen epoch and its metrics on the validation window.
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
    verdicts: Sequence[str]
    slice_wins: Sequence[str]
    slice_losses: Sequence[str]
    validation: Mapping[str, Mapping[str, int | float]] = {}
    made_from: Mapping[str, str] = {}
    parameters: Mapping[str, Mapping[str, Any]] = {}
    environment: Environment = Field({})


class Row(Result):
    """A model of a leaderboard, measured.

    Attributes:
        name: in the table.
        model: of the MODELS table.
        dataset: its fingerprint.
        settings: the model's.
        training: the loop's, without the seed; None where the model is only counted.
        max_length: the newest items of a session that are input.
        seeds: one run each; none where the model is only counted.
        examples: how many were tested.
        metrics: the means over the seeds, in [0, 1].
        deviation: over the seeds.
        interval: 95 %, over resampled sessions.
        epochs: that were chosen, of each run.
        parameters: how many are learnt.
        weights: of a blend's models.
        seconds: of training, or of counting.
        examples_per_second: how fast it is measured.
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
    epochs: Sequence[int]
    parameters: int
    weights: Mapping[str, float] | None = None
    seconds: float
    examples_per_second: float
    environment: Environment


class BoardDataset(Part):
    """The dataset of a leaderboard, and its size where the manifest tells."""

    fingerprint: str
    simulated: bool
    users: int | None
    items: int | None
    interactions: int | None


class Leaderboard(Result):
    """Models of one dataset under one protocol, the best first.

    Attributes:
        name: of the dataset.
        repeats: whether the input's items may be answers.
    """

    command: Literal["leaderboard"] = "leaderboard"
    srec: str
    name: str
    dataset: BoardDataset
    repeats: bool
    rows: Sequence[Row]


class ReproducedRun(Part):
    """One run of a paper's model.

    Attributes:
        epochs: how many were trained to choose among.
        curve: the metrics after each, on what chooses.
        seconds: of each stage of the training.
        peak_memory_mb: after each epoch of each stage.
        chosen_epoch: under "honest".
        metrics: under "paper" the best of the curve, each by itself; under "honest" one look at the test.
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
        changed: what differs from the paper's settings.
        metrics: the means over the runs, in [0, 1].
        deviation: over the runs.
        paper: the published figures in %, empty where there are none.
        model: the model's settings.
        training: the loop's, without the seed.
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
    environment: Environment
