"""How certain a result is: bootstrap intervals over whole sessions, paired between models.

Percentile bootstrap (Efron & Tibshirani, "An introduction to the bootstrap", 1993). Examples of one session
are not independent, so whole sessions are resampled (Field & Welsh, "Bootstrapping clustered data", 2007);
all models see the same resamples, so their differences are paired. Shapes: E examples, U sessions,
C columns (one for each model and metric), R resamples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from srec.dataset.batches import Examples
from srec.dataset.dataset import Floats, Ints

LEVEL = 0.95
FEWEST_SESSIONS = 30


def independent_groups(data: Examples) -> Ints:
    """int64 [E]: the group of each example; a group's examples share a session, so they are dependent.

    The papers' test files have each prefix of a session as a row of its own, one after the other: two
    adjacent rows belong together if one is the other plus its target.
    """
    groups = np.zeros(len(data), np.int64)
    texts = [data.items[start:end] for start, end in zip(data.starts, data.ends, strict=True)]
    whole = [data.items[start : end + 1] for start, end in zip(data.starts, data.ends, strict=True)]
    for at in range(1, len(data)):
        together = (
            data.sessions[at] == data.sessions[at - 1]
            or np.array_equal(texts[at - 1], whole[at])
            or np.array_equal(texts[at], whole[at - 1])
        )
        groups[at] = groups[at - 1] + (not together)
    return groups


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, and the number of sessions it comes from."""

    value: float
    low: float
    high: float
    sessions: int


@dataclass(frozen=True)
class Difference(Estimate):
    """How far a model is above another, and whether that is significant.

    Attributes:
        verdict: "better", "worse", "no clear difference" or "too few sessions".
    """

    verdict: str

    @classmethod
    def judged(cls, estimate: Estimate) -> Self:
        """The estimate of a difference with its verdict.

        Few sessions can agree by chance, and then all their resamples agree: they support no claim.
        """
        if estimate.sessions < FEWEST_SESSIONS:
            verdict = "too few sessions"
        elif estimate.low > 0:
            verdict = "better"
        else:
            verdict = "worse" if estimate.high < 0 else "no clear difference"
        return cls(**asdict(estimate), verdict=verdict)


@dataclass(frozen=True)
class Against(Difference):
    """The difference to a named baseline."""

    baseline: str


@dataclass(frozen=True)
class Compared:
    """A model among others on some examples.

    Attributes:
        metrics: its means, by metric.
        differences: its differences to each baseline, by baseline and metric.
        against: by metric, the difference to the best baseline; empty for a baseline.
    """

    metrics: Mapping[str, Estimate]
    differences: Mapping[str, Mapping[str, Difference]]
    against: Mapping[str, Against]


@dataclass(frozen=True)
class Comparison:
    """All models on some examples, with the number of examples and of sessions."""

    examples: int
    sessions: int
    models: Mapping[str, Compared]


