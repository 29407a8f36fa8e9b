"""The result of ``srec bench warm``, in the terminal and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from rich.table import Table

from srec.evaluation.comparison import Difference, Estimate
from srec.evaluation.verdicts import signed
from srec.reports.markdown import markdown_table
from srec.results import Frozen
from srec_bench.markdown import link
from srec_bench.results import BenchResult, DatasetSize


class Beginning(Frozen):
    """A training that began with the weights of the earlier run.

    Attributes:
        epochs: how many.
        seconds: what it took.
        hit: how far its HR@20 is above that of the model trained anew.
        mrr: the same of MRR@20.
    """

    epochs: int
    seconds: float
    hit: Difference
    mrr: Difference


class WarmResult(BenchResult):
    """A learnt model after an update: trained anew, and from the weights of the run before it.

    Attributes:
        model: the model.
        dataset: the size of the dataset after the update.
        new_games: games that the earlier run does not know.
        examples: of the test window.
        threads: to train with.
        anew_seconds: what choosing the epoch and training again took.
        anew_hit: HR@20 of the model trained anew.
        anew_mrr: its MRR@20.
        warm: the trainings that went on.
    """

    benchmark: Literal["warm"] = "warm"
    model: str
    dataset: DatasetSize
    new_games: int
    examples: int
    threads: int
    anew_seconds: float
    anew_hit: Estimate
    anew_mrr: Estimate
    warm: Sequence[Beginning]


HEADER = ("training", "time, of anew", "HR@20", "MRR@20")


def _rows(result: WarmResult) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("anew", "1", f"{result.anew_hit.value:.4f}", f"{result.anew_mrr.value:.4f}")
    ]
    for one in result.warm:
        share = f"{one.seconds / result.anew_seconds:.2f}"
        rows.append((f"warm, {one.epochs} epoch(s)", share, signed(one.hit), signed(one.mrr)))
    return rows


def terminal_table(result: WarmResult) -> Table:
    """What was measured."""
    title = f"{result.model}, {result.new_games} new games of {result.dataset.items:,}"
    made = Table(*HEADER, title=title)
    for row in _rows(result):
        made.add_row(*row)
    return made


def markdown(results: Mapping[str, WarmResult]) -> Iterator[str]:
    """The trainings; results by file name."""
    if not results:
        return
    yield "### Training on from the run before\n"
    yield "`srec bench warm` trains a learnt model on the dataset after an update: anew, as `srec train`"
    yield "does, and from the weights of a run on the dataset before it, as `srec update` does. Differences"
    yield "are to the model trained anew, on one test window, with 95 % intervals over resampled sessions.\n"
    for file, result in results.items():
        yield (
            f"{result.model}: {result.dataset.items:,} games, {result.new_games} of them new,"
            f" {result.examples:,} test examples. File: {link(file)}.\n"
        )
        yield markdown_table(HEADER, _rows(result)) + "\n"
