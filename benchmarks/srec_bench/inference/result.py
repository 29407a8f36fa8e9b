"""What ``srec bench inference`` found."""

from typing import Literal

from srec.results import Part
from srec_bench.results import BenchResult, Setting

Kind = Literal["random", "real"]


class Rate(Part):
    """Of the model alone, and end to end: app ids in, those of the ten best games out."""

    model: float
    end_to_end: float


class Speed(Part):
    """How fast a contender is; medians over blocks.

    Attributes:
        per_cpu_second: inputs for each CPU second.
        ratio_to: how many times as fast it is as a contender that the others are compared with, by its name.
    """

    per_cpu_second: Rate
    ratio_to: dict[str, Rate]


class Order(Part):
    """How a contender's order compares with the reference's.

    Attributes:
        exact_10: the share of inputs with the very ten best of the reference.
        exact_50: the same of the fifty best.
        torch_10: the share of inputs with the very ten best of the torch path in float32.
        torch_50: the same of the fifty best.
        tau: Kendall's, of the reference's 50 best in the contender's order, the mean.
        displacement: by how many places the one of them that moved farthest did.
        hr_20: HR@20; None where no item is known to come next.
        mrr_20: MRR@20; None where no item is known to come next.
    """

    exact_10: float
    exact_50: float
    torch_10: float
    torch_50: float
    tau: float
    displacement: int
    hr_20: float | None
    mrr_20: float | None


class OnInputs(Part):
    """What a contender does on inputs of one kind."""

    speed: Speed
    order: Order


class ContenderResult(Part):
    """A contender: its name, what it is in words, and what it does on either kind of inputs."""

    name: str
    what: str
    random: OnInputs
    real: OnInputs

    def on(self, kind: Kind) -> OnInputs:
        """What it does on inputs of a kind."""
        return self.random if kind == "random" else self.real


class Skipped(Part):
    """A contender that could not run: its name, what it is, and the reason."""

    name: str
    what: str
    reason: str


class Reading(Part):
    """What a search has to read for an input, the mean.

    Attributes:
        rescored: rows scored in float64.
        opened: the share of blocks whose lower halves were read; 0 with a kernel that has none.
    """

    rescored: float
    opened: float


class Search(Part):
    """The exact search for the k best.

    Attributes:
        told: what SRec's index reads.
        untold: what an index that knows nothing of queries reads; None in files that predate the other.
        times_untold: how many times as long that one takes, the median; None in the same files.
    """

    told: Reading
    untold: Reading | None
    times_untold: float | None


class SearchWork(Part):
    """What the exact search reads with its kernel, for the 10 and the 50 best."""

    kernel: str
    top_10: Search
    top_50: Search


class InputsResult(Part):
    """Inputs of one kind, and what the exact search reads for them.

    Attributes:
        count: of inputs.
        mean_length: games of an input.
        longest: games of the longest.
        search: None where SRec's search is no contender.
    """

    count: int
    mean_length: float
    longest: int
    search: SearchWork | None


class InferenceResult(BenchResult):
    """Every way to run a model.

    Attributes:
        dataset: the last two folders of its path.
        simulated: whether the dataset is.
        items: in it.
        model: its name.
        model_settings: all of the model's.
        training_settings: all of the training's.
        batch_size: of the training.
        most_epochs: of the training.
        epoch: that was chosen.
        dimension: of the vectors.
        threads: of the process.
        random: the random inputs.
        real: the beginnings of test sessions.
        warm_up: inputs for each contender before the first block.
        blocks: that the inputs were cut into.
        exclude_inputs: whether the input's items are no answer.
        contenders: as they were asked for.
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