class Bootstrap:
    """The means of some columns, over all sessions and over resamples of the sessions.

    Args:
        values_EC: float [E, C].
        sessions_E: int [E], the session of each example.
        resamples: R.
        generator: draws the resamples.
    """

    def __init__(
        self, values_EC: Floats, sessions_E: Ints, *, resamples: int, generator: np.random.Generator
    ) -> None:
        kept, places = np.unique(sessions_E, return_inverse=True)
        self.sessions = len(kept)
        counted = np.column_stack([values_EC, np.ones(len(values_EC))])
        sums_UC = np.column_stack([np.bincount(places, column, self.sessions) for column in counted.T])
        self.means_C = sums_UC[:, :-1].sum(axis=0) / sums_UC[:, -1].sum()
        self.means_RC = np.empty((resamples, values_EC.shape[1]))
        block = max(1, 2_000_000 // self.sessions)
        for at in range(0, resamples, block):
            rows = min(block, resamples - at)
            drawn = generator.integers(self.sessions, size=(rows, self.sessions))
            times_RU = np.stack([np.bincount(row, minlength=self.sessions) for row in drawn])
            totals = times_RU.astype(np.float64) @ sums_UC
            self.means_RC[at : at + rows] = totals[:, :-1] / totals[:, -1:]

    def mean(self, column: int) -> Estimate:
        """The mean of a column."""
        return self._estimate(self.means_C[column], self.means_RC[:, column])

    def difference(self, column: int, other: int) -> Difference:
        """How far the mean of a column is above that of another."""
        resampled_R = self.means_RC[:, column] - self.means_RC[:, other]
        return Difference.judged(self._estimate(self.means_C[column] - self.means_C[other], resampled_R))

    def _estimate(self, value: float, resampled_R: Floats) -> Estimate:
        low, high = np.quantile(resampled_R, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(float(value), float(low), float(high), self.sessions)


def compare(
    values: Mapping[str, Mapping[str, Floats]],
    sessions_E: Ints,
    *,
    baselines: Sequence[str],
    resamples: int,
    generator: np.random.Generator,
) -> Comparison:
    """All models on some examples: means with intervals, and paired differences to each baseline.

    Args:
        values: by model, then by metric: float [E], the same metrics for every model.
        sessions_E: int [E], the session of each example.
        baselines: the models that the others must beat.
        resamples: R.
        generator: draws the resamples.
    """
    columns = [(name, metric) for name, metrics in values.items() for metric in metrics]
    values_EC = np.column_stack([values[name][metric] for name, metric in columns])
    boot = Bootstrap(values_EC, sessions_E, resamples=resamples, generator=generator)
    place = {column: at for at, column in enumerate(columns)}
    metrics = list(next(iter(values.values())))

    def strongest(metric: str) -> str:
        return max(baselines, key=lambda name: float(boot.means_C[place[name, metric]]))

    models: dict[str, Compared] = {}
    for name in values:
        differences = {
            other: {metric: boot.difference(place[name, metric], place[other, metric]) for metric in metrics}
            for other in baselines
            if other != name
        }
        against = {
            metric: Against(**asdict(differences[strongest(metric)][metric]), baseline=strongest(metric))
            for metric in metrics
            if baselines and name not in baselines
        }
        means = {metric: boot.mean(place[name, metric]) for metric in metrics}
        models[name] = Compared(means, differences, against)
    return Comparison(len(sessions_E), boot.sessions, models)


def compare_where_defined(
    values: Mapping[str, Mapping[str, Floats]],
    sessions_E: Ints,
    *,
    baselines: Sequence[str],
    resamples: int,
    seed: int,
) -> Comparison:
    """As ``compare``, where some metrics are defined on some of the examples only.

    Args:
        values: by model, then by metric: float [E], NaN where the metric is not defined; the same places for
            every model. A metric that is defined nowhere is left out.
        sessions_E: int [E], the session, or the player, of each example.
        baselines: the models that the others must beat.
        resamples: R.
        seed: of the resamples; each metric's are drawn anew from it.
    """
    models: dict[str, Compared] = {name: Compared({}, {}, {}) for name in values}
    for metric, first_E in next(iter(values.values())).items():
        kept = ~np.isnan(first_E)
        if kept.any():
            found = compare(
                {name: {metric: of[metric][kept]} for name, of in values.items()},
                sessions_E[kept],
                baselines=baselines,
                resamples=resamples,
                generator=np.random.default_rng(seed),
            )
            models = {name: _joined(one, found.models[name]) for name, one in models.items()}
    return Comparison(len(sessions_E), len(np.unique(sessions_E)), models)


def _joined(one: Compared, other: Compared) -> Compared:
    """One model's metrics from two comparisons with the same baselines."""
    differences = {
        name: {**one.differences.get(name, {}), **metrics} for name, metrics in other.differences.items()
    }
    return Compared({**one.metrics, **other.metrics}, differences, {**one.against, **other.against})
