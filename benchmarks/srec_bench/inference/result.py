"""The result of ``srec bench inference``."""

from typing import Literal

from srec.results import Frozen
from srec_bench.results import BenchResult, Setting

Kind = Literal["random", "real"]


class Rate(Frozen):
    """Rates of the model alone, and end to end: from app ids to those of the ten best games."""

    model: float
    end_to_end: float


class Speed(Frozen):
    """How fast a contender is; medians over blocks.

    Attributes:
        per_cpu_second: inputs per CPU second.
        ratio_to: its speed divided by that of each base contender, by the base's name.
    """

    per_cpu_second: Rate
    ratio_to: dict[str, Rate]


class Order(Frozen):
    """How a contender's order compares with the reference's.

    Attributes:
        exact_10: the share of inputs with exactly the reference's ten best.
        exact_50: the same for the fifty best.
        torch_10: the share of inputs with exactly the ten best of the torch path in float32.
        torch_50: the same for the fifty best.
        tau: the mean of Kendall's tau over the reference's 50 best in the contender's order.
        displacement: the largest number of places that one of them moved.
        hr_20: HR@20; None if the next items are unknown.
        mrr_20: MRR@20; None if the next items are unknown.
    """

    exact_10: float
    exact_50: float
    torch_10: float
    torch_50: float
    tau: float
    displacement: int
    hr_20: float | None
    mrr_20: float | None


class OnInputs(Frozen):
    """A contender's speed and order on inputs of one kind."""

    speed: Speed
    order: Order


class ContenderResult(Frozen):
    """A contender: its name, its description, and its results on both kinds of inputs."""

    name: str
    what: str
    random: OnInputs
    real: OnInputs

    def on(self, kind: Kind) -> OnInputs:
        """Its results on inputs of a kind."""
        return self.random if kind == "random" else self.real


class Skipped(Frozen):
    """A contender that could not run: its name, its description and the reason."""

    name: str
    what: str
    reason: str


class Reading(Frozen):
    """How much a search reads for an input; means.

    Attributes:
        rescored: rows scored in float64.
        opened: the share of blocks whose lower halves were read; 0 if the kernel has none.
    """

    rescored: float
    opened: float


class Search(Frozen):
    """The exact search for the k best.

    Attributes:
        told: how much SRec's index reads.
        untold: how much an index without knowledge of queries reads; None in files that predate the other.
        times_untold: the median of its time divided by that of SRec's index; None in the same files.
    """

    told: Reading
    untold: Reading | None
    times_untold: float | None


class SearchWork(Frozen):
    """How much the exact search reads with its kernel, for the 10 and the 50 best."""

    kernel: str
    top_10: Search
    top_50: Search


class InputsResult(Frozen):
    """Inputs of one kind, and how much the exact search reads for them.

    Attributes:
        count: the number of inputs.
        mean_length: the mean number of games of an input.
        longest: the number of games of the longest input.
        search: the exact search; None if SRec's search is not a contender.
    """

    count: int
    mean_length: float
    longest: int
    search: SearchWork | None


class InferenceResult(BenchResult):
    """Every way to run a model.

    Attributes:
        dataset: the last two folders of its path.
        simulated: whether the dataset is simulated.
        items: the number of its items.
        model: the model's name.
        model_settings: all settings of the model.
        training_settings: all settings of the training.
        batch_size: the training's batch size.
        most_epochs: the training's most epochs.
        epoch: the chosen epoch.
        dimension: the dimension of the vectors.
        threads: the number of the process's threads.
        random: the random inputs.
        real: the prefixes of test sessions.
        warm_up: the number of warm-up inputs for each contender.
        blocks: the number of blocks that the inputs were cut into.
        exclude_inputs: whether the input's items are excluded from the answer.
        contenders: the contenders, in the order of their table.
        skipped: the contenders that could not run.
    """

    benchmark: Literal["inference"] = "inference"
    dataset: str
    simulated: bool
    items: int
    model: str
    model_settings: dict[str, Setting]
    training_settings: dict[str, Setting]
    batch_size: int
    most_epochs: int
    epoch: int
    dimension: int
    threads: int
    random: InputsResult
    real: InputsResult
    warm_up: int
    blocks: int
    exclude_inputs: bool
    contenders: tuple[ContenderResult, ...]
    skipped: tuple[Skipped, ...]
